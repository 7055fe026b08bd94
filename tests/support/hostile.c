/* Texts and arguments that mean harm, made from a seed: the same seed makes the same ones. */
#include "hostile.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* With their lengths: some hold a NUL. */
struct snippet {
	const char *octets;
	size_t len;
};
#define SNIPPET(literal)                                                                                               \
	{                                                                                                              \
		literal, sizeof(literal) - 1                                                                           \
	}

/* What ends a line, imitates one, is not text, turns it around or hides in it. */
static const struct snippet harmful[] = { SNIPPET("\r\n250 ok\r\n"), SNIPPET("\n"), SNIPPET("\r"), SNIPPET("\0"),
	SNIPPET("\x1B[31m"), SNIPPET("\x7F"), SNIPPET("\t"), SNIPPET("(#4.46)"), SNIPPET("#4.46)"), SNIPPET("("),
	SNIPPET("#"), SNIPPET("(#"), SNIPPET("[AUTH] "), SNIPPET("["), SNIPPET("250 "), SNIPPET("250-"),
	SNIPPET("+OK "), SNIPPET("-ERR "), SNIPPET("5.1.1 "), SNIPPET("%s"), SNIPPET("%n"), SNIPPET("%99999s"),
	SNIPPET("%2$s"), SNIPPET("%"), SNIPPET("${host}"), SNIPPET("${"), SNIPPET("\xC2\x85"), SNIPPET("\xC2\x9B"),
	SNIPPET("\xE2\x80\xAE"), SNIPPET("\xE2\x80\xA8"), SNIPPET("\xE2\x80\x8B"), SNIPPET("\xE2\x81\xA6"),
	SNIPPET("\xEF\xBB\xBF"), SNIPPET("\xF3\xA0\x81\x81"), SNIPPET("\xFF"), SNIPPET("\xC3"), SNIPPET("\xE2\x80"),
	SNIPPET("\xF0\x9F\x98"), SNIPPET("\xC0\x80"), SNIPPET("\xED\xA0\x80"), SNIPPET("\x80"),
	SNIPPET("\xEF\xBC\x88\xEF\xBC\x83"), SNIPPET("\xEF\xBC\xBB"), SNIPPET("\xEF\xBC\x92\xEF\xBC\x95\xEF\xBC\x90 "),
	SNIPPET("\xEF\xBF\xBD"), SNIPPET("\xEF\xBF\xBF"), SNIPPET("\\x{41}"), SNIPPET("\xC2\xA1"),
	SNIPPET("\xCC\x88") };

static const struct snippet harmless[] = { SNIPPET("a"), SNIPPET(" "), SNIPPET("  "), SNIPPET("word"),
	SNIPPET("Postfach "), SNIPPET("<a@example.org>"), SNIPPET("192.0.2.1"), SNIPPET("\xC3\xA4"),
	SNIPPET("gr\xC3\xB6\xC3\x9F"
	        "er "),
	SNIPPET("\xC3\x84RGER"), SNIPPET("a\xCC\x88"), SNIPPET("\xD0\xAF\xD1\x89\xD0\xB8\xD0\xBA"),
	SNIPPET("\xE9\x82\xAE\xE7\xAE\xB1"), SNIPPET("\xF0\x9F\x98\x80"), SNIPPET("\xE2\x80\xA6"),
	SNIPPET("\xE2\x80\x9E"), SNIPPET("\xC2\xA0"), SNIPPET("a-long-word-without-a-single-space-in-it-"),
	SNIPPET("jos\xC3\xA9@ex\xC3\xA4mple.org"), SNIPPET(", see "), SNIPPET("(x) "), SNIPPET(". ") };

static const struct snippet variables[] = { SNIPPET("${host}"), SNIPPET("${client}"), SNIPPET("${session}"),
	SNIPPET("${time}"), SNIPPET("${ref}"), SNIPPET("${contact}"), SNIPPET("${help}"), SNIPPET("{lang}"),
	SNIPPET("{ref}"), SNIPPET("%%") };

unsigned long
hostile_number(struct hostile *hostile, unsigned long below)
{
	hostile->state = hostile->state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned long)(hostile->state >> 33) % below;
}

static struct snippet
pick(struct hostile *hostile, const struct snippet *from, size_t count)
{
	return from[hostile_number(hostile, count)];
}

/* Adds a snippet, now and then many times; its place is cut where the room ends. */
static size_t
add(struct hostile *hostile, char *out, size_t used, size_t size, struct snippet snippet)
{
	size_t times = hostile_number(hostile, 40) == 0 ? hostile_number(hostile, 120) : 1;
	for (; times > 0 && used < size; times--) {
		size_t len = snippet.len < size - used ? snippet.len : size - used;
		memcpy(out + used, snippet.octets, len);
		used += len;
	}
	return used;
}

size_t
hostile_argument(struct hostile *hostile, char *out, size_t size)
{
	size_t used = 0;
	for (unsigned long n = hostile_number(hostile, 12); n > 0; n--) {
		bool good = hostile_number(hostile, 3) == 0;
		struct snippet snippet = good ? pick(hostile, harmless, COUNT(harmless))
		                              : pick(hostile, harmful, COUNT(harmful));
		used = add(hostile, out, used, size, snippet);
	}
	return used;
}

/* A directive of the table, in order or by position. */
static struct snippet
directive(struct hostile *hostile, const struct ftg_row *row, unsigned *next, bool by_position)
{
	static const struct snippet plain[] = { SNIPPET("%s"), SNIPPET("%lu") };
	static const struct snippet placed[][2] = { { SNIPPET("%1$s"), SNIPPET("%1$lu") },
		{ SNIPPET("%2$s"), SNIPPET("%2$lu") } };
	unsigned index = by_position ? (unsigned)hostile_number(hostile, FTG_ARGS_MAX) : (*next)++;
	if (index >= FTG_ARGS_MAX || row->args[index] == FTG_ARG_NONE)
		return (struct snippet)SNIPPET("x");
	bool number = row->args[index] == FTG_ARG_COUNT;
	return by_position ? placed[index][number] : plain[number];
}

size_t
hostile_text(struct hostile *hostile, enum ftg_id id, char *out, size_t size)
{
	size_t used = 0;
	unsigned next = 0;
	bool by_position = hostile_number(hostile, 2);
	if (ftg_row(id)->args[0] == FTG_ARG_BANNER)
		used = add(hostile, out, used, size, directive(hostile, ftg_row(id), &next, by_position));
	for (unsigned long n = 1 + hostile_number(hostile, 14); n > 0; n--) {
		unsigned long kind = hostile_number(hostile, 32);
		struct snippet snippet = kind == 0 ? pick(hostile, harmful, COUNT(harmful))
		    : kind == 1                    ? (struct snippet)SNIPPET("\n")
		    : kind < 5                     ? pick(hostile, variables, COUNT(variables))
		    : kind < 12                    ? directive(hostile, ftg_row(id), &next, by_position)
		                                   : pick(hostile, harmless, COUNT(harmless));
		used = add(hostile, out, used, size, snippet);
	}
	return used;
}

void
hostile_reply(struct hostile *hostile, enum ftg_id id, struct hostile_reply *made)
{
	made->reply = ftg_reply(id);
	for (unsigned i = 0; i < FTG_ARGS_MAX; i++) {
		struct ftg_arg *arg = &made->reply.arg[i];
		arg->text = hostile_number(hostile, 20) == 0 ? NULL : made->argument[i];
		arg->len = hostile_argument(hostile, made->argument[i], sizeof(made->argument[i]));
		arg->number = hostile_number(hostile, 4) == 0 ? ~hostile_number(hostile, 9)
		                                              : hostile_number(hostile, FTG_IDS + 3);
	}
	for (unsigned i = 0; i < FTG_VARS; i++) {
		size_t len = hostile_argument(hostile, made->value[i], sizeof(made->value[i]) - 1);
		made->value[i][len] = '\0';
		made->vars.value[i] = hostile_number(hostile, 4) == 0 ? NULL : made->value[i];
	}
}
