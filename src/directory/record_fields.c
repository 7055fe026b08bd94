/* What is kept of domains, accounts and the rest: a row each, and how each is stored. */
#include "directory/accounts_internal.h"

/* A field that is told, and one that can be set, too. */
#define TOLD(name, type, expression)                                                                                   \
	{                                                                                                              \
		{ name, type, false, NULL }, expression, NULL                                                          \
	}
#define SET(name, type, expression, column, help)                                                                      \
	{                                                                                                              \
		{ name, type, true, help }, expression, column                                                         \
	}
#define CREATED(table) TOLD("created", FIELD_TEXT, "strftime('%Y-%m-%dT%H:%M:%SZ', " table ".created, 'unixepoch')")
#define ADDRESSES                                                                                                      \
	"(SELECT group_concat(ftgate_address(t.local, t.domain), char(10)) FROM"                                       \
	" (SELECT local, domain FROM targets WHERE alias = l.id ORDER BY domain, local) t)"

static const struct field_row domain_fields[] = {
	TOLD("name", FIELD_TEXT, "d.name"),
	SET("language", FIELD_LANGUAGE, "d.language", "language",
	    "language of replies about its recipients, such as de"),
	SET("max-message-size", FIELD_SIZE, "d.max_message_size", "max_message_size",
	    "octets of a message to it; 0: no limit"),
	SET("max-accounts", FIELD_COUNT, "d.max_accounts", "max_accounts", "accounts that it may have; 0: no limit"),
	SET("quota-bytes", FIELD_SIZE, "d.quota_bytes", "quota_bytes",
	    "of accounts that have none: octets; 0: no limit"),
	SET("quota-messages", FIELD_COUNT, "d.quota_messages", "quota_messages", "messages, likewise"),
	SET("greylist", FIELD_FLAG, "d.greylist", "greylist",
	    "mail to it may have to wait, where there is greylisting"),
	SET("relay", FIELD_FLAG, "d.relayed", "relayed",
	    "its mailboxes are at another server: mail for it is queued and sent on"),
	TOLD("accounts", FIELD_COUNT, "(SELECT count(*) FROM accounts a WHERE a.domain = d.id)"),
	CREATED("d"),
};

static const struct field_row account_fields[] = {
	TOLD("address", FIELD_TEXT, "ftgate_address(a.local, d.name)"),
	TOLD("password", FIELD_FLAG, "a.password IS NOT NULL"),
	TOLD("scram-sha-256", FIELD_FLAG, "a.scram_sha256 IS NOT NULL"),
	TOLD("secret", FIELD_FLAG, "a.secret IS NOT NULL"),
	SET("smtp", FIELD_FLAG, "a.smtp", "smtp", "may log in to SMTP"),
	SET("pop3", FIELD_FLAG, "a.pop3", "pop3", "may log in to POP3"),
	SET("send", FIELD_FLAG, "a.send", "send", "may send mail"),
	SET("receive", FIELD_FLAG, "a.receive", "receive", "may receive mail"),
	SET("disabled", FIELD_FLAG, "a.disabled", "disabled", "is switched off: senders try again later"),
	SET("spamtrap", FIELD_FLAG, "a.spamtrap", "spamtrap", "who sends to it is blacklisted for a while"),
	SET("quota-bytes", FIELD_SIZE, "a.quota_bytes", "quota_bytes",
	    "octets in the mailbox; 0: no limit; empty: the domain's"),
	SET("quota-messages", FIELD_COUNT, "a.quota_messages", "quota_messages", "messages in the mailbox, likewise"),
	SET("language", FIELD_LANGUAGE, "a.language", "language", "language of replies to it; empty: the domain's"),
	SET("moved-to", FIELD_TEXT, "a.moved_to", "moved_to",
	    "where it has moved; senders are told. Empty: it has not"),
	CREATED("a"),
};

static const struct field_row alias_fields[] = {
	TOLD("address", FIELD_TEXT, "ftgate_address(l.local, d.name)"),
	TOLD("targets", FIELD_ADDRESSES, ADDRESSES),
	CREATED("l"),
};

static const struct field_row list_fields[] = {
	TOLD("address", FIELD_TEXT, "ftgate_address(l.local, d.name)"),
	SET("expand", FIELD_EXPAND, "l.expand", "expand", "who may ask who is in it: nobody, accounts, anyone"),
	SET("post", FIELD_POST, "l.post", "post", "who may write to it: anyone, accounts, members"),
	TOLD("members", FIELD_ADDRESSES, ADDRESSES),
	CREATED("l"),
};

static const struct field_row access_fields[] = {
	TOLD("kind", FIELD_TEXT, "x.kind"),
	TOLD("value", FIELD_TEXT, "ifnull(x.sender, ftgate_network(x.network, x.bits))"),
	SET("comment", FIELD_TEXT, "x.comment", "comment", "why it is there"),
	CREATED("x"),
};

#define FIELDS(fields, names) fields, sizeof fields / sizeof *fields, names

const struct record_row record_rows[RECORD_KINDS] = {
	[RECORD_DOMAIN] = { "domain", "domains", "d.id", "domains d", "1", "d.name = ?1", "d.name = ?1", "d.name",
	    FIELDS(domain_fields, 1) },
	[RECORD_ACCOUNT] = { "account", "accounts", "a.id", "accounts a JOIN domains d ON d.id = a.domain", "1",
	    "d.name = ?1 AND a.local = ?2", "d.name = lower(?1)", "d.name, a.local", FIELDS(account_fields, 1) },
	[RECORD_ALIAS] = { "alias", "aliases", "l.id", "aliases l JOIN domains d ON d.id = l.domain",
	    "l.kind = 'alias'", "d.name = ?1 AND l.local = ?2", "d.name = lower(?1)", "d.name, l.local",
	    FIELDS(alias_fields, 1) },
	[RECORD_LIST] = { "list", "aliases", "l.id", "aliases l JOIN domains d ON d.id = l.domain", "l.kind = 'list'",
	    "d.name = ?1 AND l.local = ?2", "d.name = lower(?1)", "d.name, l.local", FIELDS(list_fields, 1) },
	[RECORD_ACCESS] = { "access", "access", "x.id", "access x", "1",
	    "x.kind = ?1 AND ifnull(x.sender, ftgate_network(x.network, x.bits)) = ?2 COLLATE NOCASE", "x.kind = ?1",
	    "x.kind, x.sender IS NULL, x.sender, x.network, x.bits", FIELDS(access_fields, 2) },
};

const struct record_field *
record_field(enum record_kind kind, size_t index)
{
	return index < record_rows[kind].count ? &record_rows[kind].fields[index].field : NULL;
}

size_t
record_names(enum record_kind kind)
{
	return record_rows[kind].names;
}
