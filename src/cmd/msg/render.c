/* ftgate-msg render: prints one reply, byte for byte as on the wire. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/nearest.h"
#include "voice.h"

struct request {
	struct voice voice;
	bool named;
	size_t args;
	struct ftg_reply reply;
};

static unsigned long
number(const char *text, struct argp_state *state)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno != 0 || end == text || *end || strspn(text, "0123456789") != strlen(text))
		argp_error(state, _("'%s' is not a number"), text);
	return n;
}

static unsigned long
reason(const char *text, struct argp_state *state)
{
	enum ftg_id id = row_find(text);

	if (id == FTG_IDS || ftg_row(id)->service > FTG_SECPOL)
		argp_error(
		    state, _("'%s' is not a reason; reasons are the IDs ERR_MAILBOX_... and ERR_SECPOL_..."), text);
	return id == FTG_IDS ? 0 : id;
}

static void
refuse_reply(const char *name, struct argp_state *state)
{
	char text[1024], hint[NEAREST_HINT_SIZE];

	nearest_hint(hint, row_nearest(name));
	snprintf(
	    text, sizeof text, _("there is no reply '%s', or more than one; 'ftgate-msg list' prints the IDs"), name);
	argp_error(state, "%s%s", text, hint);
}

static void
parse_id(struct request *request, const char *name, struct argp_state *state)
{
	enum ftg_id id = row_find(name);

	if (id == FTG_IDS)
		refuse_reply(name, state);
	else
		request->reply = ftg_reply(id);
	request->named = true;
}

static void
parse_arg(struct request *request, const char *text, struct argp_state *state)
{
	const struct ftg_row *row = ftg_row(request->reply.id);
	struct ftg_arg *arg = &request->reply.arg[request->args];

	if (request->args == row_arity(row)) {
		argp_error(state, _("%s has only %zu arguments"), row->id, row_arity(row));
		return;
	}
	switch (row->args[request->args++]) {
	case FTG_ARG_COUNT: arg->number = number(text, state); break;
	case FTG_ARG_REASON: arg->number = reason(text, state); break;
	default: arg->text = charset_decode_word(text); arg->len = strlen(arg->text);
	}
}

static void
check_complete(const struct request *request, struct argp_state *state)
{
	const struct ftg_row *row = ftg_row(request->reply.id);

	if (!request->named)
		argp_error(state, "%s", _("an ID is missing"));
	else if (request->args < row_arity(row))
		argp_error(state, _("%s needs %zu arguments; number %zu is missing: %s"), row->id, row_arity(row),
		    request->args + 1, kind_name(row->args[request->args]));
}

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case ARGP_KEY_INIT: state->child_inputs[0] = &request->voice; return 0;
	case ARGP_KEY_ARG:
		if (request->named)
			parse_arg(request, arg, state);
		else
			parse_id(request, arg, state);
		return 0;
	case ARGP_KEY_END: check_complete(request, state); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

int
msg_render(int argc, char **argv)
{
	static const char doc[] = N_(
	    "Prints one reply, byte for byte as it goes over the wire. ID may be a reference "
	    "(4.46). 'ftgate-msg list --format json' tells the arguments of each: an address, "
	    "a number (count), the ID of a reason.\n\n"
	    "The values of --var and of the arguments may hold anything; they are cleaned as the "
	    "server does it.");
	static const struct argp_child children[] = { { &voice_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = { NULL, parse, N_("ID [ARG...]"), doc, children, NULL, TOOLS_DOMAIN };
	struct request request = { 0 };
	char line[FTG_REPLY_MAX];

	voice_init(&request.voice);
	options_parse(&argp, argc, argv, 0, &request);
	charset_write_data();
	if (!voice_open(&request.voice))
		return MSG_TROUBLE;
	request.voice.speak.encoding = voice_encoding(&request.voice.speak, request.reply.id);
	if (request.voice.asked && voice_spoken(&request.voice, request.reply.id))
		complain(_("this reply is sent in '%s': '%s' has no text for it in this encoding"),
		    voice_spoken(&request.voice, request.reply.id),
		    ftg_catalog_tag(request.voice.catalog, request.voice.speak.language));
	fwrite(line, 1, ftg_render(line, &request.voice.speak, &request.reply), stdout);
	voice_close(&request.voice);
	return MSG_FINE;
}
