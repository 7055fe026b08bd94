/* ftgate-msg preview: prints every reply as a client would get it, with sample arguments. */
#include <string.h>

#include "catalog/generation.h"
#include "cmd/output/terminal.h"
#include "voice.h"

enum { COUNT_MAX = 2000 }; /* the greatest number that is shown */

struct request {
	struct voice voice;
	bool english;
};

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct request *request = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_INIT: state->child_inputs[0] = &request->voice; return 0;
	case 'e': request->english = true; return 0;
	case ARGP_KEY_ARG: argp_usage(state); return EINVAL;
	default: return ARGP_ERR_UNKNOWN;
	}
}

/* Prints the language of the words, if it is not the one asked for, and whether they are the operator's own. */
static void
print_origin(const struct voice *voice, enum ftg_id id)
{
	const struct ftg_voice *speak = &voice->speak;
	const char *spoken = voice_spoken(voice, id);
	struct ftg_voice own = *speak;

	own.encoding = voice_encoding(speak, id);
	if (ftg_voice_origin(&own, id) == FTG_FROM_OVERLAY)
		printf("%s", _(" (your own text)"));
	if (spoken && strcmp(spoken, "en") == 0)
		printf("%s", _(" (English, no translation)"));
	else if (spoken)
		printf(" (%s)", spoken);
}

/*
 * Prints a rendered reply with label before its first line; further lines are indented by the same width. The renderer lets
 * no control character of a text or an argument through; the marks that it adds to right-to-left texts belong to the line.
 */
static void
print_lines(const char *label, const struct ftg_voice *voice, const struct ftg_reply *reply)
{
	char buf[FTG_REPLY_MAX];
	size_t n = ftg_render(buf, voice, reply), start = 0;

	for (size_t i = 0; i <= n; i++) {
		size_t len = i - start;

		if (i < n ? buf[i] != '\n' : len == 0)
			continue;
		if (len > 0 && buf[i - 1] == '\r')
			len--;
		printf("%-4s", start == 0 ? label : "");
		fwrite(buf + start, 1, len, stdout);
		putchar('\n');
		start = i + 1;
	}
}

static void
print_reply(const struct request *request, const struct ftg_reply *reply)
{
	struct ftg_voice voice = request->voice.speak, english;

	voice.encoding = voice_encoding(&voice, reply->id);
	english = voice;
	english.language = FTG_ENGLISH;
	english.catalog = ftg_catalog_english(request->voice.profile);
	print_lines("", &voice, reply);
	if (request->english)
		print_lines("en:", &english, reply);
}

/* The least number that has each plural form of a reply, in ascending order. Returns how many there are. */
static size_t
choose_counts(const struct ftg_voice *voice, enum ftg_id id, unsigned long counts[static PLURAL_FORMS_MAX])
{
	const struct language *language = voice->catalog->language[voice->language];
	const struct variant *variant = variant_of(voice, voice->catalog, voice->language);
	const struct plural *plural = language_entry(language, variant, voice_encoding(voice, id), id)->plural;
	bool shown[PLURAL_FORMS_MAX] = { false };
	size_t count = 0;

	for (unsigned long n = 0; plural && n <= COUNT_MAX && count < plural->forms; n++) {
		unsigned form = plural_form(plural, n);

		if (!shown[form])
			counts[count++] = n;
		shown[form] = true;
	}
	if (count == 0)
		counts[count++] = 1;
	return count;
}

static void
print_all(const struct request *request)
{
	unsigned long counts[PLURAL_FORMS_MAX];

	for (enum ftg_id id = 0; id < FTG_IDS; id++) {
		const struct ftg_row *row = ftg_row(id);
		size_t samples = choose_counts(&request->voice.speak, id, counts);

		terminal_begin(stdout, STYLE_HEADING);
		printf("%s %s", row->ref, row->id);
		terminal_end(stdout);
		print_origin(&request->voice, id);
		putchar('\n');
		for (size_t i = 0; i < samples; i++) {
			struct ftg_reply reply = row_sample(id, counts[i]);

			print_reply(request, &reply);
		}
	}
}

int
msg_preview(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "english", 'e', NULL, 0, N_("the English reply below each"), 0 },
		{ 0 },
	};
	static const char doc[] = N_(
	    "Prints every reply as a client would get it, with sample arguments. Line ends are "
	    "plain here, and CRLF on the wire.");
	static const struct argp_child children[] = { { &voice_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = { options, parse, NULL, doc, children, NULL, TOOLS_DOMAIN };
	struct request request = { 0 };

	voice_init(&request.voice);
	request.voice.vars = (struct ftg_vars) { {
	    [FTG_VAR_HOST] = "mx.example.org",
	    [FTG_VAR_CLIENT] = "192.0.2.25",
	    [FTG_VAR_SESSION] = "4Fz9Qk",
	    [FTG_VAR_TIME] = "2026-01-31T12:00:00Z",
	    [FTG_VAR_CONTACT] = "postmaster@example.org",
	    [FTG_VAR_HELP] = "https://example.org/replies#",
	} };
	options_parse(&argp, argc, argv, 0, &request);
	if (!voice_open(&request.voice))
		return MSG_TROUBLE;
	print_all(&request);
	voice_close(&request.voice);
	return MSG_FINE;
}
