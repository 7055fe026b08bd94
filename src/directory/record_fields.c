/* How the fields of records are stored: the SQL of each. */
#include <assert.h>

#include "directory/accounts_internal.h"

#define CREATED(table) "strftime('%Y-%m-%dT%H:%M:%SZ', " table ".created, 'unixepoch')"
#define ADDRESSES                                                                                                      \
	"(SELECT group_concat(ftgate_address(ifnull(t.written, t.local), t.domain), char(10)) FROM"                    \
	" (SELECT local, written, domain FROM targets WHERE alias = l.id ORDER BY domain, local) t)"

static const struct field_sql domain_sql[] = {
	[RECORD_DOMAIN_NAME] = { "ftgate_shown(d.name)", NULL, NULL },
	[RECORD_DOMAIN_LANGUAGE] = { "d.language", "language", NULL },
	[RECORD_DOMAIN_MAX_MESSAGE_SIZE] = { "d.max_message_size", "max_message_size", NULL },
	[RECORD_DOMAIN_MAX_ACCOUNTS] = { "d.max_accounts", "max_accounts", NULL },
	[RECORD_DOMAIN_QUOTA_BYTES] = { "d.quota_bytes", "quota_bytes", NULL },
	[RECORD_DOMAIN_QUOTA_MESSAGES] = { "d.quota_messages", "quota_messages", NULL },
	[RECORD_DOMAIN_GREYLIST] = { "d.greylist", "greylist", NULL },
	[RECORD_DOMAIN_RELAY] = { "d.relayed", "relayed", NULL },
	[RECORD_DOMAIN_RECIPIENTS] = { "d.recipients", "recipients", NULL },
	[RECORD_DOMAIN_ACCOUNTS] = { "(SELECT count(*) FROM accounts a WHERE a.domain = d.id)", NULL, NULL },
	[RECORD_DOMAIN_CREATED] = { CREATED("d"), "created", NULL },
};

static const struct field_sql account_sql[] = {
	[RECORD_ACCOUNT_ADDRESS] = { "ftgate_address(ifnull(a.written, a.local), d.name)", NULL, NULL },
	[RECORD_ACCOUNT_PASSWORD] = { "a.password IS NOT NULL", "password", "a.password" },
	[RECORD_ACCOUNT_SCRAM_SHA_256] = { "a.scram_sha256 IS NOT NULL", "scram_sha256", "a.scram_sha256" },
	[RECORD_ACCOUNT_SECRET] = { "a.secret IS NOT NULL", "secret", "a.secret" },
	[RECORD_ACCOUNT_SMTP] = { "a.smtp", "smtp", NULL },
	[RECORD_ACCOUNT_POP3] = { "a.pop3", "pop3", NULL },
	[RECORD_ACCOUNT_SEND] = { "a.send", "send", NULL },
	[RECORD_ACCOUNT_RECEIVE] = { "a.receive", "receive", NULL },
	[RECORD_ACCOUNT_DISABLED] = { "a.disabled", "disabled", NULL },
	[RECORD_ACCOUNT_SPAMTRAP] = { "a.spamtrap", "spamtrap", NULL },
	[RECORD_ACCOUNT_QUOTA_BYTES] = { "a.quota_bytes", "quota_bytes", NULL },
	[RECORD_ACCOUNT_QUOTA_MESSAGES] = { "a.quota_messages", "quota_messages", NULL },
	[RECORD_ACCOUNT_MAX_MESSAGES_PER_HOUR] = { "a.max_messages_hour", "max_messages_hour", NULL },
	[RECORD_ACCOUNT_MAX_MESSAGES_PER_DAY] = { "a.max_messages_day", "max_messages_day", NULL },
	[RECORD_ACCOUNT_MAX_RECIPIENTS_PER_HOUR] = { "a.max_recipients_hour", "max_recipients_hour", NULL },
	[RECORD_ACCOUNT_MAX_RECIPIENTS_PER_DAY] = { "a.max_recipients_day", "max_recipients_day", NULL },
	[RECORD_ACCOUNT_LANGUAGE] = { "a.language", "language", NULL },
	[RECORD_ACCOUNT_MOVED_TO] = { "a.moved_to", "moved_to", NULL },
	[RECORD_ACCOUNT_CREATED] = { CREATED("a"), "created", NULL },
};

static const struct field_sql alias_sql[] = {
	[RECORD_ALIAS_ADDRESS] = { "ftgate_address(ifnull(l.written, l.local), d.name)", NULL, NULL },
	[RECORD_ALIAS_TARGETS] = { ADDRESSES, NULL, NULL },
	[RECORD_ALIAS_CREATED] = { CREATED("l"), "created", NULL },
};

static const struct field_sql list_sql[] = {
	[RECORD_LIST_ADDRESS] = { "ftgate_address(ifnull(l.written, l.local), d.name)", NULL, NULL },
	[RECORD_LIST_EXPAND] = { "l.expand", "expand", NULL },
	[RECORD_LIST_POST] = { "l.post", "post", NULL },
	[RECORD_LIST_MEMBERS] = { ADDRESSES, NULL, NULL },
	[RECORD_LIST_CREATED] = { CREATED("l"), "created", NULL },
};

static const struct field_sql access_sql[] = {
	[RECORD_ACCESS_KIND] = { "x.kind", NULL, NULL },
	[RECORD_ACCESS_VALUE] = { "ifnull(ftgate_shown(x.sender), ftgate_network(x.network, x.bits))", NULL, NULL },
	[RECORD_ACCESS_COMMENT] = { "x.comment", "comment", NULL },
	[RECORD_ACCESS_TEXT] = { "x.text", "text", NULL },
	[RECORD_ACCESS_CREATED] = { CREATED("x"), "created", NULL },
};

static_assert(sizeof domain_sql / sizeof *domain_sql == RECORD_DOMAIN_FIELDS, "each field has its SQL");
static_assert(sizeof account_sql / sizeof *account_sql == RECORD_ACCOUNT_FIELDS, "each field has its SQL");
static_assert(sizeof alias_sql / sizeof *alias_sql == RECORD_ALIAS_FIELDS, "each field has its SQL");
static_assert(sizeof list_sql / sizeof *list_sql == RECORD_LIST_FIELDS, "each field has its SQL");
static_assert(sizeof access_sql / sizeof *access_sql == RECORD_ACCESS_FIELDS, "each field has its SQL");

const struct record_row record_rows[RECORD_KINDS] = {
	[RECORD_DOMAIN] = { "domains", "d.id", "domains d", "1", "d.name = ?1", "d.name = ?1", "d.name", domain_sql,
	    RECORD_DOMAIN_FIELDS },
	[RECORD_ACCOUNT] = { "accounts", "a.id", "accounts a JOIN domains d ON d.id = a.domain", "1",
	    "d.name = ?1 AND a.local = ?2", "d.name = ?1", "d.name, a.local", account_sql, RECORD_ACCOUNT_FIELDS },
	[RECORD_ALIAS] = { "aliases", "l.id", "aliases l JOIN domains d ON d.id = l.domain", "l.kind = 'alias'",
	    "d.name = ?1 AND l.local = ?2", "d.name = ?1", "d.name, l.local", alias_sql, RECORD_ALIAS_FIELDS },
	[RECORD_LIST] = { "aliases", "l.id", "aliases l JOIN domains d ON d.id = l.domain", "l.kind = 'list'",
	    "d.name = ?1 AND l.local = ?2", "d.name = ?1", "d.name, l.local", list_sql, RECORD_LIST_FIELDS },
	[RECORD_ACCESS] = { "access", "x.id", "access x", "1",
	    "x.kind = ?1 AND ifnull(x.sender, ftgate_network(x.network, x.bits)) = ?2 COLLATE NOCASE", "x.kind = ?1",
	    "x.kind, x.sender IS NULL, x.sender, x.network, x.bits", access_sql, RECORD_ACCESS_FIELDS },
};
