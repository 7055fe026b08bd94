/* The texts and files that a load of the catalogue refused: kept, logged, and reported at the control socket. */
#include "process/catalog_refusals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log/log.h"
#include "base/text/printable.h"

enum { FILE_MAX = 512, DETAIL_MAX = 128 }; /* octets in an answer */

static const char *
put_string(char **at, const char *string)
{
	size_t size = strlen(string) + 1;
	char *copy = memcpy(*at, string, size);
	*at += size;
	return copy;
}

static struct catalog_refusal *
copy_refusal(const struct ftg_refusal *refusal)
{
	size_t size = strlen(refusal->file) + strlen(refusal->language) + strlen(refusal->detail) + 3;
	struct catalog_refusal *copy = malloc(sizeof *copy + size);
	if (copy == NULL)
		return NULL;
	char *at = copy->text;
	copy->next = NULL;
	copy->id = refusal->id;
	copy->rule = refusal->rule;
	copy->audience = refusal->audience;
	copy->line = 0;
	copy->file = put_string(&at, refusal->file);
	copy->language = put_string(&at, refusal->language);
	copy->detail = put_string(&at, refusal->detail);
	return copy;
}

/* Reads the lines of FILE.po beside FILE.mo, unless they are those read last. Returns whether there are any. */
static bool
read_lines(struct catalog_refusals *refusals, const char *file)
{
	size_t len = strlen(file);
	if (len < 3 || strcmp(file + len - 3, ".mo") != 0)
		return false;
	if (refusals->po != NULL && strncmp(refusals->po, file, len - 2) == 0 && strlen(refusals->po) == len)
		return refusals->lines.count > 0;
	catalog_refusals_close(refusals);
	if ((refusals->po = strdup(file)) == NULL)
		return false;
	memcpy(refusals->po + len - 2, "po", 2);
	return po_lines_read(&refusals->lines, refusals->po) && refusals->lines.count > 0;
}

/* What follows the ID in the msgctxt of an entry for an audience. */
static const char *
suffix_of(enum ftg_audience audience)
{
	return audience == FTG_USERS ? "|user" : "";
}

/*
 * The line of the entry in the .po; 0 if there is none, or if the .mo is none. An entry without a known ID is refused with its
 * msgctxt as detail. Of several with one msgctxt, the one with the English text of today is used, and the others are stale.
 */
static size_t
find_line(struct catalog_refusals *refusals, const struct ftg_refusal *refusal)
{
	if ((refusal->whole_file && refusal->rule == FTG_RULE_FILE) || !read_lines(refusals, refusal->file))
		return 0;
	if (refusal->whole_file)
		return 1;
	bool of_entry = refusal->rule == FTG_RULE_STALE || refusal->rule == FTG_RULE_UNKNOWN;
	char context[PO_CONTEXT_MAX];
	snprintf(context, sizeof context, "%s%s", refusal->id != FTG_IDS ? ftg_row(refusal->id)->id : refusal->detail,
	    suffix_of(refusal->audience));
	const char *english = refusal->id != FTG_IDS ? ftg_row(refusal->id)->text[0] : NULL;
	const struct po_place *place = po_lines_find(
	    &refusals->lines, context, english, refusal->rule == FTG_RULE_STALE);
	return place == NULL ? 0 : of_entry ? place->start : place->text;
}

void
catalog_refusals_note(void *context, const struct ftg_refusal *refusal)
{
	struct catalog_refusals *refusals = context;
	refusals->files += refusal->whole_file;
	struct catalog_refusal *copy = refusals->count++ < REFUSALS_MAX ? copy_refusal(refusal) : NULL;
	if (copy == NULL)
		return;
	copy->line = find_line(refusals, refusal);
	*(refusals->last != NULL ? &refusals->last->next : &refusals->first) = copy;
	refusals->last = copy;
}

void
catalog_refusals_close(struct catalog_refusals *refusals)
{
	free(refusals->po);
	refusals->po = NULL;
	po_lines_free(&refusals->lines);
}

/* Writes the name of an entry: "ID" or "ID|user", "-" if it has no known ID. */
static void
put_name(char name[PO_CONTEXT_MAX], const struct catalog_refusal *refusal)
{
	snprintf(name, PO_CONTEXT_MAX, "%s%s", refusal->id == FTG_IDS ? "-" : ftg_row(refusal->id)->id,
	    suffix_of(refusal->audience));
}

void
catalog_refusals_log(const struct catalog_refusals *refusals)
{
	for (const struct catalog_refusal *refusal = refusals->first; refusal != NULL; refusal = refusal->next) {
		char line[24];
		char id[PO_CONTEXT_MAX];
		snprintf(line, sizeof line, "%zu", refusal->line);
		put_name(id, refusal);
		log_event("catalogue-refused", "file", refusal->file, "line", refusal->line > 0 ? line : NULL, "lang",
		    refusal->language, "id", refusal->id == FTG_IDS ? NULL : id, "rule", ftg_rule_name(refusal->rule),
		    "detail", refusal->detail, "cure", ftg_rule_cure(refusal->rule), NULL);
	}
}

static void
put_refusal(const struct catalog_refusal *refusal, struct text_buffer *buffer)
{
	char file[FILE_MAX], detail[DETAIL_MAX], id[PO_CONTEXT_MAX];
	size_t len = strlen(refusal->file);
	printable_copy(file, sizeof file, refusal->file, len);
	printable_copy(detail, sizeof detail, refusal->detail, strlen(refusal->detail));
	if (refusal->line > 0 && len < sizeof file)
		memcpy(file + strlen(file) - 2, "po", 2);
	put_name(id, refusal);
	text_buffer_put(buffer, "refused %s %s %zu\t%s\t%s\t%s\n", id, ftg_rule_name(refusal->rule), refusal->line,
	    file, detail, ftg_rule_cure(refusal->rule));
}

void
catalog_refusals_put(const struct catalog_refusals *refusals, size_t from, struct text_buffer *buffer)
{
	size_t i = 0;
	const struct catalog_refusal *refusal = refusals->first;
	text_buffer_put(buffer, "refusals %u\n", refusals->count);
	for (; refusal != NULL && i < from; refusal = refusal->next)
		i++;
	for (; refusal != NULL && i < from + REFUSALS_ANSWER; refusal = refusal->next, i++)
		put_refusal(refusal, buffer);
}

void
catalog_refusals_free(struct catalog_refusals *refusals)
{
	while (refusals->first != NULL) {
		struct catalog_refusal *refusal = refusals->first;
		refusals->first = refusal->next;
		free(refusal);
	}
	catalog_refusals_close(refusals);
	*refusals = (struct catalog_refusals) { 0 };
}
