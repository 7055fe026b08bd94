/* The rows of the table by name. */
#include "row.h"

#include <string.h>

#include "base/text/nearest.h"
#include "catalog/text.h"

const char *
service_name(enum ftg_service service)
{
	static const char *const names[] = {
		[FTG_MAILBOX] = "mailbox",
		[FTG_SECPOL] = "secpol",
		[FTG_SMTP] = "smtp",
		[FTG_POP3] = "pop3",
		[FTG_DSN] = "notice",
	};

	return names[service];
}

static const struct {
	const char *name;
	const char *meaning;
} kinds[FTG_ARG_KINDS] = {
	[FTG_ARG_NONE] = { "-", "nothing" },
	[FTG_ARG_BANNER] = { "banner", "the name of the server's host and words for programs; it must come first" },
	[FTG_ARG_PATH] = { "path", "the sender's address; empty for a bounce" },
	[FTG_ARG_ADDRESS] = { "address", "a mail address, as the client wrote it" },
	[FTG_ARG_IP] = { "ip", "the IP address of the client" },
	[FTG_ARG_TEXT] = { "text", "somebody else's words, in their language" },
	[FTG_ARG_REASON] = { "reason", "the reason: the text of a #1.0x or #2.0x entry with its reference" },
	[FTG_ARG_COUNT] = { "count", "a number" },
	[FTG_ARG_CHALLENGE] = { "challenge", "base64 for a program" },
	[FTG_ARG_NAME] = { "name", "the name of a mail domain or a mail server, or its IP address" },
	[FTG_ARG_TAG] = { "tag", "the tag of a language" },
	[FTG_ARG_TIMESTAMP] = { "timestamp", "the timestamp for APOP, in angle brackets, which follows the reference" },
};

const char *
kind_name(enum ftg_arg_kind kind)
{
	return kinds[kind].name;
}

const char *
kind_meaning(enum ftg_arg_kind kind)
{
	return kinds[kind].meaning;
}

size_t
row_arity(const struct ftg_row *row)
{
	size_t n = 0;

	while (n < FTG_ARGS_MAX && row->args[n] != FTG_ARG_NONE)
		n++;
	return n;
}

size_t
row_directives(const struct ftg_row *row)
{
	size_t n = 0;

	for (size_t i = 0; i < FTG_ARGS_MAX; i++)
		n += text_places(row->args[i]) ? 1 : 0;
	return n;
}

bool
row_has_text(enum ftg_id id)
{
	return ftg_row(id)->args[0] != FTG_ARG_CHALLENGE;
}

enum ftg_id
row_find(const char *name)
{
	enum ftg_id found = ftg_id_find(name);

	if (found != FTG_IDS)
		return found;
	if (*name == '#')
		name++;
	for (enum ftg_id id = 0; id < FTG_IDS; id++) {
		if (strcmp(ftg_row(id)->ref + 1, name) != 0)
			continue;
		if (found != FTG_IDS)
			return FTG_IDS;
		found = id;
	}
	return found;
}

const char *
row_nearest(const char *name)
{
	struct nearest search = { .word = *name == '#' ? name + 1 : name };
	for (enum ftg_id id = 0; id < FTG_IDS; id++) {
		if (strcmp(search.word, ftg_row(id)->ref + 1) == 0)
			return NULL;
		nearest_try(&search, ftg_row(id)->id);
		nearest_try(&search, ftg_row(id)->ref + 1);
	}
	return search.best;
}

enum ftg_id
row_alike(enum ftg_id id, size_t i)
{
	enum { MEMBERS = 3 };
	static const enum ftg_id groups[][MEMBERS] = {
		{ ERR_POP_LOGIN, ERR_POP_LOGIN2, ERR_POP_LOGIN3 },
		{ ERR_MAILBOX_DISABLED, ERR_MAILBOX_SPAMTRAP, FTG_IDS },
	};
	for (size_t group = 0; group < sizeof groups / sizeof *groups; group++)
		for (size_t member = 0; member < MEMBERS; member++)
			if (id < FTG_IDS && groups[group][member] == id)
				return i < MEMBERS ? groups[group][i] : FTG_IDS;
	return i == 0 ? id : FTG_IDS;
}

struct ftg_reply
row_sample(enum ftg_id id, unsigned long count)
{
	static const char *const samples[FTG_ARG_KINDS] = {
		[FTG_ARG_BANNER] = "mx.example.org ESMTP",
		[FTG_ARG_PATH] = "anna@example.org",
		[FTG_ARG_ADDRESS] = "bert@example.net",
		[FTG_ARG_IP] = "192.0.2.25",
		[FTG_ARG_TEXT] = "sample text",
		[FTG_ARG_TAG] = "de",
		[FTG_ARG_TIMESTAMP] = "<1896.697170952@mx.example.org>",
		[FTG_ARG_CHALLENGE] = "PDE4OTYuNjk3MTcwOTUyQGRiYy5tdHZpZXcuY2EudXM+",
		[FTG_ARG_NAME] = "mx.example.net",
	};
	const struct ftg_row *row = ftg_row(id);
	struct ftg_reply reply = ftg_reply(id);

	for (size_t i = 0; i < row_arity(row); i++) {
		const char *text = samples[row->args[i]];

		if (row->args[i] == FTG_ARG_BANNER && row->service == FTG_POP3)
			text = "pop.example.org";
		reply.arg[i].text = text;
		reply.arg[i].len = text ? strlen(text) : 0;
		reply.arg[i].number = row->args[i] == FTG_ARG_REASON ? (unsigned long)ERR_SECPOL_NO_ACCESS : count;
	}
	return reply;
}
