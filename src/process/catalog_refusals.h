/* The texts and files that a load of the catalogue refused: kept, logged, and reported at the control socket. */
#ifndef PROCESS_CATALOG_REFUSALS_H
#define PROCESS_CATALOG_REFUSALS_H

#include <ftgate/catalog.h>

#include "base/text/po_lines.h"
#include "base/text/text_buffer.h"

enum {
	REFUSALS_MAX = 1000,  /* that are kept of one load; further ones are counted */
	REFUSALS_ANSWER = 64, /* in one answer at the control socket */
};

/* A refusal, copied out of the load. */
struct catalog_refusal {
	struct catalog_refusal *next;
	enum ftg_id id; /* FTG_IDS if the entry has no known ID */
	enum ftg_audience audience;
	enum ftg_rule rule;
	size_t line; /* of the entry in the .po beside the file, 0 if there is none */
	const char *file, *language, *detail;
	char text[];
};

struct catalog_refusals {
	struct catalog_refusal *first, *last;
	unsigned count; /* texts and files */
	unsigned files; /* refused whole */
	char *po;       /* the .po that was read last, and its lines */
	struct po_lines lines;
};

/* Adds a refusal; a function for ftg_catalog_open(), context is the list. Reads the .po beside the file. */
void catalog_refusals_note(void *context, const struct ftg_refusal *refusal);

/* Frees what is needed only during a load. */
void catalog_refusals_close(struct catalog_refusals *refusals);

/* Logs each as catalogue-refused. */
void catalog_refusals_log(const struct catalog_refusals *refusals);

/*
 * Writes a line "refusals" with their number, and then those from the given one on, REFUSALS_ANSWER at most, each as a
 * line "refused ID RULE LINE" and, each after a tab, the path of the .po, or of the .mo if LINE is 0, what is wrong, and
 * the cure. ID is - if the entry has no known one.
 */
void catalog_refusals_put(const struct catalog_refusals *refusals, size_t from, struct text_buffer *buffer);

/* Frees the list and empties it. */
void catalog_refusals_free(struct catalog_refusals *refusals);

#endif
