/* Reads conversation files. */
#include "talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_ROOM = 1 << 16 };

static int
hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *digit = c == '\0' ? NULL : strchr(digits, c);
	return digit == NULL ? -1 : (int)(digit - digits);
}

/* \{TEXT*N} */
static const char *
add_repeated(struct octets *octets, const char *p)
{
	const char *close = strchr(p, '}');
	const char *star = close == NULL ? NULL : memrchr(p, '*', (size_t)(close - p));

	if (star == NULL)
		return NULL;
	for (long n = strtol(star + 1, NULL, 10); n > 0; n--)
		octets_add(octets, p, (size_t)(star - p));
	return close + 1;
}

/* What stands behind a backslash; returns what follows, NULL for a fault. */
static const char *
add_escaped(struct octets *octets, const char *p)
{
	static const char names[] = "rnt\\", values[] = "\r\n\t\\";
	const char *name = *p == '\0' ? NULL : strchr(names, *p);

	if (name != NULL) {
		octets_add(octets, &values[name - names], 1);
		return p + 1;
	}
	if (*p == '{')
		return add_repeated(octets, p + 1);
	if (*p != 'x' || hex_digit(p[1]) < 0 || hex_digit(p[2]) < 0)
		return NULL;
	octets_add(octets, &(char) { (char)(hex_digit(p[1]) << 4 | hex_digit(p[2])) }, 1);
	return p + 3;
}

static bool
add_unescaped(struct octets *octets, const char *text)
{
	const char *p = text;

	while (p != NULL && *p != '\0')
		if (*p == '\\') {
			p = add_escaped(octets, p + 1);
		} else {
			octets_add(octets, p, 1);
			p++;
		}
	return p != NULL;
}

static struct talk_step *
add_step(struct talk *talk, enum talk_kind kind, unsigned line)
{
	if (talk->count == talk->room) {
		talk->room = talk->room == 0 ? 64 : 2 * talk->room;
		talk->steps = reallocarray(talk->steps, talk->room, sizeof *talk->steps);
		if (talk->steps == NULL)
			abort();
	}
	struct talk_step *step = &talk->steps[talk->count++];
	*step = (struct talk_step) { .kind = kind, .line = line, .times = 1, .profiles = { true, true } };
	octets_clear(&step->octets);
	return step;
}

/* "@ NAME VALUE" */
static bool
read_setting(struct talk *talk, char *text, unsigned line)
{
	char *name = text + strspn(text, " ");
	char *value = name + strcspn(name, " ");

	if (*value != '\0')
		*value++ = '\0';
	if (strcmp(name, "profile") == 0) {
		talk->profiles[FTG_PUBLISHED] = strcmp(value, "strict") != 0;
		talk->profiles[FTG_STRICT] = strcmp(value, "published") != 0;
		return true;
	}
	for (size_t i = 0; i < talk->count; i++)
		talk->has_midway |= talk->steps[i].kind == SENT;
	struct talk_step *step = add_step(talk, SET, line);
	octets_add(&step->octets, name, strlen(name) + 1);
	octets_add(&step->octets, value, strlen(value) + 1);
	return true;
}

/* What stands between the letter of a line and its colon: a profile, a number of times, or nothing. */
static bool
read_qualifier(struct talk_step *step, const char *text)
{
	while (*text == ' ')
		text++;
	if (strncmp(text, "published", 9) == 0) {
		step->profiles[FTG_STRICT] = false;
		text += 9;
	} else if (strncmp(text, "strict", 6) == 0) {
		step->profiles[FTG_PUBLISHED] = false;
		text += 6;
	}
	char *end;
	unsigned long times = strtoul(text, &end, 10);
	if (end != text)
		step->times = (unsigned)times;
	return *end == '\0';
}

static bool
read_line(struct talk *talk, char *text, unsigned line)
{
	static const char letters[] = "CRSDLQ";
	static const enum talk_kind kinds[] = { SENT, SENT, SAID, DELIVERED, LOGGED, QUEUED };

	if (*text == '\0' || *text == '#')
		return true;
	if (*text == '@')
		return read_setting(talk, text + 1, line);
	const char *letter = strchr(letters, *text);
	char *colon = strchr(text, ':');
	if (letter == NULL || colon == NULL)
		return false;
	struct talk_step *step = add_step(talk, kinds[letter - letters], line);
	*colon = '\0';
	if (!read_qualifier(step, text + 1) || !add_unescaped(&step->octets, colon + (colon[1] == ' ' ? 2 : 1)))
		return false;
	bool bare = *text == 'L' || *text == 'Q';
	octets_add(&step->octets, bare ? "\n" : "\r\n", *text == 'R' ? 0 : bare ? 1 : 2);
	return true;
}

static void
read_lines(struct talk *talk, FILE *file)
{
	static char text[LINE_ROOM];

	for (unsigned line = 1; talk->fault[0] == '\0' && fgets(text, sizeof text, file) != NULL; line++) {
		text[strcspn(text, "\n")] = '\0';
		if (!read_line(talk, text, line))
			snprintf(talk->fault, sizeof talk->fault, "line %u is malformed", line);
	}
}

/* The longest stretch of client octets with nothing expected in between. */
static void
measure(struct talk *talk)
{
	size_t stretch = 0;

	for (size_t i = 0; i < talk->count; i++) {
		const struct talk_step *step = &talk->steps[i];
		stretch = step->kind == SENT ? stretch + step->octets.len * step->times : 0;
		if (stretch > talk->longest)
			talk->longest = stretch;
	}
}

void
talk_read(struct talk *talk, const char *path)
{
	FILE *file = fopen(path, "re");

	*talk = (struct talk) { .profiles = { true, true } };
	if (file == NULL) {
		snprintf(talk->fault, sizeof talk->fault, "cannot be opened");
		return;
	}
	read_lines(talk, file);
	fclose(file);
	measure(talk);
}

void
talk_free(struct talk *talk)
{
	for (size_t i = 0; i < talk->count; i++)
		free(talk->steps[i].octets.bytes);
	free(talk->steps);
	*talk = (struct talk) { 0 };
}
