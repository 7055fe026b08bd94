/* The statements for what servers keep together. */
#include "directory/postgres/shared_statements.h"

#include <stddef.h>

/* Milliseconds since 1970, by the clock of the database. */
#define NOW "(extract(epoch FROM now()) * 1000)::bigint"

/* Removes some expired rows of a table, but none that another transaction has locked. */
#define PURGE(table, key) PURGE_BEFORE(table, key, NOW)
#define PURGE_BEFORE(table, key, now)                                                                                  \
	"DELETE FROM " table " WHERE (" key ") IN (SELECT " key " FROM " table " WHERE until <= " now                  \
	" ORDER BY until LIMIT $1::bigint FOR UPDATE SKIP LOCKED)"

const char *const shared_statements[SHARED_STATEMENTS + 1] = {
	/* Keeps a time that is nearly the same, so that the index of times need not change. */
	[SHARED_ADD] = "INSERT INTO limit_counts AS c (name, server, count, until, stamp)"
	               " SELECT k.name, $1::bigint, max(k.count), max(k.ttl) + " NOW ", $2::bigint"
	               " FROM unnest($3::text[], $4::bigint[], $5::bigint[]) AS k (name, count, ttl)"
	               " GROUP BY k.name ORDER BY k.name"
	               " ON CONFLICT (name, server) DO UPDATE SET count = excluded.count, stamp = excluded.stamp,"
	               "  until = CASE WHEN abs(c.until - excluded.until) < 5000 THEN c.until ELSE excluded.until END"
	               " WHERE c.stamp <= excluded.stamp",
	[SHARED_SUMS] = "SELECT k.i, least(sum(c.count), 4294967295)::bigint, max(c.until) - " NOW
	                " FROM unnest($2::text[]) WITH ORDINALITY AS k (name, i) JOIN limit_counts c ON c.name = k.name"
	                " WHERE c.server <> $1::bigint AND c.until > " NOW " GROUP BY k.i",
	[SHARED_MARK] =
	    "WITH g AS (UPDATE limit_generation SET generation = generation + 1 RETURNING generation)"
	    " INSERT INTO limit_marks AS m (service, name, cause, until, generation, server, stamp)"
	    " SELECT $1::text, k.name, max(k.cause), max(k.ttl) + " NOW ", max(g.generation), $2::bigint,"
	    "  $3::bigint FROM g, unnest($4::text[], $5::text[], $6::bigint[]) AS k (name, cause, ttl) GROUP BY k.name"
	    " ON CONFLICT (service, name) DO UPDATE SET cause = excluded.cause, until = excluded.until,"
	    "  generation = excluded.generation, server = excluded.server, stamp = excluded.stamp"
	    " WHERE m.server <> excluded.server OR m.stamp <= excluded.stamp",
	[SHARED_NEWS] = "SELECT g.generation, m.generation, m.name, m.cause, m.until - " NOW
	                ", (m.server = $2::bigint)::int FROM limit_generation g LEFT JOIN limit_marks m"
	                " ON m.service = $1::text AND (m.generation, m.name) > ($3::bigint, $4::text)"
	                " AND m.generation <= g.generation"
	                " AND m.generation >= coalesce((SELECT p.generation FROM limit_marks p"
	                "  WHERE p.service = $1::text AND p.name = '*' AND p.cause = ''), 0)"
	                " ORDER BY m.generation, m.name LIMIT 500",
	[SHARED_LEASE] = "INSERT INTO leases AS l (name, owner, until) VALUES ($1::text, $2::bigint, $3::bigint + " NOW
	                 ")"
	                 " ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until"
	                 " WHERE l.until <= " NOW " OR l.owner = excluded.owner RETURNING l.until",
	[SHARED_PURGE] = PURGE("limit_counts", "name, server"),
	[SHARED_PURGE_MARKS] = PURGE("limit_marks", "service, name"),
	[SHARED_PURGE_LEASES] = PURGE("leases", "name"),
	[SHARED_PURGE_GREYLIST] = PURGE_BEFORE("greylist", "key", "extract(epoch FROM now())::bigint"),
	/*
	 * Removes changes that ftgate_announce() left because transactions were
	 * rolled back. It removes later ones itself, so no transaction waits.
	 */
	[SHARED_PURGE_CHANGES] =
	    ("DELETE FROM changes WHERE number IN (SELECT number FROM changes"
	     " WHERE number < (SELECT max(number) - 12000 FROM changes) ORDER BY number LIMIT $1::bigint)"),
};
