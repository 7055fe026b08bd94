/* Compares what the catalogue says with what libintl and catgets say, for each reply, with each count up to 2,000. */
#include <errno.h>
#include <libintl.h>
#include <locale.h>
#include <nl_types.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ftgate/catalog.h>

/* Texts are formats of libintl and catgets here: that is what they are compared with. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

enum { COUNT_MAX = 2000, FAULTS_SHOWN = 20 };

/* Where the words of a reply come from: the text of an ID for a count, as the C library gives it. */
typedef const char *look_up(void *context, enum ftg_id id, unsigned long count);

static int faults;

static void
fault(const char *what, enum ftg_id id, unsigned long count, const char *wanted, const char *got)
{
	if (faults++ < FAULTS_SHOWN)
		printf("%s: %s with %lu:\n  wanted %s\n  got    %s\n", what, ftg_row(id)->id, count, wanted, got);
}

static const char *
from_gettext(void *context, enum ftg_id id, unsigned long count)
{
	const struct ftg_row *row = ftg_row(id);
	static char key[2][FTG_LINE_MAX];
	const char *found;

	(void)context;
	snprintf(key[0], sizeof key[0], "%s\004%s", row->id, row->text[0]);
	if (row->text[1] == NULL) {
		found = dgettext("ftgate", key[0]);
		return found == key[0] ? row->text[0] : found;
	}
	snprintf(key[1], sizeof key[1], "%s", row->text[1]);
	found = dngettext("ftgate", key[0], key[1], count);
	return found == key[0] ? row->text[0] : found;
}

static const char *
from_catgets(void *context, enum ftg_id id, unsigned long count)
{
	nl_catd *catalogue = context;
	int set, number = ftg_catgets_number(id, &set);

	(void)count;
	return number == 0 ? "" : catgets(*catalogue, set, number, ftg_row(id)->text[0]);
}

/* A reason as it stands inside another reply. */
static void
write_reason(char *buf, size_t size, look_up *look, void *context, enum ftg_id id, unsigned long count)
{
	const char *text = look(context, id, count);

	if (*text != '\0')
		snprintf(buf, size, "%s (%s)", text, ftg_row(id)->ref);
	else
		snprintf(buf, size, "%s", ftg_row(id)->ref);
}

/* The words of the arguments: one for each kind, different for each count. */
struct words {
	char text[FTG_ARGS_MAX][FTG_LINE_MAX];
	enum ftg_id reason;
};

static void
choose_words(struct words *words, enum ftg_id id, unsigned long count)
{
	static const char *const form[FTG_ARG_KINDS] = {
		[FTG_ARG_NONE] = "",
		[FTG_ARG_BANNER] = "mx%lu.example.org ESMTP",
		[FTG_ARG_PATH] = "path%lu@example.org",
		[FTG_ARG_ADDRESS] = "user%lu@example.org",
		[FTG_ARG_IP] = "2001:db8::%lu",
		[FTG_ARG_TEXT] = "word %lu",
		[FTG_ARG_REASON] = "",
		[FTG_ARG_COUNT] = "",
		[FTG_ARG_CHALLENGE] = "QUJD%lu",
		[FTG_ARG_NAME] = "mx%lu.example.org",
		[FTG_ARG_TAG] = "de-%lu",
		[FTG_ARG_TIMESTAMP] = "<1.%lu@mx.example.org>",
	};

	for (size_t i = 0; i < FTG_ARGS_MAX; i++)
		snprintf(words->text[i], sizeof words->text[i], form[ftg_row(id)->args[i]], count);
	words->reason = (enum ftg_id)(count % FTG_IDS);
	while (ftg_row(words->reason)->service != FTG_MAILBOX && ftg_row(words->reason)->service != FTG_SECPOL)
		words->reason = (enum ftg_id)((words->reason + 1) % FTG_IDS);
}

/* The line that a program would write with printf: what the catalogue has to match. */
static void
write_wanted(char *buf, size_t size, look_up *look, void *context, enum ftg_id id, unsigned long count)
{
	const struct ftg_row *row = ftg_row(id);
	const struct ftg_code *code = &row->code[FTG_PUBLISHED];
	struct words words;
	char text[FTG_LINE_MAX], format[FTG_LINE_MAX];

	if (row->service == FTG_MAILBOX || row->service == FTG_SECPOL) {
		write_reason(buf, size, look, context, id, count);
		return;
	}
	choose_words(&words, id, count);
	snprintf(format, sizeof format, "%s", look(context, id, count));
	if (row->args[0] == FTG_ARG_COUNT)
		snprintf(text, sizeof text, format, count, count);
	else if (row->args[1] == FTG_ARG_REASON) {
		char reason[FTG_LINE_MAX];

		write_reason(reason, sizeof reason, look, context, words.reason, count);
		snprintf(text, sizeof text, format, words.text[0], reason);
	} else
		snprintf(text, sizeof text, format, words.text[0], words.text[1]);
	if (row->service == FTG_DSN) {
		snprintf(buf, size, "%s", text);
		return;
	}
	if (row->args[0] == FTG_ARG_CHALLENGE) {
		snprintf(buf, size, "%s %s\r\n", code->reply, words.text[0]);
		return;
	}
	/* RFC 5321 4.2: these begin with the host name, the greeting by its argument; RFC 6856 3.2: the tag. */
	char tag[64] = "";
	if (row->args[0] == FTG_ARG_TAG)
		snprintf(tag, sizeof tag, " %.40s", words.text[0]);
	bool host = row->args[0] != FTG_ARG_BANNER &&
	    (strcmp(code->reply, "220") == 0 || strcmp(code->reply, "221") == 0 || strcmp(code->reply, "421") == 0);
	/* RFC 1939 7: the timestamp. */
	bool timestamp = row->args[1] == FTG_ARG_TIMESTAMP;
	snprintf(buf, size, "%s%s%s%s %s (%s)%s%.100s\r\n", code->reply, *code->status ? " " : "", code->status,
	    host ? " localhost" : tag, text, row->ref, timestamp ? " " : "", timestamp ? words.text[1] : "");
}

static void
write_got(char buf[FTG_REPLY_MAX + 1], const struct ftg_voice *voice, enum ftg_id id, unsigned long count)
{
	struct words words;
	struct ftg_reply reply = ftg_reply(id);

	choose_words(&words, id, count);
	for (size_t i = 0; i < FTG_ARGS_MAX; i++)
		reply.arg[i] = (struct ftg_arg) {
			.text = words.text[i],
			.len = strlen(words.text[i]),
			.number = ftg_row(id)->args[i] == FTG_ARG_REASON ? words.reason : count,
		};
	buf[ftg_render(buf, voice, &reply)] = '\0';
}

/* Each reply of a voice, with each count, is what the look-up and printf make of it. */
static void
compare_with(const char *what, struct ftg_voice voice, look_up *look, void *context, bool plurals)
{
	char wanted[2 * FTG_LINE_MAX], got[FTG_REPLY_MAX + 1];

	voice.encoding = FTG_UTF8;
	for (enum ftg_id id = 0; id < FTG_IDS; id++) {
		if (!plurals && ftg_row(id)->text[1] != NULL)
			continue;
		for (unsigned long count = 0; count <= COUNT_MAX; count++) {
			write_wanted(wanted, sizeof wanted, look, context, id, count);
			write_got(got, &voice, id, count);
			if (strcmp(wanted, got) != 0)
				fault(what, id, count, wanted, got);
		}
	}
}

/* Two voices say the same in both encodings. */
static void
compare_voices(const char *what, struct ftg_voice one, struct ftg_voice other, bool plurals)
{
	char wanted[FTG_REPLY_MAX + 1], got[FTG_REPLY_MAX + 1];

	for (int encoding = 0; encoding < FTG_ENCODINGS; encoding++)
		for (enum ftg_id id = 0; id < FTG_IDS; id++) {
			if (!plurals && ftg_row(id)->text[1] != NULL)
				continue;
			one.encoding = other.encoding = (enum ftg_encoding)encoding;
			for (unsigned long count = 0; count <= COUNT_MAX; count++) {
				write_got(wanted, &one, id, count);
				write_got(got, &other, id, count);
				if (strcmp(wanted, got) != 0)
					fault(what, id, count, wanted, got);
			}
		}
}

static void
report(void *context, const struct ftg_refusal *refusal)
{
	(void)context;
	printf("%s: %s refused: %s (%s)\n", refusal->file,
	    refusal->id < FTG_IDS ? ftg_row(refusal->id)->id : "the file", ftg_rule_name(refusal->rule),
	    refusal->detail);
	faults++;
}

/* A catalogue in one language, or the end of the program. */
static struct ftg_voice
voice_of(const char *what, ftg_catalog *catalog, ftg_lang language)
{
	if (catalog == NULL || language < 0) {
		printf("%s: %s\n", what, catalog == NULL ? strerror(errno) : "no such language");
		exit(1);
	}
	return (struct ftg_voice) { .catalog = catalog, .language = language };
}

/* usage: differential LOCALE-FOLDER LANGUAGE CATGETS-NAME; the environment names the same language for libintl. */
int
main(int argc, char **argv)
{
	if (argc != 4 || setlocale(LC_ALL, "") == NULL) {
		fputs("differential: three arguments, and a locale that exists\n", stderr);
		return 2;
	}
	bindtextdomain("ftgate", argv[1]);
	bind_textdomain_codeset("ftgate", "UTF-8");
	nl_catd cat = catopen(argv[3], NL_CAT_LOCALE);
	if (cat == (nl_catd)-1 || strstr(dgettext("ftgate", ""), "Language: ") == NULL) {
		fprintf(stderr, "differential: %s: libintl or catgets has no catalogue\n", argv[2]);
		return 2;
	}

	ftg_catalog *files = ftg_catalog_open(&(struct ftg_sources) { .locale = argv[1] }, report, NULL);
	ftg_catalog *libintl = ftg_catalog_from_gettext("ftgate", FTG_PUBLISHED, report, NULL);
	ftg_catalog *catgets_ = ftg_catalog_from_catgets(argv[3], FTG_PUBLISHED, report, NULL);
	struct ftg_voice own = voice_of("files", files, ftg_catalog_find(files, argv[2]));

	compare_with("libintl and ftg_catalog_open", own, from_gettext, NULL, true);
	compare_with("catgets and ftg_catalog_open", own, from_catgets, &cat, false);
	compare_voices("ftg_catalog_open and _from_gettext", own, voice_of("libintl", libintl, FTG_CALLERS), true);
	compare_voices("ftg_catalog_open and _from_catgets", own, voice_of("catgets", catgets_, FTG_CALLERS), false);
	printf("%s: %d replies, counts 0 to %d: %d differences\n", argv[2], FTG_IDS, COUNT_MAX, faults);

	ftg_catalog_free(files);
	ftg_catalog_free(libintl);
	ftg_catalog_free(catgets_);
	catclose(cat);
	return faults == 0 ? 0 : 1;
}
