/*
 * What is known of the records for one question. The rules of the directory read it (directory/lookup.h); what they miss is
 * wanted, asked of the database, and they run again.
 */
#ifndef DIRECTORY_POSTGRES_FACTS_H
#define DIRECTORY_POSTGRES_FACTS_H

#include "directory/lookup.h"
#include "directory/postgres/libpq.h"
#include "directory/postgres/statements.h"

/* Between the parts of a key: an octet that no UTF-8 has. */
#define FACTS_SEPARATOR "\xFF"

enum { FACTS_KEY_SIZE = 3 * ADDRESS_MAX, FACTS_ASKED_MAX = 256, FACTS_FAULT_SIZE = 256 };

/* A fact is absent if it has no rows. */
struct fact {
	char *key; /* a letter and parts, between which is FACTS_SEPARATOR */
	enum { FACT_WANTED, FACT_ASKED, FACT_KNOWN } state;
	enum postgres_statement statement; /* that brings it */
	const PGresult *result;
	int row, rows;
	int column; /* of what it is about, if its statement has several such */
};

/* A result of the database, which the facts own. */
struct facts_result {
	PGresult *of;
};

struct facts {
	struct lookup lookup;
	const struct libpq *libpq;
	struct fact *items;
	size_t count, room;
	uint32_t *buckets; /* of items, by the hash of the key: index + 1 */
	size_t bucket_count;
	struct facts_result *results; /* which the items point into */
	size_t result_count;
	/* The sender whose membership in lists is asked for, by its key; "": none. */
	char sender_domain[ADDRESS_DOMAIN_MAX + 1];
	char sender_key[ADDRESS_LOCAL_MAX + 1];
	bool wanting;                 /* the rules missed something */
	bool truncated;               /* an expansion has more targets than are followed */
	bool failed;                  /* memory is out */
	char fault[FACTS_FAULT_SIZE]; /* an answer does not fit its question; "": none is like that */
	const char *trouble;
};

void facts_open(struct facts *facts, const struct libpq *libpq, const struct directory_settings *settings);
void facts_close(struct facts *facts);

/* The address whose membership in lists is asked for. Call it first. */
void facts_set_sender(struct facts *facts, const char *sender);

/* Want something in advance. local is a local part in any spelling. */
void facts_want_name(struct facts *facts, const char *domain, const char *local, bool secrets);
void facts_want_domain(struct facts *facts, const char *name);

/* The parameters of a statement for what is wanted; they are the facts' until facts_answer(), but the texts the caller's. */
struct facts_request {
	enum postgres_statement statement;
	char *values[4];
	int count;
	uint32_t asked[FACTS_ASKED_MAX]; /* facts, in the order of the numbers in the answer */
	size_t asked_count;
};

/*
 * Makes the request of a statement, for up to FACTS_ASKED_MAX facts that are wanted. Returns false if none is, or memory is out
 * (facts->failed).
 */
bool facts_request(struct facts *facts, enum postgres_statement statement, struct facts_request *request);

/* The request for all that an alias leads to. */
bool facts_request_reach(struct facts *facts, const struct address *alias, struct facts_request *request);

/* Frees the texts of a request. */
void facts_request_free(struct facts_request *request);

/* Takes the answer to a request. The result is the facts' from now on. If it does not fit, facts->fault says so. */
void facts_answer(struct facts *facts, const struct facts_request *request, PGresult *result);

/* For facts_lookup.c: a fact by its key, which is wanted of a statement if it is not known; then NULL. */
const struct fact *facts_find(struct facts *facts, enum postgres_statement statement, const char *key);

/* The keys of facts. A part begins behind the letter of the key, or a separator; *len is set to its octets. */
void facts_name_key(char key[FACTS_KEY_SIZE], const char *domain, const char *local_key, bool secrets);
const char *facts_part(const char *key, size_t part, size_t *len);

/*
 * For facts.c: does what the database says fit what it was asked? If not, facts->fault is set; facts->failed if memory is
 * out. name_key is the key of a name. A row of enum name_column, of a name or of a target, must state that name; a name
 * that was asked for must have a row; and a column must not be null.
 */
bool facts_check_name(struct facts *facts, const char *name_key, const PGresult *result, int row);
bool facts_check_target(struct facts *facts, const char *name_key, const PGresult *result, int row);
bool facts_check_known(struct facts *facts, const struct fact *fact);
bool facts_check_text(struct facts *facts, const PGresult *result, int row, int column);

/* The operations of the lookup. */
extern const struct lookup_ops facts_lookup_ops;

#endif
