/* After a change of own texts: the reload of the servers, and the replies as clients get them. */
#include "cmd/ctl/text.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "base/system/data.h"
#include "base/system/program.h"
#include "base/text/printable.h"
#include "base/text/shell_word.h"
#include "base/text/translate.h"
#include "cmd/ctl/folder.h"
#include "cmd/ctl/text_copy.h"
#include "cmd/ctl/text_database.h"
#include "cmd/msg/row.h"
#include "texts/folder.h"

enum { REPLIES_MAX = 20, SAMPLE_COUNT = 3, VALUE_SIZE = 256 };

/*
 * Has one server load the texts. Refusals of other texts have been there before,
 * and are no failure of this change. Few data folders have the map server.
 */
static int
reload(const struct request *request)
{
	static char answer[CTL_ANSWER_MAX];
	bool is_map = strcmp(request->server, "mapd") == 0;
	if (!ctl_runs(request) && is_map != ctl_has_maps_alone(request->data))
		return EX_OK;
	printf("ftgate-%s: ", request->server);
	if (!ctl_runs(request)) {
		puts(_("does not run; it loads the texts when it starts"));
		return EX_OK;
	}
	fflush(stdout);
	int status = ctl_reload_server(request);
	if (status != TEXT_REFUSED)
		return status;
	status = ctl_ask(request, "status\n", answer);
	return status == EX_OK && ctl_number(answer, "workers-kept") > 0 ? TEXT_REFUSED : status;
}

int
text_publish(const struct text_work *work)
{
	int status = EX_OK;
	if (work->request->database != NULL)
		return EX_OK;
	for (size_t i = 0; i < CTL_SERVERS; i++) {
		struct request request = *work->request;
		request.server = ctl_servers[i];
		int one = reload(&request);
		status = status == EX_OK ? one : status;
	}
	return status;
}

/* How replies are rendered: as the server does that runs, else with the variables as they stand in the text. */
struct sample {
	ftg_catalog *catalog;
	struct ftg_voice voice;
	struct ftg_vars vars;
	char host[VALUE_SIZE], contact[VALUE_SIZE], help[VALUE_SIZE], time[sizeof "2026-01-31T12:00:00Z"];
	char banner[VALUE_SIZE + 8], timestamp[VALUE_SIZE + 32];
	enum ftg_profile profile;
};

static void
copy_value(char to[VALUE_SIZE], const char *answer, const char *name)
{
	int len;
	const char *value = ctl_value(answer, name, &len);
	snprintf(to, VALUE_SIZE, "%.*s", len, value);
}

/* Asks a running server for the values of variables. */
static void
ask_values(const struct text_work *work, struct sample *sample)
{
	static char answer[CTL_ANSWER_MAX];
	snprintf(sample->host, VALUE_SIZE, "${host}");
	snprintf(sample->contact, VALUE_SIZE, "${contact}");
	snprintf(sample->help, VALUE_SIZE, "${help}");
	for (size_t i = 0; i < CTL_SERVERS; i++) {
		struct request request = *work->request;
		int len;
		request.server = ctl_servers[i];
		if (!ctl_runs(&request) || ctl_ask(&request, "status\n", answer) != EX_OK)
			continue;
		copy_value(sample->host, answer, "host");
		copy_value(sample->contact, answer, "contact");
		copy_value(sample->help, answer, "help-url");
		const char *profile = ctl_value(answer, "profile", &len);
		sample->profile = strncmp(profile, "strict", (size_t)len) == 0 ? FTG_STRICT : FTG_PUBLISHED;
		return;
	}
}

static int
open_sample(const struct text_work *work, struct sample *sample)
{
	char copy[TEXT_PATH] = "";
	const char *const preferences[] = { work->language, NULL };
	struct tm tm;
	time_t now = time(NULL);
	*sample = (struct sample) { 0 };
	ask_values(work, sample);
	if (gmtime_r(&now, &tm) != NULL)
		strftime(sample->time, sizeof sample->time, "%Y-%m-%dT%H:%M:%SZ", &tm);
	int status = work->request->database != NULL ? text_copy_make(work, copy) : EX_OK;
	const struct ftg_sources sources = {
		.locale = work->locale,
		.overlay = *copy != '\0' ? copy : work->overlay,
		.preferences = preferences,
		.profile = sample->profile,
	};
	if (status == EX_OK)
		sample->catalog = ftg_catalog_open(&sources, NULL, NULL);
	int error = errno;
	text_copy_remove(copy);
	if (sample->catalog == NULL)
		return status != EX_OK ? status : ctl_fail(EX_OSERR, "%s: %s", work->overlay, strerror(error));
	sample->vars = (struct ftg_vars) { {
	    [FTG_VAR_HOST] = sample->host,
	    [FTG_VAR_CLIENT] = "192.0.2.25",
	    [FTG_VAR_SESSION] = "6pq2k7",
	    [FTG_VAR_TIME] = sample->time,
	    [FTG_VAR_CONTACT] = sample->contact,
	    [FTG_VAR_HELP] = sample->help,
	} };
	ftg_lang language = ftg_catalog_find(sample->catalog, work->language);
	sample->voice = (struct ftg_voice) {
		.catalog = sample->catalog,
		.language = language < 0 ? FTG_ENGLISH : language,
		.vars = &sample->vars,
		.domain = ftg_catalog_domain(sample->catalog, work->domain),
		.audience = work->request->users ? FTG_USERS : FTG_EVERYONE,
	};
	return EX_OK;
}

/* Prints a reply, each line of it after a label. */
static void
print_lines(const char *label, const char *text, size_t len)
{
	while (len > 0) {
		const char *stop = memchr(text, '\n', len);
		size_t line = stop != NULL ? (size_t)(stop - text) + 1 : len, shown = line;
		while (shown > 0 && strchr("\r\n", text[shown - 1]) != NULL)
			shown--;
		printf("  %-6s ", label);
		printable_write(stdout, text, shown);
		putchar('\n');
		text += line;
		len -= line;
		label = "";
	}
}

/* Arguments that a server makes of its own name have the name of this one. */
static struct ftg_reply
sample_reply(struct sample *sample, enum ftg_id id)
{
	const struct ftg_row *row = ftg_row(id);
	struct ftg_reply reply = row_sample(id, SAMPLE_COUNT);
	snprintf(sample->banner, sizeof sample->banner, "%s%s", sample->host, row->service == FTG_POP3 ? "" : " ESMTP");
	snprintf(sample->timestamp, sizeof sample->timestamp, "<1896.697170952@%s>", sample->host);
	for (size_t i = 0; i < row_arity(row); i++) {
		const char *own = row->args[i] == FTG_ARG_BANNER ? sample->banner
		    : row->args[i] == FTG_ARG_TIMESTAMP          ? sample->timestamp
		                                                 : NULL;
		if (own != NULL)
			reply.arg[i] = (struct ftg_arg) { own, strlen(own), reply.arg[i].number };
	}
	return reply;
}

static void
print_reply(struct sample *sample, enum ftg_id id)
{
	static const char *const labels[] = { [FTG_ASCII] = "ASCII", [FTG_UTF8] = "UTF-8" };
	char line[FTG_REPLY_MAX];
	const struct ftg_reply reply = sample_reply(sample, id);
	for (unsigned encoding = 0; encoding < FTG_ENCODINGS; encoding++) {
		if (encoding == FTG_ASCII && ftg_row(id)->service == FTG_DSN)
			continue; /* part of a message, never of a line in ASCII */
		sample->voice.encoding = (enum ftg_encoding)encoding;
		print_lines(labels[encoding], line, ftg_render(line, &sample->voice, &reply));
	}
}

void
text_print_name(const struct po_item *item)
{
	enum ftg_id id = texts_id(item);
	printable_print(
	    stdout, "%s %s\n", id == FTG_IDS ? "-" : ftg_row(id)->ref, item->context != NULL ? item->context : "-");
}

void
text_print_forms(const char *label, const char *text, size_t len)
{
	for (const char *end = text + len; text <= end; text += strlen(text) + 1) {
		printf("  %-6s ", label);
		for (const char *part = text;; part += strcspn(part, "\n") + 1) {
			printable_write(stdout, part, strcspn(part, "\n"));
			if (part[strcspn(part, "\n")] == '\0')
				break;
			fputs("\\n", stdout);
		}
		putchar('\n');
	}
}

void
text_put_english(struct table *table, const char *singular, const char *plural)
{
	size_t first = strlen(singular) + 1, len = first + (plural != NULL ? strlen(plural) : 0);
	char *both = plural != NULL ? malloc(len + 1) : NULL;
	if (both == NULL) {
		table_texts(table, singular, first - 1);
		return;
	}
	memcpy(both, singular, first);
	memcpy(both + first, plural, len + 1 - first);
	table_texts(table, both, len);
	free(both);
}

static const struct column reply_columns[] = {
	{ .name = "language" },
	{ .name = "ref" },
	{ .name = "id" },
	{ .name = "english", .type = CELL_TEXTS },
	{ .name = "own", .type = CELL_TEXTS },
	{ .name = "ascii" },
	{ .name = "utf-8" },
};

int
text_print_reply_data(const struct text_work *work, enum ftg_id id, const struct po_item *item)
{
	struct sample sample;
	char line[FTG_REPLY_MAX];
	int status = open_sample(work, &sample);
	if (status != EX_OK)
		return status;
	const struct ftg_row *row = ftg_row(id);
	const struct ftg_reply reply = sample_reply(&sample, id);
	struct table *table = ctl_table(
	    work->request, reply_columns, sizeof reply_columns / sizeof *reply_columns, true);
	table_text(table, work->language);
	table_text(table, row->ref);
	table_text(table, row->id);
	text_put_english(table, row->text[0], row->text[1]);
	table_texts(table, item != NULL ? item->text : NULL, item != NULL ? item->text_len : 0);
	for (unsigned encoding = 0; encoding < FTG_ENCODINGS; encoding++) {
		sample.voice.encoding = (enum ftg_encoding)encoding;
		table_text_of(table, line, ftg_render(line, &sample.voice, &reply));
	}
	ftg_catalog_free(sample.catalog);
	return table == NULL ? ctl_fail_memory() : ctl_close_table(table, EX_OK);
}

int
text_print_replies(const struct text_work *work, const struct text_replies *replies)
{
	struct sample sample;
	int status = open_sample(work, &sample);
	if (status != EX_OK)
		return status;
	for (size_t i = 0; i < replies->count && i < REPLIES_MAX; i++) {
		enum ftg_id id = texts_id(replies->item[i]);
		text_print_name(replies->item[i]);
		sample.voice.audience = text_is_for_users(replies->item[i]) ? FTG_USERS : FTG_EVERYONE;
		if (id != FTG_IDS)
			print_reply(&sample, id);
	}
	if (replies->count > REPLIES_MAX)
		printf(_("and %zu more\n"), replies->count - REPLIES_MAX);
	unsigned own = ftg_catalog_own_texts(sample.catalog, sample.voice.language, sample.voice.domain);
	/* TRANSLATORS: a language, and a number. */
	printf(
	    translate_count("%s: %u own text is in use\n", "%s: %u own texts are in use\n", own), work->language, own);
	ftg_catalog_free(sample.catalog);
	return EX_OK;
}

void
text_print_remarks(const struct text_work *work, const struct po_file *po, const struct po_item *item)
{
	static const struct {
		enum ftg_remark remark;
		const char *name, *text;
	} remarks[] = {
		{ FTG_REMARK_DROPPED, "dropped", N_("an argument is not shown") },
		{ FTG_REMARK_UNFOLDABLE, "ascii",
		    N_("it has no ASCII form: SMTP sends the text of LANGUAGE@latin, or English") },
		{ FTG_REMARK_LONG, "long", N_("with the longest arguments it needs a second line, or is cut in POP3") },
		{ FTG_REMARK_SPACE, "space", N_("it begins or ends with a space") },
	};
	enum ftg_id id = texts_id(item);
	if (id == FTG_IDS || !po_item_is_compiled(item))
		return;
	const char *plural = po->header != NULL ? strstr(po->header->text, "nplurals") : NULL;
	unsigned found = ftg_text_remarks(id, work->language, plural, item->text, item->text_len + 1);
	for (size_t i = 0; i < sizeof remarks / sizeof *remarks; i++)
		if (found & (unsigned)remarks[i].remark)
			printable_print(
			    stderr, "warning: %s: %s: %s\n", item->context, remarks[i].name, _(remarks[i].text));
}

/* Prints and counts the files among the texts that no server uses. */
struct strays {
	unsigned count;
	bool all; /* also a compiled form without its source: it is used all the same */
	char locale[PATH_MAX];
};

static void
print_stray(void *context, enum texts_stray stray, const char *path)
{
	struct strays *strays = context;
	char word[TEXT_PATH];
	shell_word(word, sizeof word, path);
	if (stray == TEXTS_NO_SOURCE && !strays->all)
		return;
	strays->count++;
	switch (stray) {
	case TEXTS_NOT_COMPILED:
		printable_print(stderr,
		    _("%s: warning: no server reads it before it is compiled: ftgatectl text apply %s\n"), path, word);
		break;
	case TEXTS_NO_SOURCE:
		printable_print(stderr,
		    _("%s: warning: its .po is missing; the next change makes it again, without comments\n"), path);
		break;
	case TEXTS_NO_LANGUAGE:
		printable_print(stderr, _("%s: warning: no server reads it: own texts are in %s\n"), path,
		    "LANGUAGE/LC_MESSAGES/ftgate-local.po");
		break;
	case TEXTS_NO_DOMAIN:
		printable_print(stderr,
		    _("%s: warning: no server reads it: write the domain in lower case, as xn--... if it is not ASCII\n"),
		    path);
		break;
	}
}

/* "german" is a well-formed tag, but of no language: a folder that is misspelled. */
static void
warn_unknown(void *context, const char *language)
{
	struct strays *strays = context;
	if (!text_language_is_known(strays->locale, language))
		printable_print(stderr,
		    _("%s: warning: no known language has this name: clients get its texts only if they ask for it\n"),
		    language);
}

static unsigned
print_strays(struct texts *texts, bool all)
{
	struct strays strays = { .all = all };
	program_locale_folder(strays.locale);
	bool read = texts->ops->each_stray(texts, print_stray, &strays) == 0 &&
	    texts->ops->each_language(texts, warn_unknown, &strays) == 0;
	return strays.count + !read;
}

unsigned
text_print_strays(struct texts *texts)
{
	return print_strays(texts, true);
}

unsigned
text_warn_strays(const struct request *request)
{
	char folder[TEXT_PATH];
	struct texts *texts = data_path(folder, request->data, "locale") == 0 ? texts_folder_open(folder, NULL) : NULL;
	if (texts == NULL)
		return 0;
	unsigned count = print_strays(texts, false);
	texts->ops->close(texts);
	return count;
}
