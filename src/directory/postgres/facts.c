/* What is known of the records for one question, and what is wanted. */
#include "directory/postgres/facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address/address_key.h"
#include "base/text/utf8.h"
#include "directory/postgres/array.h"

enum { FIRST_BUCKETS = 64, TARGET_ROWS_MAX = DIRECTORY_TARGETS_MAX };

void
facts_open(struct facts *facts, const struct libpq *libpq, const struct directory_settings *settings)
{
	*facts = (struct facts) {
		.lookup = { .ops = &facts_lookup_ops, .settings = settings },
		.libpq = libpq,
		.trouble = "memory is out",
	};
}

/* Stored forms of passwords do not stay in memory. */
static void
wipe(const struct libpq *libpq, const PGresult *result)
{
	for (int row = 0; libpq->PQnfields(result) > NAME_SECRET && row < libpq->PQntuples(result); row++)
		for (int column = NAME_PASSWORD; column <= NAME_SECRET; column++)
			explicit_bzero(
			    libpq->PQgetvalue(result, row, column), (size_t)libpq->PQgetlength(result, row, column));
}

void
facts_close(struct facts *facts)
{
	for (size_t i = 0; i < facts->count; i++)
		free(facts->items[i].key);
	for (size_t i = 0; i < facts->result_count; i++) {
		wipe(facts->libpq, facts->results[i].of);
		facts->libpq->PQclear(facts->results[i].of);
	}
	free(facts->items);
	free(facts->buckets);
	free(facts->results);
}

void
facts_set_sender(struct facts *facts, const char *sender)
{
	struct address address;
	if (sender == NULL || *sender == '\0' ||
	    address_parse(&address, sender, strlen(sender), true, true) != ADDRESS_OK ||
	    !address_key(facts->sender_key, address.local))
		return;
	memcpy(facts->sender_domain, address.domain, sizeof facts->sender_domain);
}

/* FNV-1a. */
static uint32_t
hash(const char *text)
{
	uint32_t sum = 2166136261;
	for (; *text != '\0'; text++)
		sum = (sum ^ (unsigned char)*text) * 16777619;
	return sum;
}

/* The bucket of a key, or the empty one for it. */
static uint32_t *
find_bucket(const struct facts *facts, const char *key)
{
	size_t at = hash(key) & (facts->bucket_count - 1);
	while (facts->buckets[at] != 0 && strcmp(facts->items[facts->buckets[at] - 1].key, key) != 0)
		at = (at + 1) & (facts->bucket_count - 1);
	return &facts->buckets[at];
}

static bool
grow_buckets(struct facts *facts)
{
	size_t wanted = facts->bucket_count == 0 ? FIRST_BUCKETS : 2 * facts->bucket_count;
	uint32_t *buckets = calloc(wanted, sizeof *buckets);
	if (buckets == NULL)
		return false;
	free(facts->buckets);
	facts->buckets = buckets;
	facts->bucket_count = wanted;
	for (size_t i = 0; i < facts->count; i++)
		*find_bucket(facts, facts->items[i].key) = (uint32_t)i + 1;
	return true;
}

static bool
grow_items(struct facts *facts)
{
	size_t wanted = facts->room == 0 ? FIRST_BUCKETS / 2 : 2 * facts->room;
	struct fact *items = reallocarray(facts->items, wanted, sizeof *items);
	if (items == NULL)
		return false;
	facts->items = items;
	facts->room = wanted;
	return true;
}

/* The fact of a key, which is added as wanted if it is not there; NULL when memory is out. */
static struct fact *
fact_of(struct facts *facts, enum postgres_statement statement, const char *key)
{
	bool full = 2 * (facts->count + 1) > facts->bucket_count && !grow_buckets(facts);
	uint32_t *bucket = full ? NULL : find_bucket(facts, key);
	if (bucket != NULL && *bucket != 0)
		return &facts->items[*bucket - 1];
	char *copy = bucket == NULL ? NULL : strdup(key);
	if (copy == NULL || (facts->count == facts->room && !grow_items(facts))) {
		free(copy);
		facts->failed = true;
		return NULL;
	}
	struct fact *fact = &facts->items[facts->count++];
	*fact = (struct fact) { .key = copy, .statement = statement };
	*bucket = (uint32_t)facts->count;
	return fact;
}

static size_t
separators_of(enum postgres_statement statement)
{
	switch (statement) {
	case STATEMENT_OWNS: return 2;
	case STATEMENT_NAMES:
	case STATEMENT_LOGINS:
	case STATEMENT_NETWORKS: return 1;
	default: return 0;
	}
}

/* The database would refuse a text that is not UTF-8: no record has it. */
static bool
is_utf8(const char *text, size_t separators)
{
	size_t len = strlen(text);
	for (size_t at = 0, step; at < len; at += step) {
		step = utf8_length(text + at, len - at);
		if (step == 0 && text[at] == FACTS_SEPARATOR[0] && separators-- > 0)
			step = 1;
		if (step == 0)
			return false;
	}
	return true;
}

const struct fact *
facts_find(struct facts *facts, enum postgres_statement statement, const char *key)
{
	struct fact *fact = fact_of(facts, statement, key);
	if (fact == NULL)
		return NULL;
	if (fact->state == FACT_WANTED && !is_utf8(key, separators_of(statement)))
		fact->state = FACT_KNOWN;
	if (fact->state == FACT_KNOWN)
		return fact;
	facts->wanting = true;
	return NULL;
}

void
facts_name_key(char key[FACTS_KEY_SIZE], const char *domain, const char *local_key, bool secrets)
{
	snprintf(key, FACTS_KEY_SIZE, "%c%s" FACTS_SEPARATOR "%s", secrets ? 'l' : 'n', domain, local_key);
}

void
facts_want_name(struct facts *facts, const char *domain, const char *local, bool secrets)
{
	char key[FACTS_KEY_SIZE], local_key[ADDRESS_LOCAL_MAX + 1];
	if (!address_key(local_key, local))
		return;
	facts_name_key(key, domain, local_key, secrets);
	(void)facts_find(facts, secrets ? STATEMENT_LOGINS : STATEMENT_NAMES, key);
}

void
facts_want_domain(struct facts *facts, const char *name)
{
	facts_want_name(facts, name, "", false);
}

const char *
facts_part(const char *key, size_t part, size_t *len)
{
	for (key++; part > 0; part--)
		key = strchrnul(key, FACTS_SEPARATOR[0]) + 1;
	*len = strcspn(key, FACTS_SEPARATOR);
	return key;
}

/* The array of a part of all that is asked for; NULL when memory is out. */
static char *
make_array(const struct facts *facts, const struct facts_request *request, size_t part)
{
	char *text = NULL;
	size_t size, len;
	FILE *array = open_memstream(&text, &size);
	if (array == NULL)
		return NULL;
	for (size_t i = 0; i < request->asked_count; i++) {
		const char *element = facts_part(facts->items[request->asked[i]].key, part, &len);
		pg_array_put(array, i == 0, element, len);
	}
	fputc('}', array);
	if (fclose(array) == 0)
		return text;
	free(text);
	return NULL;
}

static char *
copy_part(const struct facts *facts, const struct facts_request *request, size_t part)
{
	size_t len;
	const char *text = facts_part(facts->items[request->asked[0]].key, part, &len);
	return strndup(text, len);
}

/* Sets the parameters; false when memory is out. */
static bool
set_values(const struct facts *facts, struct facts_request *request)
{
	char **values = request->values;
	bool known = true;
	switch (request->statement) {
	case STATEMENT_NAMES:
	case STATEMENT_LOGINS:
		request->count = 4;
		known = (values[0] = make_array(facts, request, 0)) != NULL &&
		    (values[1] = make_array(facts, request, 1)) != NULL;
		if (facts->sender_key[0] != '\0')
			known = known && (values[2] = strdup(facts->sender_domain)) != NULL &&
			    (values[3] = strdup(facts->sender_key)) != NULL;
		return known;
	case STATEMENT_OWNS:
		request->count = 3;
		return (values[0] = copy_part(facts, request, 0)) != NULL &&
		    (values[1] = make_array(facts, request, 1)) != NULL &&
		    (values[2] = make_array(facts, request, 2)) != NULL;
	case STATEMENT_NETWORKS:
		request->count = 2;
		return (values[0] = make_array(facts, request, 0)) != NULL &&
		    (values[1] = make_array(facts, request, 1)) != NULL;
	case STATEMENT_SENDERS: request->count = 1; return (values[0] = make_array(facts, request, 0)) != NULL;
	case STATEMENT_FIRST_DOMAIN:
	case STATEMENT_LAST_ACCOUNT: return true;
	default: request->count = 1; return (values[0] = copy_part(facts, request, 0)) != NULL;
	}
}

static bool
takes_arrays(enum postgres_statement statement)
{
	return statement == STATEMENT_NAMES || statement == STATEMENT_LOGINS || statement == STATEMENT_OWNS ||
	    statement == STATEMENT_NETWORKS || statement == STATEMENT_SENDERS;
}

bool
facts_request(struct facts *facts, enum postgres_statement statement, struct facts_request *request)
{
	size_t most = takes_arrays(statement) ? FACTS_ASKED_MAX : 1;
	request->statement = statement;
	request->count = 0;
	request->asked_count = 0;
	memset(request->values, 0, sizeof request->values);
	for (size_t i = 0; i < facts->count && request->asked_count < most; i++)
		if (facts->items[i].state == FACT_WANTED && facts->items[i].statement == statement)
			request->asked[request->asked_count++] = (uint32_t)i;
	if (request->asked_count == 0)
		return false;
	if (!set_values(facts, request)) {
		facts->failed = true;
		facts_request_free(request);
		return false;
	}
	for (size_t i = 0; i < request->asked_count; i++)
		facts->items[request->asked[i]].state = FACT_ASKED;
	return true;
}

bool
facts_request_reach(struct facts *facts, const struct address *alias, struct facts_request *request)
{
	char key[ADDRESS_LOCAL_MAX + 1];
	*request = (struct facts_request) { .statement = STATEMENT_REACH, .count = 2 };
	if (!is_utf8(alias->domain, 0) || !address_key(key, alias->local))
		return false;
	request->values[0] = strdup(alias->domain);
	request->values[1] = strdup(key);
	if (request->values[0] != NULL && request->values[1] != NULL)
		return true;
	facts->failed = true;
	facts_request_free(request);
	return false;
}

void
facts_request_free(struct facts_request *request)
{
	for (size_t i = 0; i < sizeof request->values / sizeof *request->values; i++) {
		free(request->values[i]);
		request->values[i] = NULL;
	}
}

static void
know(struct fact *fact, const PGresult *result, int row, int rows)
{
	if (fact == NULL || (fact->state == FACT_KNOWN && fact->rows > 0))
		return;
	fact->state = FACT_KNOWN;
	fact->result = result;
	fact->row = row;
	fact->rows = rows;
}

static const char *
value_of(const struct facts *facts, const PGresult *result, int row, int column)
{
	return facts->libpq->PQgetvalue(result, row, column);
}

/* A row of enum name_column also says what is hosted, and who is in a list. */
static void
know_beside_name(struct facts *facts, const PGresult *result, int row, bool has_member)
{
	char key[FACTS_KEY_SIZE];
	if (!facts->libpq->PQgetisnull(result, row, NAME_DOMAIN)) {
		snprintf(key, sizeof key, "d%s", value_of(facts, result, row, NAME_DOMAIN));
		know(fact_of(facts, STATEMENT_NAMES, key), result, row, 1);
	}
	if (has_member && !facts->libpq->PQgetisnull(result, row, NAME_ALIAS)) {
		snprintf(key, sizeof key, "M%s", value_of(facts, result, row, NAME_ALIAS));
		know(fact_of(facts, STATEMENT_NAMES, key), result, row, 1);
	}
}

/* Of a domain that is not hosted there is a row as well. */
static void
know_domain_of(struct facts *facts, const char *name_key, const PGresult *result, int row)
{
	char key[FACTS_KEY_SIZE];
	size_t len;
	const char *domain = facts_part(name_key, 0, &len);
	if (!facts->libpq->PQgetisnull(result, row, NAME_DOMAIN))
		return;
	snprintf(key, sizeof key, "d%.*s", (int)len, domain);
	know(fact_of(facts, STATEMENT_NAMES, key), result, row, 0);
}

/* The row of each number. */
static void
know_by_number(struct facts *facts, const struct facts_request *request, const PGresult *result)
{
	int rows = facts->libpq->PQntuples(result);
	bool names = request->statement == STATEMENT_NAMES || request->statement == STATEMENT_LOGINS;
	for (int row = 0; row < rows; row++) {
		size_t number = strtoul(value_of(facts, result, row, 0), NULL, 10);
		if (number == 0 || number > request->asked_count)
			continue;
		uint32_t asked = request->asked[number - 1];
		if (names && !facts_check_name(facts, facts->items[asked].key, result, row))
			return;
		know(&facts->items[asked], result, row, 1);
		if (!names)
			continue;
		know_domain_of(facts, facts->items[asked].key, result, row);
		know_beside_name(facts, result, row, true);
	}
	for (size_t i = 0; names && i < request->asked_count; i++)
		if (!facts_check_known(facts, &facts->items[request->asked[i]]))
			return;
}

static void
know_senders(struct facts *facts, const PGresult *result)
{
	char key[FACTS_KEY_SIZE];
	int rows = facts->libpq->PQntuples(result);
	for (int row = 0; row < rows; row++) {
		snprintf(key, sizeof key, "s%s", value_of(facts, result, row, 0));
		know(fact_of(facts, STATEMENT_SENDERS, key), result, row, 1);
	}
}

/* Rows of one alias follow each other. */
static void
know_reach(struct facts *facts, const PGresult *result)
{
	char key[FACTS_KEY_SIZE];
	const struct libpq *libpq = facts->libpq;
	int rows = libpq->PQntuples(result);
	struct fact *targets = NULL;
	facts->truncated = rows > TARGET_ROWS_MAX;
	for (int row = 0; row < rows; row++) {
		snprintf(key, sizeof key, "t%s", value_of(facts, result, row, REACH_ALIAS));
		bool empty = libpq->PQgetisnull(result, row, REACH_LOCAL) != 0;
		targets = fact_of(facts, STATEMENT_TARGETS, key);
		if (targets == NULL)
			return;
		if (targets->state != FACT_KNOWN) {
			know(targets, result, row, 0);
			targets->column = REACH_LOCAL;
		}
		if (empty)
			continue;
		targets->rows++;
		facts_name_key(
		    key, value_of(facts, result, row, REACH_DOMAIN), value_of(facts, result, row, REACH_KEY), false);
		if (!facts_check_text(facts, result, row, REACH_DOMAIN) || !facts_check_target(facts, key, result, row))
			return;
		know(fact_of(facts, STATEMENT_NAMES, key), result, row, 1);
		know_domain_of(facts, key, result, row);
		know_beside_name(facts, result, row, false);
	}
}

/* Of an alias that is asked for by its number. */
static void
check_targets(struct facts *facts, const PGresult *result)
{
	int rows = facts->libpq->PQntuples(result);
	for (int row = 0; row < rows; row++)
		if (!facts_check_text(facts, result, row, 0) || !facts_check_text(facts, result, row, 1))
			return;
}

void
facts_answer(struct facts *facts, const struct facts_request *request, PGresult *result)
{
	struct facts_result *results = reallocarray(facts->results, facts->result_count + 1, sizeof *results);
	if (results == NULL) {
		facts->libpq->PQclear(result);
		facts->failed = true;
		return;
	}
	facts->results = results;
	facts->results[facts->result_count++].of = result;
	if (request->statement == STATEMENT_REACH)
		know_reach(facts, result);
	else if (request->statement == STATEMENT_SENDERS)
		know_senders(facts, result);
	else if (takes_arrays(request->statement))
		know_by_number(facts, request, result);
	else if (request->statement == STATEMENT_TARGETS)
		check_targets(facts, result);
	for (size_t i = 0; i < request->asked_count; i++) {
		struct fact *fact = &facts->items[request->asked[i]];
		if (fact->state != FACT_KNOWN)
			know(fact, result, 0, takes_arrays(request->statement) ? 0 : facts->libpq->PQntuples(result));
	}
}
