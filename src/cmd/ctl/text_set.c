/* ftgatectl text set and unset: change the text of a reply. */
#include "cmd/ctl/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/text/translate.h"
#include "cmd/msg/row.h"

/* Opens and locks the texts of a language whose source is well-formed. */
static int
begin(struct text_work *work, struct request *request)
{
	int status = text_open(work, request, true);
	if (status == EX_OK)
		status = text_use(work, request->words[0]);
	if (status == EX_OK && work->faulty)
		status = ctl_fail(TEXT_REFUSED,
		    _("nothing is changed: first correct the file, by ftgatectl text edit %s"), work->language);
	return status;
}

/* Replaces \n by a line break and \\ by a backslash; a shell makes it hard to write a line break. */
static void
unescape(char *text)
{
	char *to = text;
	for (const char *from = text; *from != '\0'; from++) {
		bool escape = from[0] == '\\' && (from[1] == 'n' || from[1] == '\\');
		from += escape;
		*to++ = escape && *from == 'n' ? '\n' : *from;
	}
	*to = '\0';
}

/* A reply with a number needs a text for each form of the language. */
static int
check_forms(const struct text_work *work, enum ftg_id id, unsigned given)
{
	const struct ftg_row *row = ftg_row(id);
	unsigned wanted = row->text[1] != NULL ? text_forms(work) : 1;
	if (given == wanted)
		return EX_OK;
	if (row->text[1] == NULL)
		return ctl_fail(EX_USAGE, _("%s has one text; given: %u. Put it in quotes"), row->id, given);
	char rule[512];
	text_plural_forms(work, rule, sizeof rule);
	return ctl_fail(EX_USAGE,
	    translate_count("%s needs %u text in this language, one for each plural form (%s); given: %u",
	        "%s needs %u texts in this language, one for each plural form (%s); given: %u", wanted),
	    row->id, wanted, rule, given);
}

/* The source in use; a new one has a header. */
static int
fill_header(struct text_work *work)
{
	char rule[512];
	if (work->len > 0)
		return EX_OK;
	text_plural_forms(work, rule, sizeof rule);
	size_t len;
	char *octets = po_file_new(work->language, rule, &len);
	if (octets == NULL)
		return ctl_fail(EX_OSERR, "%s", strerror(errno));
	po_file_free(&work->po);
	free(work->octets);
	work->octets = octets;
	if (po_file_parse(&work->po, octets, len) < 0)
		return ctl_fail(EX_OSERR, "%s", strerror(errno));
	return EX_OK;
}

/* Replaces *octets by the file with the words of one reply changed. */
static int
set_one(char **octets, size_t *len, const char *context, const char *const *form, unsigned forms)
{
	const struct ftg_row *row = ftg_row(texts_id(&(struct po_item) { .context = context }));
	const struct po_words words = { context, row->text[0], row->text[1], form, forms };
	struct po_file po;
	char *changed = po_file_parse(&po, *octets, *len) == 0 ? po_file_set(&po, &words, len) : NULL;
	int status = changed != NULL ? EX_OK : ctl_fail(EX_OSERR, "%s", strerror(errno));
	po_file_free(&po);
	if (changed != NULL) {
		free(*octets);
		*octets = changed;
	}
	return status;
}

/* Says that a command is about another reply, too. */
static void
note_alike(enum ftg_id id, enum ftg_id other)
{
	if (id != other)
		/* TRANSLATORS: two references, and an ID. */
		printf(_("%s and %s (%s) must read alike: both are changed\n"), ftg_row(id)->ref, ftg_row(other)->ref,
		    ftg_row(other)->id);
}

static int
set(struct text_work *work, enum ftg_id id, const char *const *form, unsigned forms)
{
	int status = fill_header(work);
	if (status != EX_OK)
		return status;
	size_t len = strlen(work->octets);
	char *octets = strdup(work->octets);
	if (octets == NULL)
		return ctl_fail(EX_OSERR, "%s", strerror(errno));
	enum ftg_id other;
	char context[TEXT_CONTEXT_SIZE], about[TEXT_CONTEXT_SIZE];
	for (size_t i = 0; status == EX_OK && (other = row_alike(id, i)) != FTG_IDS; i++) {
		note_alike(id, other);
		text_context(context, other, work->request->users);
		status = set_one(&octets, &len, context, form, forms);
	}
	text_context(about, id, work->request->users);
	work->about = about;
	work->typed = true;
	if (status == EX_OK)
		status = text_commit(work, work->texts->ops->name(work->texts, work->language), octets, len);
	work->about = NULL;
	free(octets);
	return status;
}

int
text_set(struct request *request)
{
	struct text_work work;
	enum ftg_id id = text_find_id(request->words[1]);
	unsigned forms = (unsigned)request->count - 2;
	if (id == FTG_IDS)
		return EX_DATAERR;
	int status = begin(&work, request);
	if (status == EX_OK)
		status = check_forms(&work, id, forms);
	for (unsigned i = 0; status == EX_OK && i < forms; i++)
		if (*request->words[2 + i] == '\0')
			status = ctl_fail(TEXT_REFUSED,
			    _("a text is empty; to use the shipped words again: ftgatectl text unset %s %s"),
			    work.language, ftg_row(id)->id);
	if (status == EX_OK) {
		char **form = request->words + 2;
		for (unsigned i = 0; i < forms; i++)
			unescape(form[i]);
		status = set(&work, id, (const char *const *)form, forms);
	}
	text_close(&work);
	return status;
}

/*
 * Removes all entries of a reply from *octets, which is replaced. Returns how many there were, or -1 if memory is
 * exhausted.
 */
static int
unset_one(const struct text_work *work, char **octets, size_t *len, enum ftg_id id)
{
	struct po_file po;
	char context[TEXT_CONTEXT_SIZE];
	text_context(context, id, work->request->users);
	for (int removed = 0;; removed++) {
		const struct po_item *item = po_file_parse(&po, *octets, *len) < 0 ? NULL
		                                                                   : po_file_find(&po, context, NULL);
		char *without = item != NULL ? po_file_unset(&po, item, len) : NULL;
		po_file_free(&po);
		if (without == NULL)
			return item == NULL ? removed : -1;
		free(*octets);
		*octets = without;
	}
}

static int
unset(const struct text_work *work, const char *word, char **octets, size_t *len)
{
	enum ftg_id id = text_find_id(word), other;
	int removed = id != FTG_IDS ? unset_one(work, octets, len, id) : 0;
	if (id == FTG_IDS)
		return EX_DATAERR;
	if (removed == 0) {
		char context[TEXT_CONTEXT_SIZE];
		text_context(context, id, work->request->users);
		return ctl_fail(EX_DATAERR, _("%s has no own text in this language; those are: ftgatectl text list %s"),
		    context, work->language);
	}
	for (size_t i = 0; removed >= 0 && (other = row_alike(id, i)) != FTG_IDS; i++) {
		note_alike(id, other);
		removed = unset_one(work, octets, len, other);
	}
	return removed < 0 ? ctl_fail(EX_OSERR, "%s", strerror(errno)) : EX_OK;
}

int
text_unset(struct request *request)
{
	struct text_work work;
	char *octets = NULL;
	int status = begin(&work, request);
	size_t len = work.len;
	if (status == EX_OK && (octets = strdup(work.octets)) == NULL)
		status = ctl_fail(EX_OSERR, "%s", strerror(errno));
	for (size_t i = 1; status == EX_OK && i < request->count; i++)
		status = unset(&work, request->words[i], &octets, &len);
	if (status == EX_OK)
		status = text_commit(&work, work.texts->ops->name(work.texts, work.language), octets, len);
	free(octets);
	text_close(&work);
	return status;
}
