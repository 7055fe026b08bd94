/* The statements that a server asks of PostgreSQL, each of which answers for many records at once. */
#include "directory/postgres/statements.h"

#include <stddef.h>

#define DOMAIN_COLUMNS                                                                                                 \
	"d.name, d.language, d.max_message_size, d.greylist, d.relayed, (d.recipients = 'neutral')::int,"              \
	" d.quota_bytes, d.quota_messages, d.delivery"
#define FLAGS "a.smtp + 2 * a.pop3 + 4 * a.send + 8 * a.receive + 16 * a.disabled + 32 * a.spamtrap"
#define RATES " a.max_messages_hour, a.max_messages_day, a.max_recipients_hour, a.max_recipients_day"
#define ACCOUNT_COLUMNS                                                                                                \
	"a.id, coalesce(a.written, a.local), " FLAGS ", a.language, coalesce(a.quota_bytes, d.quota_bytes),"           \
	" coalesce(a.quota_messages, d.quota_messages), a.moved_to, coalesce(a.delivery, d.delivery)"
#define ALIAS_COLUMNS "l.id, coalesce(l.written, l.local), (l.kind = 'list')::int, l.expand, l.post"
#define NAME_COLUMNS  DOMAIN_COLUMNS ", " ACCOUNT_COLUMNS ", " ALIAS_COLUMNS
#define MEMBER                                                                                                         \
	"EXISTS (SELECT 1 FROM targets t WHERE t.alias = l.id AND t.domain = $3::text AND t.local = $4::text)::int"
/* One row by both parts of its name: a plan must not read all addresses of a domain, or all of one local part. */
#define BY_NAME(table, domain, local)                                                                                  \
	" LEFT JOIN LATERAL (SELECT * FROM " table " o WHERE o.domain = " domain " AND o.local = " local " LIMIT 1) "
#define NAMES                                                                                                          \
	" FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w (domain, local, i)"                                 \
	" LEFT JOIN domains d ON d.name = w.domain" BY_NAME("accounts", "d.id", "w.local") "a ON true" BY_NAME(        \
	    "aliases", "d.id", "w.local") "l ON true"
#define ACCESS_COLUMNS                                                                                                 \
	"sum(CASE x.kind WHEN 'refused' THEN 1 WHEN 'blacklist' THEN 2 WHEN 'permitted' THEN 4 ELSE 8 END),"           \
	" CASE WHEN max(CASE x.kind WHEN 'refused' THEN 1 ELSE 0 END) = 1"                                             \
	" THEN max(CASE x.kind WHEN 'refused' THEN x.text END)"                                                        \
	" ELSE max(CASE x.kind WHEN 'blacklist' THEN x.text END) END"

const char *const postgres_statements[STATEMENTS + 1] = {
	[STATEMENT_LAST_CHANGE] = "SELECT number, mark, subject FROM changes ORDER BY number DESC LIMIT 1",
	[STATEMENT_CHANGES] =
	    "SELECT number, mark, subject FROM changes WHERE number >= $1::bigint ORDER BY number LIMIT 1001",
	[STATEMENT_NAMES] = "SELECT w.i, " NAME_COLUMNS ", " MEMBER NAMES,
	[STATEMENT_LOGINS] = "SELECT w.i, " NAME_COLUMNS ", " MEMBER
	                     ", a.password, a.scram_sha256, a.secret," RATES NAMES,
	[STATEMENT_REACH] =
	    "WITH RECURSIVE reach (id) AS ("
	    " SELECT l.id FROM aliases l JOIN domains d ON d.id = l.domain WHERE d.name = $1::text AND l.local = $2::text"
	    " UNION SELECT l.id FROM reach JOIN targets t ON t.alias = reach.id JOIN domains d ON d.name = t.domain"
	    "  JOIN aliases l ON l.domain = d.id AND l.local = t.local)"
	    " SELECT 0, " NAME_COLUMNS ", r.id, coalesce(t.written, t.local), t.domain, t.local FROM reach r"
	    " LEFT JOIN targets t ON t.alias = r.id LEFT JOIN domains d ON d.name = t.domain" BY_NAME(
	        "accounts", "d.id", "t.local") "a ON true" BY_NAME("aliases", "d.id",
	        "t.local") "l ON true ORDER BY r.id, t.domain, t.local LIMIT 2001",
	[STATEMENT_TARGETS] = "SELECT coalesce(written, local), domain FROM targets WHERE alias = $1::bigint"
	                      " ORDER BY domain, local LIMIT 2001",
	[STATEMENT_BARE] = "SELECT d.name FROM domains d JOIN"
	                   " (SELECT domain FROM accounts WHERE local = $1::text UNION ALL SELECT domain FROM aliases"
	                   "  WHERE local = $1::text) x ON d.id = x.domain LIMIT 2",
	[STATEMENT_FIRST_DOMAIN] = "SELECT name FROM domains WHERE relayed = 0 ORDER BY id LIMIT 1",
	[STATEMENT_LAST_ACCOUNT] = "SELECT max(id) FROM accounts",
	[STATEMENT_ANY_DOMAIN] = "SELECT d.name FROM accounts a JOIN domains d ON d.id = a.domain"
	                         " WHERE a.id >= $1::bigint ORDER BY a.id LIMIT 1",
	[STATEMENT_OWNS] =
	    "SELECT w.i FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS w (domain, local, i), accounts a"
	    " JOIN domains d ON d.id = a.domain WHERE a.id = $1::bigint AND (d.name = w.domain AND a.local = w.local"
	    " OR EXISTS (SELECT 1 FROM aliases l JOIN domains e ON e.id = l.domain JOIN targets t ON t.alias = l.id"
	    "  WHERE e.name = w.domain AND l.local = w.local AND l.kind = 'alias'"
	    "   AND t.domain = d.name AND t.local = a.local))",
	[STATEMENT_NETWORKS] = "SELECT w.i, " ACCESS_COLUMNS
	                       " FROM unnest($1::bytea[], $2::int[]) WITH ORDINALITY AS w (network, bits, i)"
	                       " JOIN access x ON x.network = w.network AND x.bits = w.bits GROUP BY w.i",
	[STATEMENT_SENDERS] = "SELECT x.sender, " ACCESS_COLUMNS
	                      " FROM access x WHERE x.sender = ANY ($1::text[]) GROUP BY x.sender",
};

const int postgres_columns[STATEMENTS] = {
	[STATEMENT_LAST_CHANGE] = CHANGE_COLUMNS,
	[STATEMENT_CHANGES] = CHANGE_COLUMNS,
	[STATEMENT_NAMES] = NAMES_COLUMNS,
	[STATEMENT_LOGINS] = LOGINS_COLUMNS,
	[STATEMENT_REACH] = REACH_COLUMNS,
	[STATEMENT_TARGETS] = 2,
	[STATEMENT_BARE] = 1,
	[STATEMENT_FIRST_DOMAIN] = 1,
	[STATEMENT_LAST_ACCOUNT] = 1,
	[STATEMENT_ANY_DOMAIN] = 1,
	[STATEMENT_OWNS] = 1,
	[STATEMENT_NETWORKS] = 3,
	[STATEMENT_SENDERS] = 3,
};
