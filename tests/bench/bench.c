/* Measures rendering and loading beside what the C library offers, in interleaved rounds; prints medians. */
#include <dirent.h>
#include <libintl.h>
#include <locale.h>
#include <nl_types.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <ftgate/catalog.h>

/* Texts are formats of libintl and catgets here: that is what is measured. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

enum { ROUNDS = 31, CALLS = 60000, LOADS = 31, KEY_MAX = 256 };

/* The published rows stand first in the table; ours, behind them, are left out. */
#define PUBLISHED (ERR_POP_MESSAGECOUNT + 1)

static const char address[] = "erika.mustermann@example.org";
static const char reason[] = "Postfach deaktiviert (#1.00)";

/* What every way of rendering finds prepared: only what differs between them is measured. */
static struct prepared {
	char key[PUBLISHED][KEY_MAX]; /* of dgettext: context and msgid */
	int set[PUBLISHED], number[PUBLISHED];
	char head[PUBLISHED][32], tail[PUBLISHED][16]; /* "550 5.1.1 " and " (#4.28)\r\n" */
	size_t head_len[PUBLISHED], tail_len[PUBLISHED];
	char line[PUBLISHED][FTG_REPLY_MAX];
	size_t line_len[PUBLISHED];
} prepared;

static struct ftg_voice voice;
static nl_catd cat;

static struct ftg_reply
reply_of(enum ftg_id id)
{
	switch (ftg_row(id)->args[0]) {
	case FTG_ARG_NONE: return ftg_reply(id);
	case FTG_ARG_COUNT: return ftg_reply_count(id, 7);
	default: return ftg_reply_reason(id, address, sizeof address - 1, ERR_MAILBOX_DISABLED);
	}
}

static size_t
say_render(char *buf, enum ftg_id id)
{
	struct ftg_reply reply = reply_of(id);

	return ftg_render(buf, &voice, &reply);
}

/* Code and reference by memcpy, the text by snprintf: the cheapest way that a server with gettext has. */
static size_t
say_format(char *buf, enum ftg_id id, const char *format)
{
	char *end = buf;

	memcpy(end, prepared.head[id], prepared.head_len[id]);
	end += prepared.head_len[id];
	if (ftg_row(id)->args[0] == FTG_ARG_COUNT)
		end += snprintf(end, FTG_LINE_MAX, format, 7UL);
	else
		end += snprintf(end, FTG_LINE_MAX, format, address, reason);
	memcpy(end, prepared.tail[id], prepared.tail_len[id]);
	return (size_t)(end - buf) + prepared.tail_len[id];
}

static size_t
say_gettext(char *buf, enum ftg_id id)
{
	return say_format(buf, id, dgettext("ftgate", prepared.key[id]));
}

static size_t
say_catgets(char *buf, enum ftg_id id)
{
	return say_format(buf, id, catgets(cat, prepared.set[id], prepared.number[id], ""));
}

static size_t
say_finished(char *buf, enum ftg_id id)
{
	memcpy(buf, prepared.line[id], prepared.line_len[id]);
	return prepared.line_len[id];
}

enum way { RENDER, GETTEXT, CATGETS, FINISHED, WAYS };
static const struct {
	const char *name;
	size_t (*say)(char *buf, enum ftg_id id);
} ways[WAYS] = {
	[RENDER] = { "ftg_render", say_render },
	[GETTEXT] = { "dgettext + snprintf", say_gettext },
	[CATGETS] = { "catgets + snprintf", say_catgets },
	[FINISHED] = { "memcpy of the finished bytes", say_finished },
};

/* What is said: one ID over and over, or all of them in turn. */
enum load { PLAIN, ADDRESS, ALL, LOADS_KINDS };
static const struct {
	const char *name;
	enum ftg_id first, count;
} loads[LOADS_KINDS] = {
	[PLAIN] = { "no argument", ERR_SMTP_OK, 1 },
	[ADDRESS] = { "an address", ERR_SMTP_ADDRESS_UNKNOWN, 1 },
	[ALL] = { "all in turn", 0, PUBLISHED },
};

static double
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static double
measure(enum way way, enum load load)
{
	static char buf[FTG_REPLY_MAX];
	enum ftg_id id = loads[load].first, end = id + loads[load].count;
	double start = now();

	for (int i = 0; i < CALLS; i++) {
		ways[way].say(buf, id);
		__asm__ volatile("" : : "r"(buf) : "memory");
		if (++id == end)
			id = loads[load].first;
	}
	return (now() - start) / CALLS;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *values, size_t count)
{
	qsort(values, count, sizeof *values, compare);
	return values[count / 2];
}

static void
bench_render(void)
{
	static double ns[WAYS][LOADS_KINDS][ROUNDS];
	double middle[WAYS][LOADS_KINDS];

	for (int round = 0; round < ROUNDS; round++)
		for (enum load load = 0; load < LOADS_KINDS; load++)
			for (enum way way = 0; way < WAYS; way++)
				ns[way][load][round] = measure(way, load);

	printf("Rendering a reply in German, ns, median of %d rounds of %d calls\n%32s", ROUNDS, CALLS, "");
	for (enum load load = 0; load < LOADS_KINDS; load++)
		printf("%14s", loads[load].name);
	for (enum way way = 0; way < WAYS; way++) {
		printf("\n  %-30s", ways[way].name);
		for (enum load load = 0; load < LOADS_KINDS; load++)
			printf("%14.1f", middle[way][load] = median(ns[way][load], ROUNDS));
	}
	printf("\n  %-30s", "times as fast as dgettext");
	for (enum load load = 0; load < LOADS_KINDS; load++)
		printf("%14.1f", middle[GETTEXT][load] / middle[RENDER][load]);
	printf("   aim: 5 or more\n  %-30s", "times as slow as memcpy");
	for (enum load load = 0; load < LOADS_KINDS; load++)
		printf("%14.1f", middle[RENDER][load] / middle[FINISHED][load]);
	printf("   aim: 3 or less\n");
}

/* Milliseconds of CPU: loads take longer than a time slice of a busy machine. */
static double
cpu(void)
{
	struct timespec time;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

/* Makes libintl look for its catalogues again (GNU gettext manual, section 13.5.1). */
extern int _nl_msg_cat_cntr;

static char all_keys[FTG_IDS][1200];

/* Looks up all texts of a language once, as a server that uses gettext would. */
static void
look_up_all(const char *language)
{
	setenv("LANGUAGE", language, 1);
	_nl_msg_cat_cntr++;
	for (unsigned id = 0; id < FTG_IDS; id++)
		(void)dgettext("ftgate", all_keys[id]);
}

static double
load_by_gettext(const char *folder)
{
	double start = cpu();
	struct dirent *entry;
	DIR *dir = opendir(folder);
	bindtextdomain("ftgate", folder);
	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			look_up_all(entry->d_name);
	if (dir != NULL)
		closedir(dir);
	return cpu() - start;
}

/* libintl keeps what it has loaded until the process ends, so each round is a process. */
static double
load_by_gettext_anew(const char *folder)
{
	double ms = 0;
	int ends[2];
	if (pipe(ends) < 0)
		return 0;
	pid_t child = fork();
	if (child == 0) {
		ms = load_by_gettext(folder);
		_exit(write(ends[1], &ms, sizeof ms) == sizeof ms ? 0 : 1);
	}
	close(ends[1]);
	if (read(ends[0], &ms, sizeof ms) != sizeof ms)
		ms = 0;
	close(ends[0]);
	waitpid(child, NULL, 0);
	return ms;
}

static void
bench_load(const char *folder)
{
	double ms[LOADS], gettext_ms[LOADS];
	int languages = 0;

	for (unsigned id = 0; id < FTG_IDS; id++) {
		const struct ftg_row *row = ftg_row((enum ftg_id)id);
		snprintf(all_keys[id], sizeof all_keys[id], "%s\004%s", row->id, row->text[0]);
	}
	for (int i = 0; i < LOADS; i++) {
		double start = cpu();
		ftg_catalog *catalog = ftg_catalog_open(&(struct ftg_sources) { .locale = folder }, NULL, NULL);

		ms[i] = cpu() - start;
		languages = ftg_catalog_languages(catalog);
		ftg_catalog_free(catalog);
		gettext_ms[i] = load_by_gettext_anew(folder);
	}
	double first = ms[0], middle = median(ms, LOADS), by_gettext = median(gettext_ms, LOADS);
	printf("Loading %d languages: %.2f ms of CPU, median of %d; the first %.2f ms   aim: under 5\n", languages,
	    middle, LOADS, first);
	printf("  dgettext() of the %d texts of each: %.2f ms; %.2f times that   aim: 2 or less\n", (int)FTG_IDS,
	    by_gettext, middle / by_gettext);
}

static void
prepare(void)
{
	for (enum ftg_id id = 0; id < PUBLISHED; id++) {
		const struct ftg_row *row = ftg_row(id);
		const struct ftg_code *code = &row->code[FTG_PUBLISHED];

		snprintf(prepared.key[id], KEY_MAX, "%s\004%s", row->id, row->text[0]);
		prepared.number[id] = ftg_catgets_number(id, &prepared.set[id]);
		prepared.head_len[id] = (size_t)snprintf(prepared.head[id], sizeof prepared.head[id], "%s%s%s ",
		    code->reply, *code->status == '\0' ? "" : " ", code->status);
		prepared.tail_len[id] = (size_t)snprintf(
		    prepared.tail[id], sizeof prepared.tail[id], " (%s)\r\n", row->ref);
		prepared.line_len[id] = say_render(prepared.line[id], id);
	}
}

/* usage: bench LOCALE-FOLDER CATGETS-NAME MANY-LANGUAGES-FOLDER, under a German locale that exists */
int
main(int argc, char **argv)
{
	if (argc != 4 || setlocale(LC_ALL, "") == NULL) {
		fputs("bench: three arguments, and a locale that exists\n", stderr);
		return 2;
	}
	setlocale(LC_NUMERIC, "C"); /* of the figures printed */
	bindtextdomain("ftgate", argv[1]);
	cat = catopen(argv[2], NL_CAT_LOCALE);
	ftg_catalog *catalog = ftg_catalog_open(&(struct ftg_sources) { .locale = argv[1] }, NULL, NULL);
	voice = (struct ftg_voice) { .catalog = catalog, .language = ftg_catalog_find(catalog, "de") };
	prepare();
	if (cat == (nl_catd)-1 || voice.language <= 0 ||
	    dgettext("ftgate", prepared.key[ERR_SMTP_OK]) == prepared.key[ERR_SMTP_OK]) {
		fputs("bench: a catalogue is missing\n", stderr);
		return 2;
	}

	bench_render();
	bench_load(argv[3]);
	ftg_catalog_free(catalog);
	return 0;
}
