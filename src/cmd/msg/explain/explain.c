/* ftgate-msg explain: explains an ID, a reference, a pasted line or a whole bounce. */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "answer.h"
#include "cmd/msg/voice.h"
#include "language.h"
#include "paste.h"

enum {
	PASTE_MAX = 4 * 1024 * 1024, /* octets that are read of standard input or a file */
	WORD_MAX = 64,               /* octets of an argument that can be one word */
};

struct request {
	struct voice voice;
	const char *language; /* NULL: that of the user */
	enum output_format format;
	struct table *table; /* of CSV */
	char **what;
	size_t count;
	size_t answers;
};

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case ARGP_KEY_INIT: state->child_inputs[0] = &request->voice; return 0;
	case 'l': request->language = arg; return 0;
	case 'j': request->format = OUTPUT_JSON; return 0;
	case 'f':
		if (strcmp(arg, "text") == 0)
			request->format = OUTPUT_TABLE;
		else if (strcmp(arg, "table") == 0 || !output_format_find(&request->format, arg))
			argp_error(state, _("there is no format '%s'; use text, json or csv"), arg);
		return 0;
	case ARGP_KEY_ARGS:
		request->what = state->argv + state->next;
		request->count = (size_t)(state->argc - state->next);
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

/* The catalogue is loaded for the first text that needs it. */
static const ftg_catalog *
open_catalog(void *context)
{
	struct request *request = context;

	if (!request->voice.catalog && !voice_open(&request->voice))
		return NULL;
	return request->voice.catalog;
}

static bool
print_hits(struct request *request, const struct hits *hits)
{
	bool known = false;

	for (size_t i = 0; i < hits->count; i++) {
		if (request->answers++ > 0 && request->format != OUTPUT_CSV)
			fputs(request->format == OUTPUT_JSON ? ",\n" : "\n", stdout);
		switch (request->format) {
		case OUTPUT_JSON: answer_json(&hits->at[i]); break;
		case OUTPUT_CSV: answer_csv(request->table, &hits->at[i]); break;
		default: answer_text(&hits->at[i]);
		}
		known = known || hits->at[i].kind != HIT_NONE;
	}
	return known;
}

/* Explains one text. False if nothing in it is known. */
static bool
answer(struct request *request, const char *text, size_t n)
{
	struct hits hits = { 0 };

	if (n >= WORD_MAX || !find_word(&hits, text))
		paste_read(&hits, text, n, open_catalog, request);
	if (hits.count == 0 && n < WORD_MAX)
		find_log_words(&hits, text, n, true);
	if (hits.count == 0)
		find_mentions(&hits, text, n);
	const char *nearest = n < WORD_MAX ? row_nearest(text) : NULL;
	if (hits.count == 0 && nearest != NULL)
		complain_of_word(
		    nearest, _("there is no reply '%s', or more than one; 'ftgate-msg list' prints the IDs"), text);
	else if (hits.count == 0)
		complain("%s",
		    _("found no reply: no reference such as (#4.46), no ID, no code, and no words of a reply. Save the whole "
		      "message with its attachments as a file (.eml), or copy its source or the line of the log, and pass "
		      "that."));
	return print_hits(request, &hits);
}

static int
answer_stream(struct request *request, FILE *stream, const char *name)
{
	char *text = malloc(PASTE_MAX + 1);
	size_t n;
	bool known;

	if (!text) {
		complain_errno(_("memory"));
		return MSG_TROUBLE;
	}
	n = fread(text, 1, PASTE_MAX, stream);
	if (ferror(stream)) {
		complain_errno(name);
		free(text);
		return MSG_TROUBLE;
	}
	if (n == PASTE_MAX && getc(stream) != EOF)
		complain(_("only the first %d MiB are read"), PASTE_MAX / 1024 / 1024);
	text[n] = '\0';
	known = answer(request, text, n);
	free(text);
	return known ? MSG_FINE : MSG_FINDINGS;
}

static int
answer_input(struct request *request)
{
	if (isatty(STDIN_FILENO))
		complain("%s", _("paste the reply or the bounce here, and end it with Ctrl-D"));
	return answer_stream(request, stdin, _("standard input"));
}

/* Whether a word that names no file is meant as one: a path, or a name that ends as those of messages do. */
static bool
looks_like_file(const char *what)
{
	static const char *const ends[] = { ".eml", ".msg", ".mbox", ".txt", ".log" };
	size_t n = strlen(what);

	if (strpbrk(what, " \t\n<>@") != NULL || strstr(what, "://") != NULL)
		return false;
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (n > strlen(ends[i]) && strcasecmp(what + n - strlen(ends[i]), ends[i]) == 0)
			return true;
	return n > 2 && (*what == '/' || strncmp(what, "./", 2) == 0 || strncmp(what, "../", 3) == 0);
}

/* Whether an argument names a file, or is meant to, and looks like no reply. */
static bool
is_file(const char *what)
{
	struct hits hits = { 0 };
	struct stat st;

	if (find_word(&hits, what))
		return false;
	return (stat(what, &st) == 0 && !S_ISDIR(st.st_mode)) || looks_like_file(what);
}

static int
answer_file(struct request *request, const char *path)
{
	FILE *stream = fopen(path, "re");
	int status;

	if (!stream) {
		complain_errno(path);
		return MSG_TROUBLE;
	}
	status = answer_stream(request, stream, path);
	fclose(stream);
	return status;
}

/* Whether an argument is a word that has a meaning alone. */
static bool
has_meaning(const char *what)
{
	struct hits hits = { 0 };

	if (!find_word(&hits, what))
		find_log_words(&hits, what, strlen(what), true);
	return hits.count > 0;
}

/* Whether the arguments are the words of one line that the shell has split: then none of them alone has a meaning. */
static bool
taken_apart(const struct request *request)
{
	for (size_t i = 0; i < request->count; i++) {
		const char *what = request->what[i];

		if (!strpbrk(what, " \t\n") && strcmp(what, "-") != 0 && !is_file(what) && !has_meaning(what))
			return request->count > 1;
	}
	return false;
}

static char *
join(char **words, size_t count)
{
	size_t size = 1, len = 0;
	char *line;

	for (size_t i = 0; i < count; i++)
		words[i] = (char *)(uintptr_t)charset_decode_word(words[i]);
	for (size_t i = 0; i < count; i++)
		size += strlen(words[i]) + 1;
	line = calloc(1, size);
	for (size_t i = 0; line && i < count; i++)
		len += (size_t)snprintf(line + len, size - len, "%s%s", i > 0 ? " " : "", words[i]);
	return line;
}

static int
answer_joined(struct request *request)
{
	char *line = join(request->what, request->count);
	bool known = line && answer(request, line, strlen(line));

	free(line);
	return known ? MSG_FINE : MSG_FINDINGS;
}

static int
answer_word(struct request *request, const char *word)
{
	return answer(request, word, strlen(word)) ? MSG_FINE : MSG_FINDINGS;
}

static int
answer_all(struct request *request)
{
	int worst = MSG_FINE;

	if (request->count == 0)
		return answer_input(request);
	if (taken_apart(request))
		return answer_joined(request);
	for (size_t i = 0; i < request->count; i++) {
		const char *what = request->what[i];
		int status;

		if (strcmp(what, "-") == 0)
			status = answer_input(request);
		else if (is_file(what))
			status = answer_file(request, what);
		else
			status = answer_word(request, charset_decode_word(what));
		worst = status > worst ? status : worst;
	}
	return worst;
}

/* A pasted POP3 line begins with -ERR, which is not an option: a space before it keeps it from being parsed as one. */
static bool
shield(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strncasecmp(argv[i], "-ERR", 4) == 0 && asprintf(&argv[i], " %s", argv[i]) < 0)
			return false;
	return true;
}

static void
begin(struct request *request)
{
	if (request->format != OUTPUT_TABLE)
		charset_write_data();
	if (request->format == OUTPUT_JSON)
		fputs("[\n", stdout);
	if (request->format == OUTPUT_CSV)
		request->table = answer_csv_open();
}

static int
end(struct request *request, int status)
{
	if (request->format == OUTPUT_JSON)
		fputs("\n]\n", stdout);
	if (request->format != OUTPUT_CSV || table_close(request->table))
		return status;
	complain_errno(_("memory"));
	return MSG_TROUBLE;
}

int
msg_explain(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "lang", 'l', N_("LANG"), 0, N_("explain in this language, such as de (default: yours)"), 0 },
		{ "format", 'f', N_("FORMAT"), 0, N_("text (the default), json: an array, or csv"), 0 },
		{ "json", 'j', NULL, 0, N_("the same as --format=json"), 0 },
		{ 0 },
	};
	static const char doc[] = N_(
	    "Explains a reply: when it is sent, to whom, its cause, and what the sender and the operator can do. WHAT is an "
	    "ID, a reference (4.46), a word of the log (cause=hops), a file with a message (bounce.eml), or any text that "
	    "contains a reply: a line, a log, a whole bounce, in any language. Without WHAT, or if it is -, standard input "
	    "is read.\n\n"
	    "If there is no reference, the words are searched for in every language. A reply of another server is explained "
	    "by its codes. Exit status: 0 all was found, 1 something was not, 2 wrong usage, or something cannot be read.");
	static const struct argp_child children[] = { { &voice_folders_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = { options, parse, N_("[WHAT...]"), doc, children, NULL, TOOLS_DOMAIN };
	struct request request = { 0 };
	struct explain_texts *texts = NULL;
	int status;

	if (!shield(argc, argv)) {
		complain_errno(_("memory"));
		return MSG_TROUBLE;
	}
	voice_init(&request.voice);
	options_parse(&argp, argc, argv, 0, &request);
	if (request.language != NULL && (texts = language_open(request.language)) == NULL)
		return MSG_TROUBLE;
	if (texts != NULL)
		language_speak(texts);
	begin(&request);
	status = end(&request, answer_all(&request));
	voice_close(&request.voice);
	translate_with(NULL);
	explain_texts_free(texts);
	return status;
}
