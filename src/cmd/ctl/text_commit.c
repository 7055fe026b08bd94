/* A change of own texts: the check, the exchange, and the reload. */
#include "cmd/ctl/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/text/printable.h"
#include "base/text/translate.h"
#include "cmd/ctl/text_database.h"
#include "cmd/msg/row.h"
#include "port/texts_state.h"

enum { PROBLEMS_MAX = 1000 }; /* that are printed */

static bool
have_same_text(const struct po_item *a, const struct po_item *b)
{
	return a->fuzzy == b->fuzzy && a->text_len == b->text_len && memcmp(a->text, b->text, a->text_len) == 0;
}

bool
text_is_same(const struct po_file *other, const struct po_item *item)
{
	const struct po_item *found = po_file_find(other, item->context, item->id);
	return found != NULL && have_same_text(found, item);
}

struct verdict {
	struct text_work *work;
	const char *file;
	unsigned printed;
	unsigned errors; /* what is refused, and was not before */
};

/* Writes where a text is: a line of the file, or the command line. */
static void
print_place(const struct verdict *verdict, const struct texts_problem *problem, bool old)
{
	if (verdict->work->typed && problem->item != NULL && !old)
		fputs(_("command line"), stderr);
	else
		printable_print(stderr, "%s:%zu", verdict->file, problem->line);
}

/* A text that the servers refused before the change is reported, but does not prevent the change. */
static void
print_problem(void *context, const struct texts_problem *problem)
{
	struct verdict *verdict = context;
	bool old = problem->item != NULL && text_is_same(&verdict->work->po, problem->item);
	verdict->errors += !old;
	if (verdict->printed++ >= PROBLEMS_MAX)
		return;
	print_place(verdict, problem, old);
	printable_print(stderr, ": %s: %s: %s: %s. %s\n", old ? "warning" : "error",
	    problem->id == FTG_IDS      ? "-"
	        : problem->item == NULL ? ftg_row(problem->id)->id
	                                : problem->item->context,
	    ftg_rule_name(problem->rule), problem->detail, _(ftg_rule_cure(problem->rule)));
}

/* Whether a text, or that there is none, is as it was. */
static bool
is_as_before(const struct text_work *work, const char *context, const struct po_item *item)
{
	return item != NULL ? text_is_same(&work->po, item) : po_file_find(&work->po, context, NULL) == NULL;
}

/* Refuses a text that differs from the one of a reply that must read alike, for everyone and for users. */
static void
check_alike(struct verdict *verdict, const struct po_file *po, enum ftg_id id, bool users)
{
	char name[TEXT_CONTEXT_SIZE], first[TEXT_CONTEXT_SIZE];
	text_context(name, id, users);
	text_context(first, row_alike(id, 0), users);
	const struct po_item *one = po_file_find(po, name, NULL), *other = po_file_find(po, first, NULL);
	if (strcmp(name, first) == 0 || (one == NULL && other == NULL) ||
	    (one != NULL && other != NULL && have_same_text(one, other)))
		return;
	bool old = is_as_before(verdict->work, name, one) && is_as_before(verdict->work, first, other);
	verdict->errors += !old;
	printable_print(stderr, _("%s:%zu: %s: %s: alike: its text must be that of %s\n"), verdict->file,
	    one != NULL ? one->string_line : other->string_line, old ? "warning" : "error", name, first);
}

static int
check_parsed(struct text_work *work, const char *file, const struct po_file *po)
{
	struct verdict verdict = { work, file, 0, 0 };
	if (texts_check(po, work->language, print_problem, &verdict) < 0)
		return ctl_fail(EX_OSERR, "%s", strerror(errno));
	for (unsigned i = 0; i < 2 * FTG_IDS; i++)
		check_alike(&verdict, po, (enum ftg_id)(i / 2), i % 2 == 1);
	if (verdict.errors > 0)
		return ctl_fail(TEXT_REFUSED,
		    translate_count("nothing is changed: %u text is refused",
		        "nothing is changed: %u texts are refused", verdict.errors),
		    verdict.errors);
	for (size_t i = 0; i < po->count; i++) {
		const struct po_item *item = &po->item[i];
		if (item->fuzzy && !po_item_is_header(item) && *item->text != '\0' && !text_is_same(&work->po, item))
			printable_print(stderr, "%s:%zu: warning: %s: fuzzy: %s\n", file, item->line,
			    item->context != NULL ? item->context : "-", _("it is marked as fuzzy, and not used"));
	}
	return EX_OK;
}

/* Parses and checks. po_file_free() in any case. */
static int
parse(struct text_work *work, const char *file, const char *octets, size_t len, struct po_file *po)
{
	if (po_file_parse(po, octets, len) == 0)
		return check_parsed(work, file, po);
	if (errno == ENOMEM)
		return ctl_fail(EX_OSERR, "%s", strerror(errno));
	printable_print(stderr, "%s:%zu: error: -: syntax: %s\n", file, po->fault_line, _(po->fault));
	return ctl_fail(TEXT_REFUSED, "%s", _("nothing is changed: the file cannot be read"));
}

int
text_check(struct text_work *work, const char *file, const char *octets, size_t len)
{
	struct po_file po;
	int status = parse(work, file, octets, len, &po);
	po_file_free(&po);
	return status;
}

size_t
text_compare(const struct po_file *old, const struct po_file *new, text_difference_fn *call, void *context)
{
	size_t count = 0;
	for (size_t i = 0; i < old->count; i++) {
		const struct po_item *item = &old->item[i], *other = po_file_find(new, item->context, item->id);
		bool used = po_item_is_compiled(item) && !po_item_is_header(item);
		if (!used || (other != NULL && po_item_is_compiled(other)))
			continue;
		count++;
		call(context, item, NULL);
	}
	for (size_t i = 0; i < new->count; i++) {
		const struct po_item *item = &new->item[i], *other = po_file_find(old, item->context, item->id);
		bool used = po_item_is_compiled(item) && !po_item_is_header(item);
		if (!used || (other != NULL && have_same_text(item, other)))
			continue;
		count++;
		call(context, other, item);
	}
	return count;
}

/* The entries that a change is about. */
struct changed {
	const struct po_item **item;
	size_t count;
};

static void
note_change(void *context, const struct po_item *old, const struct po_item *new)
{
	struct changed *changed = context;
	changed->item[changed->count++] = new != NULL ? new : old;
}

/* Whether the compiled form in use is that of the source in use. */
static bool
is_in_place(const struct text_work *work, const char *source, size_t len, const char *compiled, size_t compiled_len)
{
	size_t have = 0;
	char *octets = work->texts->ops->read_compiled(work->texts, work->language, &have);
	bool same = len == work->len && memcmp(source, work->octets, len) == 0 && octets != NULL &&
	    have == compiled_len && memcmp(octets, compiled, have) == 0;
	free(octets);
	return same;
}

static int
store(struct text_work *work, const struct texts_change *change)
{
	if (is_in_place(work, change->source, change->source_len, change->compiled, change->compiled_len))
		return work->request->database != NULL ? text_print_generation(work->request) : EX_OK;
	/* A change of the folder alone ends its tie to a generation of the database. */
	bool known = work->request->database != NULL || texts_state_remove(work->overlay) == 0;
	if (known && work->texts->ops->replace(work->texts, work->language, change) == 0)
		return EX_OK;
	int error = errno;
	if (work->request->database != NULL)
		return text_database_fail_write(work->request, error);
	const char *name = work->texts->ops->name(work->texts, work->language);
	if (error == EACCES || error == EPERM)
		return ctl_fail(EX_NOPERM, _("%s: %s; its folder must belong to the owner of %s"), name,
		    strerror(error), work->request->data);
	return ctl_fail(EX_IOERR, "%s: %s", name, strerror(error));
}

static int
replace(struct text_work *work, const struct po_file *po)
{
	struct texts_change change = { .source = po->octets, .source_len = po->len };
	char *compiled = po_file_compile(po, NULL, &change.compiled_len);
	change.compiled = compiled;
	int status = compiled == NULL ? ctl_fail(EX_OSERR, "%s", strerror(errno)) : store(work, &change);
	free(compiled);
	return status;
}

static int
commit(struct text_work *work, const struct po_file *po)
{
	struct changed changed = { calloc(work->po.count + po->count + 1, sizeof(const struct po_item *)), 0 };
	if (changed.item == NULL)
		return ctl_fail(EX_OSERR, "%s", strerror(errno));
	text_compare(&work->po, po, note_change, &changed);
	const struct po_item *about = work->about != NULL ? po_file_find(po, work->about, NULL) : NULL;
	if (changed.count == 0 && about != NULL)
		changed.item[changed.count++] = about;
	for (size_t i = 0; i < changed.count; i++)
		if (changed.item[i] >= po->item && changed.item[i] < po->item + po->count)
			text_print_remarks(work, po, changed.item[i]);
	int status = replace(work, po);
	if (status == EX_OK)
		status = text_publish(work);
	if (status == EX_OK) {
		(void)text_note_english(work->request, work->language);
		int shown = text_print_replies(work, &(struct text_replies) { changed.item, changed.count });
		status = work->request->database != NULL ? EX_OK : shown; /* the generation is stored */
	}
	free(changed.item);
	return status;
}

int
text_commit(struct text_work *work, const char *file, const char *octets, size_t len)
{
	struct po_file po;
	int status = parse(work, file, octets, len, &po);
	if (status == EX_OK)
		status = commit(work, &po);
	po_file_free(&po);
	return status;
}
