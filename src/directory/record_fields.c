/* How the fields of records are stored: the SQL of each. */
#include <assert.h>

#include "directory/accounts_internal.h"

#define ADDRESS(local, domain) "coalesce(" local ".written, " local ".local) || '@' || " domain
#define ADDRESSES                                                                                                      \
	"(SELECT group_concat(coalesce(t.written, t.local) || '@' || t.domain, '\n') FROM"                             \
	" (SELECT local, written, domain FROM targets WHERE alias = l.id ORDER BY domain, local) t)"
#define ACCESS "coalesce(x.sender, '/' || hex(x.network) || '/' || x.bits)"

static const struct field_sql domain_sql[] = {
	[RECORD_DOMAIN_NAME] = { "d.name", NULL, NULL, FORM_DOMAIN },
	[RECORD_DOMAIN_LANGUAGE] = { "d.language", "language", NULL, FORM_TEXT },
	[RECORD_DOMAIN_MAX_MESSAGE_SIZE] = { "d.max_message_size", "max_message_size", NULL, FORM_TEXT },
	[RECORD_DOMAIN_MAX_ACCOUNTS] = { "d.max_accounts", "max_accounts", NULL, FORM_TEXT },
	[RECORD_DOMAIN_QUOTA_BYTES] = { "d.quota_bytes", "quota_bytes", NULL, FORM_TEXT },
	[RECORD_DOMAIN_QUOTA_MESSAGES] = { "d.quota_messages", "quota_messages", NULL, FORM_TEXT },
	[RECORD_DOMAIN_GREYLIST] = { "d.greylist", "greylist", NULL, FORM_TEXT },
	[RECORD_DOMAIN_RELAY] = { "d.relayed", "relayed", NULL, FORM_TEXT },
	[RECORD_DOMAIN_RECIPIENTS] = { "d.recipients", "recipients", NULL, FORM_TEXT },
	[RECORD_DOMAIN_DELIVERY] = { "d.delivery", "delivery", NULL, FORM_TEXT },
	[RECORD_DOMAIN_ACCOUNTS] = { "(SELECT count(*) FROM accounts a WHERE a.domain = d.id)", NULL, NULL, FORM_TEXT },
	[RECORD_DOMAIN_CREATED] = { "d.created", "created", NULL, FORM_TIME },
};

static const struct field_sql account_sql[] = {
	[RECORD_ACCOUNT_ADDRESS] = { ADDRESS("a", "d.name"), NULL, NULL, FORM_ADDRESS },
	[RECORD_ACCOUNT_PASSWORD] = { "a.password IS NOT NULL", "password", "a.password", FORM_TEXT },
	[RECORD_ACCOUNT_SCRAM_SHA_256] = { "a.scram_sha256 IS NOT NULL", "scram_sha256", "a.scram_sha256", FORM_TEXT },
	[RECORD_ACCOUNT_SECRET] = { "a.secret IS NOT NULL", "secret", "a.secret", FORM_TEXT },
	[RECORD_ACCOUNT_SMTP] = { "a.smtp", "smtp", NULL, FORM_TEXT },
	[RECORD_ACCOUNT_POP3] = { "a.pop3", "pop3", NULL, FORM_TEXT },
	[RECORD_ACCOUNT_SEND] = { "a.send", "send", NULL, FORM_TEXT },
	[RECORD_ACCOUNT_RECEIVE] = { "a.receive", "receive", NULL, FORM_TEXT },
	[RECORD_ACCOUNT_DISABLED] = { "a.disabled", "disabled", NULL, FORM_TEXT },
	[RECORD_ACCOUNT_SPAMTRAP] = { "a.spamtrap", "spamtrap", NULL, FORM_TEXT },
	[RECORD_ACCOUNT_QUOTA_BYTES] = { "a.quota_bytes", "quota_bytes", NULL, FORM_TEXT },
	[RECORD_ACCOUNT_QUOTA_MESSAGES] = { "a.quota_messages", "quota_messages", NULL, FORM_TEXT },
	[RECORD_ACCOUNT_MAX_MESSAGES_PER_HOUR] = { "a.max_messages_hour", "max_messages_hour", NULL, FORM_TEXT },
	[RECORD_ACCOUNT_MAX_MESSAGES_PER_DAY] = { "a.max_messages_day", "max_messages_day", NULL, FORM_TEXT },
	[RECORD_ACCOUNT_MAX_RECIPIENTS_PER_HOUR] = { "a.max_recipients_hour", "max_recipients_hour", NULL, FORM_TEXT },
	[RECORD_ACCOUNT_MAX_RECIPIENTS_PER_DAY] = { "a.max_recipients_day", "max_recipients_day", NULL, FORM_TEXT },
	[RECORD_ACCOUNT_LANGUAGE] = { "a.language", "language", NULL, FORM_TEXT },
	[RECORD_ACCOUNT_MOVED_TO] = { "a.moved_to", "moved_to", NULL, FORM_TEXT },
	[RECORD_ACCOUNT_DELIVERY] = { "a.delivery", "delivery", NULL, FORM_TEXT },
	[RECORD_ACCOUNT_CREATED] = { "a.created", "created", NULL, FORM_TIME },
};

static const struct field_sql alias_sql[] = {
	[RECORD_ALIAS_ADDRESS] = { ADDRESS("l", "d.name"), NULL, NULL, FORM_ADDRESS },
	[RECORD_ALIAS_TARGETS] = { ADDRESSES, NULL, NULL, FORM_ADDRESSES },
	[RECORD_ALIAS_CREATED] = { "l.created", "created", NULL, FORM_TIME },
};

static const struct field_sql list_sql[] = {
	[RECORD_LIST_ADDRESS] = { ADDRESS("l", "d.name"), NULL, NULL, FORM_ADDRESS },
	[RECORD_LIST_EXPAND] = { "l.expand", "expand", NULL, FORM_TEXT },
	[RECORD_LIST_POST] = { "l.post", "post", NULL, FORM_TEXT },
	[RECORD_LIST_MEMBERS] = { ADDRESSES, NULL, NULL, FORM_ADDRESSES },
	[RECORD_LIST_CREATED] = { "l.created", "created", NULL, FORM_TIME },
};

static const struct field_sql access_sql[] = {
	[RECORD_ACCESS_KIND] = { "x.kind", NULL, NULL, FORM_TEXT },
	[RECORD_ACCESS_VALUE] = { ACCESS, NULL, NULL, FORM_ACCESS },
	[RECORD_ACCESS_COMMENT] = { "x.comment", "comment", NULL, FORM_TEXT },
	[RECORD_ACCESS_TEXT] = { "x.text", "text", NULL, FORM_TEXT },
	[RECORD_ACCESS_CREATED] = { "x.created", "created", NULL, FORM_TIME },
};

static_assert(sizeof domain_sql / sizeof *domain_sql == RECORD_DOMAIN_FIELDS, "each field has its SQL");
static_assert(sizeof account_sql / sizeof *account_sql == RECORD_ACCOUNT_FIELDS, "each field has its SQL");
static_assert(sizeof alias_sql / sizeof *alias_sql == RECORD_ALIAS_FIELDS, "each field has its SQL");
static_assert(sizeof list_sql / sizeof *list_sql == RECORD_LIST_FIELDS, "each field has its SQL");
static_assert(sizeof access_sql / sizeof *access_sql == RECORD_ACCESS_FIELDS, "each field has its SQL");

const struct record_row record_rows[RECORD_KINDS] = {
	[RECORD_DOMAIN] = { "domains", "d.id", "domains d", "1 = 1", "d.name = ?1", "d.name = ?1", "d.name", domain_sql,
	    RECORD_DOMAIN_FIELDS },
	[RECORD_ACCOUNT] = { "accounts", "a.id", "accounts a JOIN domains d ON d.id = a.domain", "1 = 1",
	    "d.name = ?1 AND a.local = ?2", "d.name = ?1", "d.name, a.local", account_sql, RECORD_ACCOUNT_FIELDS },
	[RECORD_ALIAS] = { "aliases", "l.id", "aliases l JOIN domains d ON d.id = l.domain", "l.kind = 'alias'",
	    "d.name = ?1 AND l.local = ?2", "d.name = ?1", "d.name, l.local", alias_sql, RECORD_ALIAS_FIELDS },
	[RECORD_LIST] = { "aliases", "l.id", "aliases l JOIN domains d ON d.id = l.domain", "l.kind = 'list'",
	    "d.name = ?1 AND l.local = ?2", "d.name = ?1", "d.name, l.local", list_sql, RECORD_LIST_FIELDS },
	[RECORD_ACCESS] = { "access", "x.id", "access x", "1 = 1", "x.kind = ?1 AND lower(" ACCESS ") = lower(?2)",
	    "x.kind = ?1", "x.kind, x.sender IS NULL, x.sender, x.network, x.bits", access_sql, RECORD_ACCESS_FIELDS },
};
