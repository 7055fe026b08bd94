/* Finds the GRANTs of docs/postgres.md that a role lacks. */
#include "directory/postgres/rights.h"

/* A table that does not exist gives null. Without USAGE on the schema, none of them is found. */
static const char query[] =
    "WITH missing AS ("
    "SELECT r.name AS right_name, t.name, g.vital FROM (VALUES"
    " ('SELECT', 'ftgate_schema domains accounts aliases targets access', true),"
    " ('SELECT DELETE', 'changes', false),"
    " ('SELECT INSERT UPDATE DELETE', 'limit_counts limit_marks limit_generation leases greylist', false),"
    " ('SELECT', 'greylist_secret text_generations text_files text_parts', false),"
    " ('SELECT INSERT UPDATE', 'text_servers', false)) AS g (rights, names, vital),"
    " unnest(string_to_array(g.names, ' ')) AS t (name), unnest(string_to_array(g.rights, ' ')) AS r (name)"
    " WHERE NOT has_table_privilege(to_regclass(t.name)::oid, r.name)"
    " UNION ALL SELECT 'USAGE', 'public', true WHERE to_regclass('ftgate_schema') IS NULL"
    " AND NOT has_schema_privilege(to_regnamespace('public')::oid, 'USAGE')) "
    "SELECT string_agg(right_name, ', ' ORDER BY right_name), name, vital FROM missing GROUP BY name, vital"
    " ORDER BY vital DESC, name";

PGresult *
postgres_find_missing_rights(const struct exec *exec, rights_missing_fn *call, void *context)
{
	const struct libpq *libpq = exec->libpq;
	PGresult *result = exec_statement(exec, query, NULL);
	int count = libpq->PQresultStatus(result) == PGRES_TUPLES_OK ? libpq->PQntuples(result) : 0;
	for (int i = 0; i < count; i++)
		call(context, libpq->PQgetvalue(result, i, 0), libpq->PQgetvalue(result, i, 1),
		    *libpq->PQgetvalue(result, i, 2) == 't');
	return result;
}
