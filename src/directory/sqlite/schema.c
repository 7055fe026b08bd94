/* The schema of the database of domains and accounts, by version. */
#include "directory/sqlite/schema.h"

/* "ftgt": marks the file as ours (file(1) shows it). */
#define APPLICATION_ID "0x66746774"

/* NOCASE is the case of ASCII letters. Domains are kept in lower case. */
static const char first[] = "PRAGMA application_id = " APPLICATION_ID ";"
                            "CREATE TABLE domains ("
                            "	id INTEGER PRIMARY KEY,"
                            "	name TEXT NOT NULL UNIQUE,"
                            "	created INTEGER NOT NULL"
                            ") STRICT;"
                            "CREATE TABLE accounts ("
                            "	id INTEGER PRIMARY KEY,"
                            "	domain INTEGER NOT NULL REFERENCES domains,"
                            "	local TEXT NOT NULL COLLATE NOCASE,"
                            "	password TEXT,"
                            "	created INTEGER NOT NULL,"
                            "	UNIQUE (domain, local)"
                            ") STRICT;"
                            "CREATE INDEX accounts_local ON accounts (local);";

#define ADD(table, column) "ALTER TABLE " table " ADD COLUMN " column ";"
#define TAG(name)          name " TEXT CHECK (length(" name ") BETWEEN 1 AND 35)"
#define LIMIT(name)        name " INTEGER NOT NULL DEFAULT 0 CHECK (" name " >= 0)" /* 0: none */
#define FLAG(name, value)  name " INTEGER NOT NULL DEFAULT " value " CHECK (" name " IN (0, 1))"

/* Limits, rights and kinds. An account's quota that is NULL is its domain's. */
#define SECOND_COLUMNS                                                                                                 \
	ADD("domains", TAG("language"))                                                                                \
	ADD("domains", LIMIT("max_message_size"))                                                                      \
	ADD("domains", LIMIT("max_accounts"))                                                                          \
	ADD("domains", LIMIT("quota_bytes"))                                                                           \
	ADD("domains", LIMIT("quota_messages"))                                                                        \
	ADD("accounts", "scram_sha256 TEXT")                                                                           \
	ADD("accounts", "secret TEXT")                                                                                 \
	ADD("accounts", FLAG("smtp", "1"))                                                                             \
	ADD("accounts", FLAG("pop3", "1"))                                                                             \
	ADD("accounts", FLAG("send", "1"))                                                                             \
	ADD("accounts", FLAG("receive", "1"))                                                                          \
	ADD("accounts", FLAG("disabled", "0"))                                                                         \
	ADD("accounts", FLAG("spamtrap", "0"))                                                                         \
	ADD("accounts", "quota_bytes INTEGER CHECK (quota_bytes >= 0)")                                                \
	ADD("accounts", "quota_messages INTEGER CHECK (quota_messages >= 0)")                                          \
	ADD("accounts", TAG("language"))                                                                               \
	ADD("accounts", "moved_to TEXT CHECK (length(moved_to) BETWEEN 1 AND 320)")

/* A list is an alias with a name of its own for it. A target's domain may be one that is not hosted here. */
#define SECOND_TABLES                                                                                                  \
	"CREATE TABLE aliases ("                                                                                       \
	"	id INTEGER PRIMARY KEY,"                                                                                     \
	"	domain INTEGER NOT NULL REFERENCES domains,"                                                                 \
	"	local TEXT NOT NULL COLLATE NOCASE CHECK (length(local) > 0),"                                               \
	"	kind TEXT NOT NULL CHECK (kind IN ('alias', 'list')),"                                                       \
	"	expand TEXT NOT NULL DEFAULT 'nobody' CHECK (expand IN ('nobody', 'accounts', 'anyone')),"                   \
	"	created INTEGER NOT NULL,"                                                                                   \
	"	UNIQUE (domain, local)"                                                                                      \
	") STRICT;"                                                                                                    \
	"CREATE INDEX aliases_local ON aliases (local);"                                                               \
	"CREATE TABLE targets ("                                                                                       \
	"	alias INTEGER NOT NULL REFERENCES aliases ON DELETE CASCADE,"                                                \
	"	local TEXT NOT NULL COLLATE NOCASE CHECK (length(local) > 0),"                                               \
	"	domain TEXT NOT NULL CHECK (length(domain) > 0),"                                                            \
	"	PRIMARY KEY (alias, domain, local)"                                                                          \
	") STRICT, WITHOUT ROWID;"                                                                                     \
	"CREATE INDEX targets_address ON targets (domain, local);"                                                     \
	"CREATE TABLE access ("                                                                                        \
	"	id INTEGER PRIMARY KEY,"                                                                                     \
	"	kind TEXT NOT NULL CHECK (kind IN ('refused', 'blacklist', 'permitted', 'relay')),"                          \
	"	network BLOB CHECK (length(network) = 16)," /* IPv6, IPv4 as ::ffff:0:0/96 */                          \
	"	bits INTEGER CHECK (bits BETWEEN 0 AND 128),"                                                                \
	"	sender TEXT COLLATE NOCASE CHECK (length(sender) > 0)," /* an address, or a domain */                  \
	"	comment TEXT,"                                                                                               \
	"	created INTEGER NOT NULL,"                                                                                   \
	"	CHECK ((network IS NULL) = (bits IS NULL) AND (network IS NULL) <> (sender IS NULL)),"                       \
	"	CHECK (sender IS NULL OR kind IN ('blacklist', 'permitted')),"                                               \
	"	UNIQUE (network, bits, kind),"                                                                               \
	"	UNIQUE (sender, kind)"                                                                                       \
	") STRICT;"

#define TAKEN(name, event, table, other)                                                                               \
	"CREATE TRIGGER " name " BEFORE " event " ON " table " WHEN EXISTS (SELECT 1 FROM " other                      \
	" o WHERE o.domain = NEW.domain AND o.local = NEW.local)"                                                      \
	" BEGIN SELECT RAISE(ABORT, 'address taken'); END;"

/* An address is that of an account or of an alias, not of both. */
#define SECOND_TRIGGERS                                                                                                \
	TAKEN("account_added", "INSERT", "accounts", "aliases")                                                        \
	TAKEN("account_renamed", "UPDATE OF domain, local", "accounts", "aliases")                                     \
	TAKEN("alias_added", "INSERT", "aliases", "accounts")                                                          \
	TAKEN("alias_renamed", "UPDATE OF domain, local", "aliases", "accounts")                                       \
	"CREATE TRIGGER domain_full BEFORE INSERT ON accounts"                                                         \
	" WHEN (SELECT max_accounts > 0 AND max_accounts <="                                                           \
	"       (SELECT count(*) FROM accounts a WHERE a.domain = NEW.domain) FROM domains WHERE id = NEW.domain)"     \
	" BEGIN SELECT RAISE(ABORT, 'domain full'); END;"

static const char second[] = SECOND_COLUMNS SECOND_TABLES SECOND_TRIGGERS;

/* Whether mail to a domain is greylisted; who may write to a list. */
static const char third[] = ADD("domains", FLAG("greylist", "1"))
    ADD("aliases", "post TEXT NOT NULL DEFAULT 'anyone' CHECK (post IN ('anyone', 'accounts', 'members'))");

#define HAS_ADDRESSES                                                                                                  \
	"EXISTS (SELECT 1 FROM accounts WHERE domain = NEW.id UNION ALL SELECT 1 FROM aliases WHERE domain = NEW.id)"
#define NOT_HERE(name, table)                                                                                          \
	"CREATE TRIGGER " name " BEFORE INSERT ON " table                                                              \
	" WHEN (SELECT relayed FROM domains WHERE id = NEW.domain) BEGIN SELECT RAISE(ABORT, 'domain relayed'); END;"

#define FOURTH_TRIGGERS                                                                                                \
	NOT_HERE("account_elsewhere", "accounts")                                                                      \
	NOT_HERE("alias_elsewhere", "aliases")                                                                         \
	"CREATE TRIGGER domain_relayed BEFORE UPDATE OF relayed ON domains WHEN NEW.relayed AND " HAS_ADDRESSES        \
	" BEGIN SELECT RAISE(ABORT, 'domain in use'); END;"

/* The mailboxes of a domain that is relayed are elsewhere: it has none here. */
static const char fourth[] = ADD("domains", FLAG("relayed", "0")) FOURTH_TRIGGERS;

/* Counts an account in a domain that has a limit; accounts is NULL in others. */
#define COUNT_ACCOUNT(sign, row)                                                                                       \
	"UPDATE domains SET accounts = accounts " sign " 1 WHERE id = " row ".domain AND accounts IS NOT NULL;"
#define COUNT_AGAIN                                                                                                    \
	"UPDATE domains SET accounts = CASE WHEN max_accounts > 0"                                                     \
	" THEN (SELECT count(*) FROM accounts a WHERE a.domain = domains.id) END"

#define FIFTH_TRIGGERS                                                                                                 \
	"CREATE TRIGGER domain_full BEFORE INSERT ON accounts"                                                         \
	" WHEN EXISTS (SELECT 1 FROM domains WHERE id = NEW.domain AND accounts >= max_accounts)"                      \
	" BEGIN SELECT RAISE(ABORT, 'domain full'); END;"                                                              \
	"CREATE TRIGGER domain_limited AFTER UPDATE OF max_accounts ON domains BEGIN " COUNT_AGAIN                     \
	" WHERE id = NEW.id; END;"                                                                                     \
	"CREATE TRIGGER domain_added AFTER INSERT ON domains WHEN NEW.max_accounts > 0 BEGIN " COUNT_AGAIN             \
	" WHERE id = NEW.id; END;"                                                                                     \
	"CREATE TRIGGER account_counted AFTER INSERT ON accounts BEGIN " COUNT_ACCOUNT("+",                            \
	    "NEW") " END;"                                                                                             \
	           "CREATE TRIGGER account_removed AFTER DELETE ON accounts BEGIN " COUNT_ACCOUNT("-",                 \
	               "OLD") " END;"                                                                                  \
	                      "CREATE TRIGGER account_moved AFTER UPDATE OF domain ON accounts BEGIN " COUNT_ACCOUNT(  \
	                          "-", "OLD") COUNT_ACCOUNT("+", "NEW") " END;"

/* All that RCPT needs of an account, close together: its row, with passwords, is as far away as another look-up. */
#define RECIPIENT_INDEX                                                                                                \
	"CREATE INDEX accounts_recipient ON accounts (domain, local, id, smtp, pop3, send, receive, disabled,"         \
	" spamtrap, language, quota_bytes, quota_messages, moved_to);"

/* A limit of accounts costs no count of all of them for each that is added. */
static const char fifth[] = "DROP TRIGGER domain_full;" ADD("domains", "accounts INTEGER") COUNT_AGAIN
    ";" FIFTH_TRIGGERS RECIPIENT_INDEX;

/* written is the name as it was added; NULL: local, which differs from its key in the case of ASCII letters alone. */
#define KEYS(table)                                                                                                    \
	ADD(table, "written TEXT")                                                                                     \
	"UPDATE " table " SET written = local, local = ftgate_key(local) WHERE local <> ftgate_key(local);"

/* Entries that become equal have the same meaning: one is kept. */
#define SIXTH_LISTS                                                                                                    \
	ADD("targets", "written TEXT")                                                                                 \
	"UPDATE OR IGNORE targets SET written = local, local = ftgate_key(local) WHERE local <> ftgate_key(local);"    \
	"DELETE FROM targets WHERE local <> ftgate_key(local);"                                                        \
	"UPDATE OR IGNORE access SET sender = ftgate_sender(sender) WHERE sender <> ftgate_sender(sender);"            \
	"DELETE FROM access WHERE sender <> ftgate_sender(sender);"                                                    \
	"UPDATE domains SET name = ftgate_domain(name) WHERE name <> ftgate_domain(name);"

#define KEYS_INDEX                                                                                                     \
	"CREATE INDEX accounts_recipient ON accounts (domain, local, id, smtp, pop3, send, receive, disabled,"         \
	" spamtrap, language, quota_bytes, quota_messages, moved_to, written);"

/* A local part is stored as its key, which NOCASE compares; see base/address/address_key.h. */
static const char sixth[] = "DROP INDEX accounts_recipient;" KEYS("accounts") KEYS("aliases") SIXTH_LISTS KEYS_INDEX;

/* Whether replies tell recipients that get no mail apart. */
static const char seventh[] = ADD(
    "domains", "recipients TEXT NOT NULL DEFAULT 'distinct' CHECK (recipients IN ('distinct', 'neutral'))");

/* The words in which an entry refuses. */
static const char eighth[] = ADD("access",
    "text TEXT CHECK (text IS NULL OR"
    " (length(CAST(text AS BLOB)) BETWEEN 1 AND 320 AND kind IN ('refused', 'blacklist')))");

/* What an account may send. NULL is the limit of the server. */
#define RATE(name) ADD("accounts", name " INTEGER CHECK (" name " >= 0)")
static const char ninth[] = RATE("max_messages_hour") RATE("max_messages_day") RATE("max_recipients_hour")
    RATE("max_recipients_day");

/*
 * The store of mail; NULL means the store of the domain, or else of the server.
 * The index has all columns that RCPT needs.
 */
#define STORE(table) ADD(table, "delivery TEXT CHECK (length(CAST(delivery AS BLOB)) BETWEEN 1 AND 115)")
#define STORE_INDEX                                                                                                    \
	"CREATE INDEX accounts_recipient ON accounts (domain, local, id, smtp, pop3, send, receive, disabled,"         \
	" spamtrap, language, quota_bytes, quota_messages, moved_to, written, delivery);"
static const char tenth[] = STORE("domains") STORE("accounts") "DROP INDEX accounts_recipient;" STORE_INDEX;

const char *const schema_migrations[DATABASE_VERSION] = { first, second, third, fourth, fifth, sixth, seventh, eighth,
	ninth, tenth };
