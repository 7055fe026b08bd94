/* ftgatectl text list, show, diff and stale: print the own texts. */
#include "cmd/ctl/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/text/printable.h"
#include "base/text/shell_word.h"
#include "base/text/translate.h"
#include "catalog/mo.h"
#include "cmd/output/charset.h"

enum state { STATE_LIVE, STATE_STALE, STATE_REFUSED, STATE_FUZZY, STATE_EMPTY, STATE_NOT_COMPILED };

/* For programs, too: never translated. */
static const char *const state_names[] = {
	[STATE_LIVE] = "live",
	[STATE_STALE] = "stale",
	[STATE_REFUSED] = "refused",
	[STATE_FUZZY] = "fuzzy",
	[STATE_EMPTY] = "empty",
	[STATE_NOT_COMPILED] = "not-compiled",
};

static void
note_rule(void *context, const struct texts_problem *problem)
{
	enum state *state = context;
	*state = problem->rule == FTG_RULE_STALE ? STATE_STALE : STATE_REFUSED;
}

/* Whether the entry is in the compiled form that servers read. */
static bool
is_compiled(const struct po_file *po, const struct po_item *item, char *octets, size_t len)
{
	struct mo mo, own;
	const char *why;
	size_t own_len;
	char *alone = po_file_compile(po, item, &own_len);
	bool found = false;
	if (alone != NULL && octets != NULL && mo_parse(&own, alone, own_len, &why) &&
	    mo_parse(&mo, octets, len, &why)) {
		struct mo_string key = mo_key(&own, own.entries - 1), text = mo_text(&own, own.entries - 1);
		for (uint32_t i = 0; i < mo.entries && !found; i++)
			found = mo_key(&mo, i).len == key.len &&
			    memcmp(mo_key(&mo, i).bytes, key.bytes, key.len) == 0 && mo_text(&mo, i).len == text.len &&
			    memcmp(mo_text(&mo, i).bytes, text.bytes, text.len) == 0;
	}
	free(alone);
	return found;
}

static enum state
find_state(struct text_work *work, const struct po_item *item)
{
	enum state state = STATE_LIVE;
	if (*item->text == '\0')
		return STATE_EMPTY;
	if (item->fuzzy)
		return STATE_FUZZY;
	(void)texts_check_item(&work->po, item, work->language, note_rule, &state);
	if (state != STATE_LIVE)
		return state;
	size_t len = 0;
	char *octets = work->texts->ops->read_compiled(work->texts, work->language, &len);
	if (!is_compiled(&work->po, item, octets, len))
		state = STATE_NOT_COMPILED;
	free(octets);
	return state;
}

/* Calls a function for each language, or for one. */
struct listing {
	struct text_work *work;
	struct table *table; /* for programs; NULL: people read it */
	void (*print)(struct listing *listing, const struct po_item *item, enum state state);
	size_t printed;
	int status;
};

static void
list_language(void *context, const char *language)
{
	struct listing *listing = context;
	struct text_work *work = listing->work;
	int status = text_use(work, language);
	for (size_t i = 0; status == EX_OK && i < work->po.count; i++)
		if (!po_item_is_header(&work->po.item[i]))
			listing->print(listing, &work->po.item[i], find_state(work, &work->po.item[i]));
	if (status == EX_OK && work->faulty)
		status = TEXT_REFUSED;
	listing->status = listing->status == EX_OK ? status : listing->status;
	text_leave(work);
}

static int
list_all(struct listing *listing, const struct request *request)
{
	struct texts *texts = listing->work->texts;
	if (request->count > 0)
		list_language(listing, request->words[0]);
	else if (texts->ops->each_language(texts, list_language, listing) < 0)
		return text_fail(listing->work->request, EX_NOINPUT, listing->work->overlay);
	return listing->status;
}

static const struct column list_columns[] = {
	{ .name = "language" },
	{ .name = "ref" },
	{ .name = "id" },
	{ .name = "state" },
	{ .name = "line", .type = CELL_NUMBER },
	{ .name = "text", .type = CELL_TEXTS },
};

static void
print_entry(struct listing *listing, const struct po_item *item, enum state state)
{
	enum ftg_id id = texts_id(item);
	const char *context = item->context != NULL ? item->context : "", *ref = id == FTG_IDS ? "-" : ftg_row(id)->ref;
	struct table *table = listing->table;
	if (table == NULL) {
		printable_print(
		    stdout, "%-6s %-7s %-12s %s\n", listing->work->language, ref, state_names[state], context);
		text_print_forms("", item->text, item->text_len);
		return;
	}
	table_text(table, listing->work->language);
	table_text(table, ref);
	table_text(table, context);
	table_text(table, state_names[state]);
	table_number(table, item->line);
	table_texts(table, item->text, item->text_len);
}

/* Begins the table of a listing, if programs read it. Returns an exit status, after it has printed its error. */
static int
begin(struct listing *listing, const struct column *columns, size_t count)
{
	const struct request *request = listing->work->request;
	if (request->format == OUTPUT_TABLE)
		return EX_OK;
	listing->table = ctl_table(request, columns, count, false);
	return listing->table == NULL ? ctl_fail_memory() : EX_OK;
}

struct counting {
	struct text_work *work;
	size_t count;
};

static void
count_texts(void *context, const char *language)
{
	struct counting *counting = context;
	struct text_work *work = counting->work;
	if (text_use(work, language) != EX_OK)
		return;
	for (size_t i = 0; i < work->po.count; i++)
		counting->count += po_item_is_compiled(&work->po.item[i]) && !po_item_is_header(&work->po.item[i]);
	counting->count += work->faulty;
	text_leave(work);
}

bool
text_domain_has_any(const struct request *request, const char *domain)
{
	struct request of_domain = *request;
	struct text_work work;
	struct counting counting = { .work = &work };
	of_domain.domain = domain;
	if (text_open(&work, &of_domain, false) == EX_OK)
		(void)work.texts->ops->each_language(work.texts, count_texts, &counting);
	text_close(&work);
	return counting.count > 0;
}

enum { DOMAINS_SHOWN = 20 };

/* The domains of a list that have own texts. */
struct domains {
	const struct request *request;
	size_t count;
};

static void
print_domain(void *context, const char *domain)
{
	struct domains *domains = context;
	if (text_domain_has_any(domains->request, domain) && domains->count++ < DOMAINS_SHOWN)
		printable_print(stdout, _("%s has own texts, too: ftgatectl text --domain %s list\n"), domain, domain);
}

/* Names the domains that have own texts. */
static void
print_domains(const struct request *request, struct texts *texts)
{
	struct domains domains = { .request = request };
	if (texts->ops->each_domain(texts, print_domain, &domains) == 0 && domains.count > DOMAINS_SHOWN)
		printf(_("and %zu more\n"), domains.count - DOMAINS_SHOWN);
}

int
text_list(struct request *request)
{
	struct text_work work;
	struct listing listing = { .work = &work, .print = print_entry };
	int status = text_open(&work, request, false);
	if (status == EX_OK)
		status = begin(&listing, list_columns, sizeof list_columns / sizeof *list_columns);
	if (status == EX_OK)
		status = ctl_close_table(listing.table, list_all(&listing, request));
	if ((status == EX_OK || status == TEXT_REFUSED) && request->format == OUTPUT_TABLE && request->domain == NULL)
		print_domains(request, work.texts);
	if (status == EX_OK || status == TEXT_REFUSED)
		text_print_strays(work.texts);
	text_close(&work);
	return status;
}

/* Counts the texts of a language that were edited without being compiled. */
struct edited {
	const struct request *request;
	struct text_work *work;
	const char *domain; /* NULL: those of the server */
	text_edited_fn *call;
	void *context;
};

static void
count_edited(void *context, const char *language)
{
	const struct edited *edited = context;
	struct text_work *work = edited->work;
	size_t count = 0, len = 0;
	if (text_use(work, language) != EX_OK)
		return;
	char *compiled = work->texts->ops->read_compiled(work->texts, work->language, &len);
	for (size_t i = 0; compiled != NULL && i < work->po.count; i++)
		count += texts_id(&work->po.item[i]) != FTG_IDS && po_item_is_compiled(&work->po.item[i]) &&
		    !is_compiled(&work->po, &work->po.item[i], compiled, len);
	free(compiled);
	if (count > 0)
		edited->call(
		    edited->context, edited->domain, work->texts->ops->name(work->texts, work->language), count);
	text_leave(work);
}

static void
visit_edited(struct edited *edited, struct request *request)
{
	struct text_work work;
	edited->work = &work;
	edited->domain = request->domain;
	if (text_open(&work, request, false) == EX_OK)
		(void)work.texts->ops->each_language(work.texts, count_edited, edited);
	edited->work = NULL;
	text_close(&work);
}

static void
visit_domain(void *context, const char *domain)
{
	struct edited *edited = context;
	struct request request = *edited->request;
	request.domain = domain;
	request.database = NULL;
	visit_edited(edited, &request);
}

void
text_each_edited(const struct request *request, text_edited_fn *call, void *context)
{
	struct request server = *request;
	struct text_work work;
	struct edited edited = { .request = request, .call = call, .context = context };
	server.domain = NULL;
	server.database = NULL; /* the command is about the files of the folder */
	visit_edited(&edited, &server);
	if (text_open(&work, &server, false) == EX_OK)
		(void)work.texts->ops->each_domain(work.texts, visit_domain, &edited);
	text_close(&work);
}

static void
print_edited(void *context, const char *domain, const char *file, size_t count)
{
	unsigned *languages = context;
	char word[TEXT_PATH];
	shell_word(word, sizeof word, file);
	*languages += 1;
	/* TRANSLATORS: a file, a number of texts, two words of the command or none, and the file again. */
	printable_print(stderr,
	    _("%s: warning: texts that were edited are not compiled: %zu; use them by: ftgatectl%s%s text apply %s\n"),
	    file, count, domain != NULL ? " --domain " : "", domain != NULL ? domain : "", word);
}

unsigned
text_warn_edited(const struct request *request)
{
	unsigned languages = 0;
	text_each_edited(request, print_edited, &languages);
	return languages;
}

static const struct column stale_columns[] = {
	{ .name = "language" },
	{ .name = "ref" },
	{ .name = "id" },
	{ .name = "was", .type = CELL_TEXTS },
	{ .name = "is", .type = CELL_TEXTS },
	{ .name = "own", .type = CELL_TEXTS },
};

static void
add_stale(struct listing *listing, const struct ftg_row *row, const struct po_item *item)
{
	struct table *table = listing->table;
	table_text(table, listing->work->language);
	table_text(table, row->ref);
	table_text(table, item->context);
	text_put_english(table, item->id, item->plural);
	text_put_english(table, row->text[0], row->text[1]);
	table_texts(table, item->text, item->text_len);
}

/* Prints what has become of the English of a text: the entry has the old one, the table the new one. */
static void
print_stale(struct listing *listing, const struct po_item *item, enum state state)
{
	enum ftg_id id = texts_id(item);
	if (state != STATE_STALE || id == FTG_IDS)
		return;
	const struct ftg_row *row = ftg_row(id);
	listing->printed++;
	if (listing->table != NULL) {
		add_stale(listing, row, item);
		return;
	}
	printf("%s ", listing->work->language);
	text_print_name(item);
	text_print_forms(_("was"), item->id, strlen(item->id));
	if (item->plural != NULL)
		text_print_forms("", item->plural, strlen(item->plural));
	text_print_forms(_("is"), row->text[0], strlen(row->text[0]));
	if (row->text[1] != NULL)
		text_print_forms("", row->text[1], strlen(row->text[1]));
	text_print_forms(_("own"), item->text, item->text_len);
}

int
text_stale(struct request *request)
{
	struct text_work work;
	struct listing listing = { .work = &work, .print = print_stale };
	int status = text_open(&work, request, false);
	if (status == EX_OK)
		status = begin(&listing, stale_columns, sizeof stale_columns / sizeof *stale_columns);
	if (status == EX_OK)
		status = ctl_close_table(listing.table, list_all(&listing, request));
	bool any = status == EX_OK && listing.printed > 0;
	if (any && request->format == OUTPUT_TABLE)
		puts(_(
		    "The English of these texts has changed, so they are not used. To use one again: ftgatectl text set"));
	text_close(&work);
	return any ? TEXT_REFUSED : status;
}

/* The reply as it goes out, and where its words come from. */
static int
show_reply(struct text_work *work, enum ftg_id id)
{
	const struct ftg_row *row = ftg_row(id);
	char context[TEXT_CONTEXT_SIZE];
	text_context(context, id, work->request->users);
	const struct po_item *item = po_file_find(&work->po, context, row->text[0]);
	if (item == NULL)
		item = po_file_find(&work->po, context, NULL);
	const struct po_item none = { .context = context, .id = row->text[0], .text = "" };
	if (work->request->format != OUTPUT_TABLE)
		return text_print_reply_data(work, id, item);
	text_print_forms("en", row->text[0], strlen(row->text[0]));
	if (row->text[1] != NULL)
		text_print_forms("", row->text[1], strlen(row->text[1]));
	if (item != NULL)
		text_print_forms(_("own"), item->text, item->text_len);
	const struct po_item *const shown[] = { item != NULL ? item : &none };
	return text_print_replies(work, &(struct text_replies) { shown, 1 });
}

/* The file as it is; at a terminal, which its octets must not control, so that they are harmless. */
static void
print_file(const struct text_work *work)
{
	if (!isatty(STDOUT_FILENO)) {
		charset_write_data();
		fwrite(work->octets, 1, work->len, stdout);
		return;
	}
	for (const char *line = work->octets; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
		printable_write(stdout, line, strcspn(line, "\n"));
		putchar('\n');
	}
}

int
text_show(struct request *request)
{
	struct text_work work;
	enum ftg_id id = request->count == 2 ? text_find_id(request->words[1]) : FTG_IDS;
	if (request->count == 2 && id == FTG_IDS)
		return EX_DATAERR;
	int status = text_open(&work, request, false);
	if (status == EX_OK)
		status = text_use(&work, request->words[0]);
	if (status == EX_OK && request->count == 2)
		status = show_reply(&work, id);
	else if (status == EX_OK)
		print_file(&work);
	text_close(&work);
	return status;
}

static const struct column diff_columns[] = {
	{ .name = "ref" },
	{ .name = "id" },
	{ .name = "old", .type = CELL_TEXTS },
	{ .name = "new", .type = CELL_TEXTS },
};

static void
add_difference(struct table *table, const struct po_item *old, const struct po_item *new)
{
	const struct po_item *item = new != NULL ? new : old;
	enum ftg_id id = texts_id(item);
	table_text(table, id == FTG_IDS ? "-" : ftg_row(id)->ref);
	table_text(table, item->context != NULL ? item->context : "");
	table_texts(table, old != NULL ? old->text : NULL, old != NULL ? old->text_len : 0);
	table_texts(table, new != NULL ? new->text : NULL, new != NULL ? new->text_len : 0);
}

static void
print_difference(void *context, const struct po_item *old, const struct po_item *new)
{
	struct listing *listing = context;
	if (listing->table != NULL) {
		add_difference(listing->table, old, new);
		return;
	}
	text_print_name(new != NULL ? new : old);
	if (old != NULL && po_item_is_compiled(old))
		text_print_forms("-", old->text, old->text_len);
	if (new != NULL)
		text_print_forms("+", new->text, new->text_len);
}

/* Compares with a version. */
static int
compare_version(struct text_work *work, const char *word)
{
	struct po_file po;
	size_t len = 0;
	int status;
	char *octets = text_read_version(work, word, &len, &status);
	if (octets == NULL)
		return status;
	struct listing listing = { .work = work };
	status = begin(&listing, diff_columns, sizeof diff_columns / sizeof *diff_columns);
	if (po_file_parse(&po, octets, len) != 0)
		status = ctl_fail(EX_DATAERR, "%zu: %s", po.fault_line, _(po.fault));
	else if (status == EX_OK)
		text_compare(&po, &work->po, print_difference, &listing);
	status = ctl_close_table(listing.table, status);
	po_file_free(&po);
	free(octets);
	return status;
}

int
text_diff(struct request *request)
{
	struct text_work work;
	int status = text_open(&work, request, false);
	if (status == EX_OK)
		status = text_use(&work, request->words[0]);
	if (status == EX_OK)
		status = compare_version(&work, request->count == 2 ? request->words[1] : NULL);
	text_close(&work);
	return status;
}
