/* ftgate-msg annotate: passes a log on, and puts the meaning behind each line that has a reply. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log/log_line.h"
#include "base/system/file.h"
#include "explain/find.h"
#include "explain/language.h"
#include "msg.h"

enum {
	BLOCK_SIZE = 64 * 1024,
	LOOK_MAX = 8 * 1024, /* octets of a line in which a reply is looked for */
};

enum audience { AUDIENCE_OPERATOR, AUDIENCE_SENDER, AUDIENCE_BOTH, AUDIENCES };

struct request {
	const char *language; /* NULL: that of the user */
	enum audience audience;
	bool repeat;
	char **files;
	size_t count;
	struct explain_texts *texts;
	bool explained[FTG_IDS];
	size_t len; /* of the line so far; what is beyond LOOK_MAX is not kept */
	char line[LOOK_MAX];
};

static error_t
parse_audience(struct request *request, const char *name, struct argp_state *state)
{
	static const char *const names[AUDIENCES] = { "operator", "sender", "both" };

	for (unsigned i = 0; i < AUDIENCES; i++)
		if (strcmp(name, names[i]) == 0) {
			request->audience = (enum audience)i;
			return 0;
		}
	argp_error(state, _("--audience: '%s' is not one of operator, sender, both"), name);
	return EINVAL;
}

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case 'l': request->language = arg; return 0;
	case 'a': return parse_audience(request, arg, state);
	case 'r': request->repeat = true; return 0;
	case ARGP_KEY_ARGS:
		request->files = state->argv + state->next;
		request->count = (size_t)(state->argc - state->next);
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const char *
translated(const struct request *request, const char *english)
{
	const char *text = request->language != NULL ? explain_text(request->texts, english) : _(english);

	return text != NULL ? text : english;
}

static void
print_meaning(const struct request *request, const char *text)
{
	printable_print(stdout, "  # %s\n", translated(request, text));
}

static void
explain(struct request *request, enum ftg_id id)
{
	const struct explanation *known = explain_reply(id);
	const struct ftg_row *row = ftg_row(id);

	request->explained[id] = true;
	printable_print(stdout, "  # %s %s: %s\n", row->ref, row->id, translated(request, known->cause));
	if (request->audience != AUDIENCE_OPERATOR)
		print_meaning(request, known->sender);
	if (request->audience != AUDIENCE_SENDER)
		print_meaning(request, known->operator);
}

/* Lines of our log have a reply in some events only: the reference of one that was accepted explains nothing. */
static bool
may_have_reply(const char *line, size_t len)
{
	static const char *const events[] = { "reply", "undelivered", "deferred", "bounced", "blacklisted", "delivered",
		"delivery-failed" };
	struct log_line read;

	if (memchr(line, '#', len) == NULL && memmem(line, len, "ERR_", 4) == NULL &&
	    memmem(line, len, "FTG_", 4) == NULL)
		return false;
	if (!log_line_begin(&read, line, len) && !log_line_begin_entry(&read, line, len))
		return true;
	for (size_t i = 0; i < sizeof events / sizeof *events; i++)
		if (read.event.len == strlen(events[i]) && memcmp(read.event.text, events[i], read.event.len) == 0)
			return true;
	return false;
}

/* Finds the replies of the line that has ended, those that are to be explained. Returns how many there are. */
static size_t
find(struct request *request, struct hits *hits)
{
	size_t len = request->len, kept = 0;

	request->len = 0;
	if (!may_have_reply(request->line, len))
		return 0;
	hits->count = 0;
	find_in_text(hits, request->line, len);
	for (size_t i = 0; i < hits->count; i++)
		if (hits->at[i].kind == HIT_REPLY && (request->repeat || !request->explained[hits->at[i].id]))
			hits->at[kept++] = hits->at[i];
	return kept;
}

/* Keeps a part of the line, which is looked at when it has ended. */
static void
keep(struct request *request, const char *octets, size_t len)
{
	size_t room = LOOK_MAX - request->len, kept = len < room ? len : room;

	memcpy(request->line + request->len, octets, kept);
	request->len += kept;
}

static bool
explain_all(struct request *request, const struct hits *hits, size_t count)
{
	for (size_t i = 0; i < count; i++)
		explain(request, hits->at[i].id);
	return fflush(stdout) == 0;
}

/* Passes octets on as they are, and the meaning of each line behind it. False if standard output fails. */
static bool
pass(struct request *request, const char *octets, size_t len)
{
	static struct hits hits;
	const char *from = octets, *stop = octets + len, *end;

	while ((end = memchr(octets, '\n', (size_t)(stop - octets))) != NULL) {
		keep(request, octets, (size_t)(end - octets));
		octets = end + 1;
		size_t count = find(request, &hits);
		if (count == 0)
			continue;
		if (file_write(STDOUT_FILENO, from, (size_t)(octets - from)) < 0 || !explain_all(request, &hits, count))
			return false;
		from = octets;
	}
	keep(request, octets, (size_t)(stop - octets));
	return file_write(STDOUT_FILENO, from, (size_t)(stop - from)) == 0;
}

/* A last line without a line feed gets one only if its meaning follows. */
static bool
finish(struct request *request)
{
	static struct hits hits;
	size_t count = find(request, &hits);

	return count == 0 || (file_write(STDOUT_FILENO, "\n", 1) == 0 && explain_all(request, &hits, count));
}

static int
annotate(struct request *request, int file, const char *name)
{
	static char block[BLOCK_SIZE];
	ssize_t got = 0;
	bool fine = true;

	while (fine && (got = TEMP_FAILURE_RETRY(read(file, block, sizeof block))) > 0)
		fine = pass(request, block, (size_t)got);
	if (!fine || !finish(request)) {
		complain_errno(_("standard output"));
		return MSG_TROUBLE;
	}
	if (got == 0)
		return MSG_FINE;
	complain_errno(name);
	return MSG_TROUBLE;
}

static int
annotate_file(struct request *request, const char *path)
{
	int file, status;

	if (strcmp(path, "-") == 0)
		return annotate(request, STDIN_FILENO, _("standard input"));
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0) {
		complain_errno(path);
		return MSG_TROUBLE;
	}
	status = annotate(request, file, path);
	close(file);
	return status;
}

static int
annotate_all(struct request *request)
{
	int worst = MSG_FINE;

	if (request->count == 0)
		return annotate_file(request, "-");
	for (size_t i = 0; i < request->count; i++) {
		int status = annotate_file(request, request->files[i]);

		worst = status > worst ? status : worst;
	}
	return worst;
}

int
msg_annotate(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "lang", 'l', N_("LANG"), 0, N_("explain in this language, such as de (default: yours)"), 0 },
		{ "audience", 'a', N_("WHO"), 0, N_("what the operator (the default), the sender or both can do"), 0 },
		{ "repeat", 'r', NULL, 0, N_("explain a reply each time, not only the first time"), 0 },
		{ 0 },
	};
	static const char doc[] = N_(
	    "Passes each line of a log on as it is, and puts the meaning behind each line that has a reply of ftgate: its "
	    "cause, and what can be done, in lines that begin with '  # '. FILE is a log of ftgate, or of another server "
	    "that quotes replies of ftgate by their references. Without FILE, or if it is -, standard input is read, as in "
	    "'tail -f FILE | ftgate-msg annotate'.");
	static const struct argp argp = { options, parse, N_("[FILE...]"), doc, NULL, NULL, TOOLS_DOMAIN };
	struct request *request = calloc(1, sizeof *request);
	int status = MSG_TROUBLE;

	if (!request) {
		complain_errno(_("memory"));
		return MSG_TROUBLE;
	}
	options_parse(&argp, argc, argv, 0, request);
	if (request->language == NULL || (request->texts = language_open(request->language)) != NULL)
		status = annotate_all(request);
	explain_texts_free(request->texts);
	free(request);
	return status;
}
