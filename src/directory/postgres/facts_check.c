/* Checks that the answers of the database are about the names that it was asked about. */
#include <stdio.h>
#include <string.h>

#include "base/address/address_key.h"
#include "directory/postgres/facts.h"

/* The local part that a name is compared by, behind the domain in the key of a fact. */
static const char *
local_of(const char *name_key)
{
	size_t len;
	return facts_part(name_key, 1, &len);
}

static bool
is_null(const struct facts *facts, const PGresult *result, int row, int column)
{
	return facts->libpq->PQgetisnull(result, row, column) != 0;
}

static bool
is_domain(const struct facts *facts, const PGresult *result, int row, int column, const char *name_key)
{
	size_t len;
	const char *domain = facts_part(name_key, 0, &len), *value = facts->libpq->PQgetvalue(result, row, column);
	return strlen(value) == len && memcmp(value, domain, len) == 0;
}

/* Is the value of a column a spelling of the local part? Nothing is a spelling of what can be no name. */
static bool
is_spelling(struct facts *facts, const PGresult *result, int row, int column, const char *name_key)
{
	char key[ADDRESS_LOCAL_MAX + 1];
	if (!address_key(key, facts->libpq->PQgetvalue(result, row, column))) {
		facts->failed = true;
		return false;
	}
	return key[0] != '\0' && strcmp(key, local_of(name_key)) == 0;
}

/* Returns false. Without memory, the answer could not be checked. */
static bool
report(struct facts *facts, const char *name_key, const char *what)
{
	size_t len;
	const char *domain = facts_part(name_key, 0, &len);
	if (facts->failed)
		return false;
	snprintf(facts->fault, sizeof facts->fault, "the database answered the question about %.64s@%.*s with %s",
	    local_of(name_key), len < 80 ? (int)len : 80, domain, what);
	return false;
}

bool
facts_check_name(struct facts *facts, const char *name_key, const PGresult *result, int row)
{
	bool fits = (is_null(facts, result, row, NAME_DOMAIN) ||
	                is_domain(facts, result, row, NAME_DOMAIN, name_key)) &&
	    (is_null(facts, result, row, NAME_ACCOUNT) ||
	        is_spelling(facts, result, row, NAME_ACCOUNT_LOCAL, name_key)) &&
	    (is_null(facts, result, row, NAME_ALIAS) || is_spelling(facts, result, row, NAME_ALIAS_LOCAL, name_key));
	return fits || report(facts, name_key, "a record of another name");
}

bool
facts_check_target(struct facts *facts, const char *name_key, const PGresult *result, int row)
{
	if (!is_spelling(facts, result, row, REACH_LOCAL, name_key))
		return report(facts, name_key, "a target of another name");
	return facts_check_name(facts, name_key, result, row);
}

bool
facts_check_known(struct facts *facts, const struct fact *fact)
{
	return fact->state == FACT_KNOWN || report(facts, fact->key, "nothing");
}

bool
facts_check_text(struct facts *facts, const PGresult *result, int row, int column)
{
	if (!is_null(facts, result, row, column))
		return true;
	snprintf(facts->fault, sizeof facts->fault, "the database answered with a target that has no name");
	return false;
}
