/* ftgate-msg stats: prints how many replies each language has. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uniwidth.h>

#include "base/system/program.h"
#include "catalog/mo.h"
#include "cmd/output/terminal.h"
#include "lint.h"
#include "spoken.h"

enum { FOLDERS_MAX = 16 };

struct request {
	const char *folders[FOLDERS_MAX];
	size_t folder_count;
	char **files;
	size_t count;
	bool markdown; /* the table of README.md */
	enum output_format format;
};

/* For programs: a language or a file, in what its replies are sent if it is compiled, and the counts. */
static const struct column fields[] = {
	{ .name = "name" },
	{ .name = "smtp" },
	{ .name = "pop3" },
	{ .name = "notices" },
	{ .name = "tools" },
	{ .name = "translated", .type = CELL_NUMBER },
	{ .name = "stale", .type = CELL_NUMBER },
	{ .name = "refused", .type = CELL_NUMBER },
	{ .name = "missing", .type = CELL_NUMBER },
	{ .name = "percent", .type = CELL_NUMBER },
};
static struct table *data; /* NULL: people read it */

/* A folder of compiled catalogues. */
struct locale {
	const char *path;
	ftg_catalog *catalog;
	bool markdown;
};

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case 'L':
		if (request->folder_count == FOLDERS_MAX)
			argp_error(state, _("more than %d folders"), FOLDERS_MAX);
		else
			request->folders[request->folder_count++] = arg;
		return 0;
	case 'f':
		if (strcmp(arg, "text") != 0 && strcmp(arg, "markdown") != 0 &&
		    !output_format_find(&request->format, arg))
			argp_error(state, _("there is no format '%s'; use text, markdown, json or csv"), arg);
		request->markdown = strcmp(arg, "markdown") == 0;
		return 0;
	case ARGP_KEY_ARGS:
		request->files = state->argv + state->next;
		request->count = (size_t)(state->argc - state->next);
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static unsigned
total(void)
{
	unsigned n = 0;

	for (enum ftg_id id = 0; id < FTG_IDS; id++)
		n += row_has_text(id);
	return n;
}

/* Prints a cell of so many characters, left-aligned if columns is negative; printf() would count octets. */
static void
print_name(const char *name, int columns)
{
	int width = u8_strwidth((const uint8_t *)name, "UTF-8");
	int gap = width < abs(columns) ? abs(columns) - width : 0;

	printf("%*s", columns > 0 ? gap : 0, "");
	printable_write(stdout, name, strlen(name));
	printf("%*s", columns < 0 ? gap : 0, "");
}

/* The columns of a compiled catalogue in front of the counts: what its language is sent in. */
static const char *const kinds[SPOKEN_KINDS + 1] = { "SMTP", "POP3", N_("notices"), N_("tools") };

static void
print_heading(bool compiled)
{
	const char *const names[] = { _("translated"), _("stale"), _("refused"), _("missing"), _("percent") };
	static const int widths[] = { 10, 10, 10, 10, 8 };

	terminal_begin(stdout, STYLE_HEADING);
	print_name(_("language"), compiled ? -12 : -20);
	for (size_t i = 0; i <= SPOKEN_KINDS && compiled; i++) {
		putchar(' ');
		print_name(_(kinds[i]), -12);
	}
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		putchar(' ');
		print_name(names[i], widths[i]);
	}
	terminal_end(stdout);
	putchar('\n');
}

static void
add_tally(const char *name, char (*cell)[SPOKEN_SIZE], const struct tally *tally)
{
	unsigned all = total(), known = tally->translated + tally->stale + tally->refused;

	table_text(data, name);
	for (size_t i = 0; i <= SPOKEN_KINDS; i++)
		table_text(data, cell ? cell[i] : NULL);
	table_number(data, tally->translated);
	table_number(data, tally->stale);
	table_number(data, tally->refused);
	table_number(data, known < all ? all - known : 0);
	table_number(data, tally->translated * 100 / all);
}

static void
print_tally(const struct tally *tally)
{
	unsigned all = total(), known = tally->translated + tally->stale + tally->refused;

	printf(" %10u %10u %10u %10u %7u%%\n", tally->translated, tally->stale, tally->refused,
	    known < all ? all - known : 0, tally->translated * 100 / all);
}

/* The result of checking a compiled catalogue. */
struct compiled {
	struct tally tally;
	bool whole; /* nothing of the file is used */
};

static void
count_refusal(void *context, const struct ftg_refusal *refusal)
{
	struct compiled *compiled = context;

	compiled->whole = compiled->whole || refusal->whole_file;
	if (refusal->id < FTG_IDS)
		*(refusal->rule == FTG_RULE_STALE ? &compiled->tally.stale : &compiled->tally.refused) += 1;
}

/* The number of replies for which a compiled catalogue has texts, used or not. */
static unsigned
count_texts(const char *path)
{
	struct mo mo;
	const char *why;
	unsigned n = 0;

	if (mo_read(&mo, path, &why) != 0)
		return 0;
	for (uint32_t i = 0; i < mo.entries; i++) {
		struct mo_string key = mo_key(&mo, i);
		char *id = strndup(key.bytes, strcspn(key.bytes, "\004"));

		n += id && ftg_id_find(id) != FTG_IDS && mo_text(&mo, i).len > 0;
		free(id);
	}
	n += mo.dependents;
	mo_free(&mo);
	return n;
}

static bool
count_compiled(struct tally *tally, const char *path, const char *language)
{
	struct compiled compiled = { 0 };
	unsigned texts;

	if (ftg_catalog_check_file(path, language, count_refusal, &compiled) < 0)
		return false;
	*tally = compiled.tally;
	texts = count_texts(path);
	if (compiled.whole)
		tally->refused = texts;
	else if (texts > tally->stale + tally->refused)
		tally->translated = texts - tally->stale - tally->refused;
	return true;
}

/* The words of the programs come from a catalogue of their own. */
static void
write_tools(char out[SPOKEN_SIZE], const char *folder, const char *name, const char *tag)
{
	char path[PATH_MAX];
	int len = snprintf(path, sizeof path, "%s/%s/LC_MESSAGES/" TOOLS_DOMAIN ".mo", folder, name);

	snprintf(out, SPOKEN_SIZE, "%s", len < (int)sizeof path && access(path, R_OK) == 0 ? tag : "en");
}

static void
print_row(const struct locale *locale, const char *name, const struct tally *tally)
{
	char cell[SPOKEN_KINDS + 1][SPOKEN_SIZE];
	ftg_lang language = ftg_catalog_find(locale->catalog, name);

	for (enum spoken_kind kind = 0; kind < SPOKEN_KINDS; kind++)
		spoken_write(cell[kind], locale->catalog, language, kind);
	write_tools(cell[SPOKEN_KINDS], locale->path, name, ftg_catalog_tag(locale->catalog, language));
	if (data) {
		add_tally(name, cell, tally);
		return;
	}
	if (locale->markdown)
		printf("| `%s` |", name);
	else
		print_name(name, -12);
	for (size_t i = 0; i <= SPOKEN_KINDS; i++)
		printf(locale->markdown ? " %s |" : " %-12s", cell[i]);
	if (locale->markdown)
		putchar('\n');
	else
		print_tally(tally);
}

/* Prints the language of a folder, if it has one. */
static bool
print_language(const struct locale *locale, const char *name)
{
	char path[PATH_MAX];
	struct tally tally = { 0 };
	int len = snprintf(path, sizeof path, "%s/%s/LC_MESSAGES/ftgate.mo", locale->path, name);

	if (len >= (int)sizeof path || !ftg_language_valid(name))
		return true;
	if (count_compiled(&tally, path, name))
		print_row(locale, name, &tally);
	else if (errno != ENOENT && errno != ENOTDIR) { /* such as the file locale.alias */
		complain_errno(path);
		return false;
	}
	return true;
}

static bool
print_names(const struct locale *locale)
{
	struct dirent **names;
	int n = scandir(locale->path, &names, NULL, alphasort);
	bool fine = n >= 0;

	if (n < 0)
		complain_errno(locale->path);
	for (int i = 0; i < n; i++) {
		fine = print_language(locale, names[i]->d_name) && fine;
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	return fine;
}

static bool
print_folder(const char *folder, bool markdown)
{
	const struct ftg_sources sources = { .locale = folder };
	struct locale locale = { folder, ftg_catalog_open(&sources, NULL, NULL), markdown };
	bool fine;

	if (!locale.catalog) {
		complain_errno(folder);
		return false;
	}
	if (!markdown && !data)
		print_heading(true);
	fine = print_names(&locale);
	ftg_catalog_free(locale.catalog);
	return fine;
}

static bool
print_file(const char *path)
{
	static const struct lint_options options = { .quiet = true };
	struct tally tally = { 0 };

	if (!lint_file(path, &options, &tally)) {
		complain_errno(path);
		return false;
	}
	if (!tally.done || !tally.read) {
		complain(_("%s: its entries cannot be read; 'ftgate-msg lint' says why"), path);
		return false;
	}
	if (data) {
		add_tally(path, NULL, &tally);
		return true;
	}
	print_name(path, -20);
	print_tally(&tally);
	return true;
}

static bool
print_all(const struct request *request)
{
	bool fine = true;

	if (request->format != OUTPUT_TABLE) {
		charset_write_data();
		data = table_open(&(struct table_options) {
		    .columns = fields, .count = sizeof fields / sizeof *fields, .format = request->format });
		fine = data != NULL;
	}
	if (request->count > 0 && !data)
		print_heading(false);
	for (size_t i = 0; i < request->count; i++)
		fine = print_file(request->files[i]) && fine;
	if (request->markdown)
		printf("| language | SMTP | POP3 | notices | tools |\n|---|---|---|---|---|\n");
	for (size_t i = 0; i < request->folder_count; i++)
		fine = print_folder(request->folders[i], request->markdown) && fine;
	return data ? table_close(data) && fine : fine;
}

int
msg_stats(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "locale", 'L', N_("DIR"), 0, N_("the compiled catalogues of a locale folder; can be repeated"), 0 },
		{ "format", 'f', N_("FORMAT"), 0,
		    N_("text (the default), json, csv, or markdown: the languages as a table"), 0 },
		{ 0 },
	};
	static const char doc[] = N_(
	    "Prints how many of the replies each language has: of .po files, or of the compiled "
	    "catalogues that the servers would load. For these it also says in which language clients of SMTP "
	    "and POP3, readers of notices (DSNs) and users of the programs read each: SMTP is ASCII, so that some "
	    "get Latin letters or English.\n\n"
	    "stale: the English text has changed since, or the entry is fuzzy; refused: the text breaks "
	    "a rule. Both, and what is missing, are sent in English.");
	static const struct argp argp = { options, parse, N_("[FILE.po...]"), doc, NULL, NULL, TOOLS_DOMAIN };
	struct request request = { 0 };
	char folder[PATH_MAX];

	options_parse(&argp, argc, argv, 0, &request);
	if (request.count == 0 && request.folder_count == 0) {
		program_locale_folder(folder);
		request.folders[request.folder_count++] = folder;
	}
	return print_all(&request) ? MSG_FINE : MSG_TROUBLE;
}
