/* Finds the GRANTs of docs/postgres.md that a role lacks. */
#include "directory/postgres/rights.h"

enum { TYPE_BOOLEAN = 16 /* in pg_type.dat */ };

/*
 * A table that does not exist gives null. Without USAGE on their schema, none of them is found by the search path. $1:
 * mail is greylisted. If it is not, expired records of other servers are still removed.
 */
static const char query[] =
    "WITH missing AS ("
    "SELECT r.name AS right_name, t.name, g.vital FROM (VALUES"
    " ('SELECT', 'ftgate_schema domains accounts aliases targets access', true),"
    " ('SELECT DELETE', 'changes', false),"
    " ('SELECT INSERT UPDATE DELETE', 'limit_counts limit_marks limit_generation leases', false),"
    " ('SELECT UPDATE DELETE', 'greylist', false),"
    " (CASE WHEN $1 THEN 'INSERT' END, 'greylist', false), (CASE WHEN $1 THEN 'SELECT' END, 'greylist_secret', false),"
    " ('SELECT', 'text_generations text_files text_parts', false),"
    " ('SELECT INSERT UPDATE', 'text_servers', false)) AS g (rights, names, vital),"
    " unnest(string_to_array(g.names, ' ')) AS t (name), unnest(string_to_array(g.rights, ' ')) AS r (name)"
    " WHERE NOT has_table_privilege(to_regclass(t.name)::oid, r.name)"
    " UNION ALL SELECT 'USAGE', n.nspname, true FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relname = 'ftgate_schema' AND to_regclass('ftgate_schema') IS NULL"
    " AND n.nspname = ANY (string_to_array(replace("
    "regexp_replace(current_setting('search_path'), '[\" ]', '', 'g'), '$user', current_user), ','))"
    " AND NOT has_schema_privilege(n.oid, 'USAGE')) "
    "SELECT string_agg(right_name, ', ' ORDER BY right_name), name, vital FROM missing GROUP BY name, vital"
    " ORDER BY vital DESC, name";

PGresult *
postgres_find_missing_rights(const struct exec *exec, bool greylists, rights_missing_fn *call, void *context)
{
	const struct libpq *libpq = exec->libpq;
	static const Oid types[] = { TYPE_BOOLEAN };
	const char *const values[] = { greylists ? "t" : "f" };
	PGresult *result = exec_statement(
	    exec, query, &(struct exec_values) { .count = 1, .types = types, .values = values });
	int count = libpq->PQresultStatus(result) == PGRES_TUPLES_OK ? libpq->PQntuples(result) : 0;
	for (int i = 0; i < count; i++)
		call(context, libpq->PQgetvalue(result, i, 0), libpq->PQgetvalue(result, i, 1),
		    *libpq->PQgetvalue(result, i, 2) == 't');
	return result;
}
