/* ftgate-msg export: writes the replies in the format of another system. The formats are in export/formats.def. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/system/data.h"
#include "base/text/help_url.h"
#include "base/text/nearest.h"
#include "cmd/msg/export/format.h"

struct format {
	const char *name;
	bool (*write)(const struct export *export);
	unsigned needs;
};

static const struct format formats[] = {
#define FORMAT(name, writer, needs, help) { name, export_##writer, needs },
#include "cmd/msg/export/formats.def"
#undef FORMAT
};

enum { FORMATS = sizeof formats / sizeof *formats, KEY_URL = 0x200, KEY_CONTACT, KEY_SENDERS, NAMES_SIZE = 256 };

struct request {
	struct export export;
	const struct format *format;
	const char *languages; /* --lang */
	char overlay[PATH_MAX];
};

/* Writes ": " and the names of the formats. Returns what it has written. */
static const char *
list_formats(char names[NAMES_SIZE])
{
	size_t len = 0;

	for (size_t i = 0; i < FORMATS && len < NAMES_SIZE; i++)
		len += (size_t)snprintf(names + len, NAMES_SIZE - len, "%s%s", i > 0 ? ", " : ": ", formats[i].name);
	return names;
}

static const struct format *
format_find(const char *name, struct argp_state *state)
{
	struct nearest search = { .word = name };
	char hint[NEAREST_HINT_SIZE], names[NAMES_SIZE];

	for (size_t i = 0; i < FORMATS; i++) {
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
		nearest_try(&search, formats[i].name);
	}
	nearest_hint(hint, search.best);
	argp_error(state, _("there is no format '%s'%s"), name, *hint != '\0' ? hint : list_formats(names));
	return NULL;
}

static void
use_data(struct request *request, const char *folder, struct argp_state *state)
{
	struct stat st;

	if (stat(folder, &st) != 0 || data_path(request->overlay, folder, "locale") != 0)
		argp_failure(
		    state, MSG_TROUBLE, 0, _("%s: %s; name the data folder of a server"), folder, strerror(errno));
	request->export.voice.overlay = request->overlay;
}

/* Refuses options that the format does not take, and those that it needs and does not have. */
static void
check_options(const struct request *request, struct argp_state *state)
{
	const struct export *export = &request->export;
	const char *name = request->format->name;
	unsigned needs = request->format->needs;

	if (needs & EXPORT_NEEDS_LANGUAGE && !request->languages)
		argp_error(state, _("%s needs --lang"), name);
	if (needs & EXPORT_NEEDS_FOLDER && !export->folder)
		argp_error(state, _("%s needs a folder for its files"), name);
	if (!(needs & EXPORT_NEEDS_FOLDER) && export->folder)
		argp_error(state, _("%s takes no folder: it is written on standard output"), name);
	if (!(needs & EXPORT_SINCE) && export->since)
		argp_error(state, _("%s cannot be compared with an earlier export"), name);
	if (!(needs & EXPORT_LINKS) && export->url)
		argp_error(state, _("%s takes no --help-url"), name);
	if (!(needs & EXPORT_SENDERS) && export->for_senders)
		argp_error(state, _("%s takes no --for-senders"), name);
	if (!(needs & EXPORT_CONTACT) && export->contact)
		argp_error(state, _("%s takes no --contact"), name);
}

static void
use_url(struct request *request, const char *url, struct argp_state *state)
{
	char why[512];
	const char *doubt = help_url_doubt(url);

	if (!help_url_check(url, why, sizeof why))
		argp_error(state, "--help-url: %s", why);
	else if (doubt != NULL)
		complain("--help-url: %s", doubt);
	request->export.url = url;
}

static void
check(struct request *request, struct argp_state *state)
{
	struct export *export = &request->export;
	char names[NAMES_SIZE];

	if (!request->format)
		argp_error(state, "%s%s", _("--format is missing"), list_formats(names));
	else
		check_options(request, state);
	if (request->format && request->format->needs & EXPORT_LANGUAGES) {
		export->languages = request->languages;
		export->voice.preference = "";
	} else if (request->languages) {
		export->voice.preference = request->languages;
		export->voice.asked = true;
	}
}

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case ARGP_KEY_INIT: state->child_inputs[0] = &request->export.voice; return 0;
	case 'f': request->format = format_find(arg, state); return 0;
	case 'l': request->languages = arg; return 0;
	case 'd': use_data(request, arg, state); return 0;
	case KEY_URL: use_url(request, charset_decode_word(arg), state); return 0;
	case KEY_SENDERS: request->export.for_senders = true; return 0;
	case KEY_CONTACT: request->export.contact = charset_decode_word(arg); return 0;
	case 's': request->export.since = arg; return 0;
	case ARGP_KEY_ARG:
		if (request->export.folder)
			argp_usage(state);
		request->export.folder = arg;
		return 0;
	case ARGP_KEY_END: check(request, state); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

void
export_print_names(void)
{
	for (size_t i = 0; i < FORMATS; i++)
		puts(formats[i].name);
}

int
msg_export(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "format", 'f', N_("FORMAT"), 0, N_("what to write; see below"), 0 },
		{ "lang", 'l', N_("LIST"), 0,
		    N_("languages, with colons between them: the first with a catalogue, or all of them, as the format has "
		       "one language or all; default: the environment, or all"),
		    0 },
		{ "data", 'd', N_("DIR"), 0, N_("data folder of a server, whose own texts are used"), 0 },
		{ "since", 's', N_("DIR"), 0, N_("folder of an earlier export, with which a site is compared"), 0 },
		{ "help-url", KEY_URL, N_("URL"), 0,
		    N_("for Postfix: a link to the page of each reply, in which {lang} is the language and {ref} the reference"),
		    0 },
		{ "for-senders", KEY_SENDERS, NULL, 0, N_("for a site: leave out what the operator can do"), 0 },
		{ "contact", KEY_CONTACT, N_("TEXT"), 0,
		    N_("for Postfix: the value of ${contact} in texts; default: the postmaster of Postfix"), 0 },
		{ NULL, 0, NULL, 0, N_("Formats:"), 2 },
#define FORMAT(name, writer, needs, help) { name, 0, NULL, OPTION_DOC, help, 2 },
#include "cmd/msg/export/formats.def"
#undef FORMAT
		{ 0 },
	};
	static const char doc[] = N_("Writes the replies in the format of another system.");
	static const struct argp_child children[] = { { &voice_folders_argp, 0, NULL, 1 }, { 0 } };
	static const struct argp argp = { options, parse, N_("[DIR]"), doc, children, NULL, TOOLS_DOMAIN };
	struct request request = { 0 };
	bool fine;

	voice_init(&request.export.voice);
	request.export.voice.encoding = FTG_UTF8;
	options_parse(&argp, argc, argv, 0, &request);
	charset_write_data();
	if (!voice_open(&request.export.voice))
		return MSG_TROUBLE;
	fine = request.format->write(&request.export);
	voice_close(&request.export.voice);
	return fine ? MSG_FINE : MSG_TROUBLE;
}
