/*
 * ftgate-msg export: prints a language in the format of another system: catgets, for gencat(1); mdoc, a manual page; or the
 * catalogue of the journal, for journalctl -x.
 */
#include <stdlib.h>
#include <string.h>

#include "export_journal.h"
#include "export_mdoc.h"
#include "texts.h"
#include "voice.h"

typedef void print_language(const struct voice *voice);

struct request {
	struct voice voice;
	print_language *print;
};

static print_language print_catgets, print_mdoc;

static print_language *
format_find(const char *name)
{
	if (strcmp(name, "mdoc") == 0)
		return print_mdoc;
	if (strcmp(name, "journal-catalog") == 0)
		return export_journal;
	return strcmp(name, "catgets") == 0 ? print_catgets : NULL;
}

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case ARGP_KEY_INIT: state->child_inputs[0] = &request->voice; return 0;
	case 'f':
		request->print = format_find(arg);
		if (!request->print)
			argp_error(state, _("there is no format '%s'; use catgets, mdoc or journal-catalog"), arg);
		return 0;
	case 'l':
		request->voice.preference = arg;
		request->voice.asked = true;
		return 0;
	case ARGP_KEY_ARG: argp_usage(state); return EINVAL;
	case ARGP_KEY_END:
		if (!request->print)
			argp_error(state, "%s", _("--format is missing"));
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static void
print_quoted(const char *text, size_t n)
{
	putchar('"');
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '\n')
			fputs("\\n", stdout);
		else
			printf(text[i] == '"' || text[i] == '\\' ? "\\%c" : "%c", text[i]);
	}
	fputs("\"\n", stdout);
}

static void
print_message(const struct ftg_voice *speak, enum ftg_id id, int number)
{
	char text[TEXTS_MAX];
	unsigned forms = texts_forms(speak, id);
	size_t n = texts_source(text, speak, id, forms - 1);

	printf("$ %s\n%d ", ftg_row(id)->id, number);
	print_quoted(text, n);
}

/* gencat requires the messages of a set in the order of their numbers. */
static void
print_set(const struct ftg_voice *speak, int set)
{
	int last = 0, next;

	printf("\n$set %d\n", set);
	do {
		enum ftg_id found = FTG_IDS;

		next = 0;
		for (enum ftg_id id = 0; id < FTG_IDS; id++) {
			int own, number = ftg_catgets_number(id, &own);

			if (number > last && own == set && (next == 0 || number < next)) {
				next = number;
				found = id;
			}
		}
		if (found != FTG_IDS)
			print_message(speak, found, next);
		last = next;
	} while (next > 0);
}

static void
print_catgets(const struct voice *voice)
{
	const struct ftg_voice *speak = &voice->speak;
	printf("$ codeset=UTF-8\n"
	       "$ Replies of ftgate, language %s. Compile it with: gencat ftgate.cat FILE\n"
	       "$ Of plural forms the last stands here: catgets has none.\n"
	       "$quote \"\n",
	    ftg_catalog_tag(speak->catalog, speak->language));
	for (int set = 1; set <= 9; set++) {
		bool used = false;

		for (enum ftg_id id = 0; id < FTG_IDS && !used; id++) {
			int own;

			used = ftg_catgets_number(id, &own) > 0 && own == set;
		}
		if (used)
			print_set(speak, set);
	}
}

static void
print_mdoc(const struct voice *voice)
{
	export_mdoc(&voice->speak);
}

int
msg_export(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "format", 'f', N_("FORMAT"), 0,
		    N_("catgets: the source of a message catalogue for gencat; mdoc: the manual page ftgate-replies(7); "
		       "journal-catalog: what journalctl -x explains"),
		    0 },
		{ "lang", 'l', N_("LIST"), 0,
		    N_("languages, of which the first with a catalogue is used; default: the environment"), 0 },
		{ 0 },
	};
	static const char doc[] = N_(
	    "Prints a language in the format of another system.\n\n"
	    "catgets: the reply #m.nn is message nn + 1 of set m. If several replies share a "
	    "reference, 100 is added for each further one.\n\n"
	    "mdoc: each reply with its codes, cause and cure, explained in the language of the "
	    "environment. With --lang, also its words in that language.\n\n"
	    "journal-catalog: a catalogue of systemd's journal, LANGUAGE in ftgate.LANGUAGE.catalog. The explanations are "
	    "English if the language has none.");
	static const struct argp_child children[] = { { &voice_folders_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = { options, parse, NULL, doc, children, NULL, TOOLS_DOMAIN };
	struct request request = { 0 };

	voice_init(&request.voice);
	request.voice.encoding = FTG_UTF8;
	options_parse(&argp, argc, argv, 0, &request);
	charset_write_data();
	if (!voice_open(&request.voice))
		return MSG_TROUBLE;
	request.print(&request.voice);
	voice_close(&request.voice);
	return MSG_FINE;
}
