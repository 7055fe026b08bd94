/* The check of own texts by the code that a server runs. */
#ifndef TEXTS_CHECK_H
#define TEXTS_CHECK_H

#include <ftgate/catalog.h>

#include "texts/po_file.h"

/* What is wrong with an entry, or with the file as a whole. The strings are English. */
struct texts_problem {
	const struct po_item *item; /* NULL: the file as a whole */
	enum ftg_id id;             /* FTG_IDS: none */
	enum ftg_rule rule;
	size_t line;
	const char *detail; /* valid during the call only */
};
typedef void texts_problem_fn(void *context, const struct texts_problem *problem);

/*
 * Loads the entries as a server would, and calls for each refusal, in the order of the file; faults of the file as a whole
 * come first. Returns how many there are, or -1 with errno ENOMEM.
 */
int texts_check(const struct po_file *po, const char *language, texts_problem_fn *call, void *context);

/* Checks one entry alone. Returns the same. */
int texts_check_item(
    const struct po_file *po, const struct po_item *item, const char *language, texts_problem_fn *call, void *context);

/* The reply of an entry: that of its msgctxt up to a "|". FTG_IDS if there is none. */
enum ftg_id texts_id(const struct po_item *item);

#endif
