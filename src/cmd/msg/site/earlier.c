/* The texts of an earlier export: their table, which may have been changed since. */
#include "earlier.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS = 7 };

static int
compare(const void *a, const void *b)
{
	const struct earlier_text *x = a, *y = b;
	int order = strcmp(x->language, y->language);
	if (order == 0)
		order = strcmp(x->id, y->id);
	return order != 0 ? order : (x->form > y->form) - (x->form < y->form);
}

/* Decodes \t, \n and \\ in place. */
static bool
unescape(char *text)
{
	char *to = text;
	for (; *text != '\0'; text++) {
		if (*text != '\\') {
			*to++ = *text;
			continue;
		}
		text++;
		if (*text != 't' && *text != 'n' && *text != '\\')
			return false;
		*to++ = *text == 't' ? '\t' : *text == 'n' ? '\n' : '\\';
	}
	*to = '\0';
	return true;
}

/* Parses a line, which ends with a NUL. */
static bool
parse_line(struct earlier_text *text, char *line)
{
	char *field[FIELDS];
	size_t fields = 0;
	for (char *at = line; at != NULL && fields < FIELDS; fields++) {
		field[fields] = at;
		at = strchr(at, '\t');
		if (at != NULL)
			*at++ = '\0';
		if (fields + 1 == FIELDS && at != NULL)
			return false;
	}
	if (fields < FIELDS || !isdigit((unsigned char)*field[3]) || strlen(field[3]) > 2 || !unescape(field[5]))
		return false;
	*text = (struct earlier_text) { .reference = field[0],
		.id = field[1],
		.language = field[2],
		.form = (unsigned)strtoul(field[3], NULL, 10),
		.state = field[4],
		.text = field[5] };
	return true;
}

static size_t
count_lines(const char *octets, size_t len)
{
	size_t lines = 0;
	for (const char *at = octets; (at = memchr(at, '\n', (size_t)(octets + len - at))) != NULL; at++)
		lines++;
	return lines;
}

static bool
parse_lines(struct earlier *earlier, char *line)
{
	for (char *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		*end = '\0';
		if (!parse_line(&earlier->text[earlier->count++], line))
			return false;
	}
	return *line == '\0';
}

int
earlier_parse(struct earlier *earlier, char *octets, size_t len)
{
	size_t names = strlen(EARLIER_NAMES "\n");
	*earlier = (struct earlier) { .octets = octets };
	octets[len] = '\0';
	if (len < names || memcmp(octets, EARLIER_NAMES "\n", names) != 0 || memchr(octets, '\0', len) != NULL) {
		errno = EBADMSG;
		return -1;
	}
	earlier->text = calloc(count_lines(octets, len) + 1, sizeof *earlier->text);
	if (earlier->text == NULL)
		return -1;
	if (!parse_lines(earlier, octets + names)) {
		errno = EBADMSG;
		return -1;
	}
	qsort(earlier->text, earlier->count, sizeof *earlier->text, compare);
	return 0;
}

void
earlier_free(struct earlier *earlier)
{
	free(earlier->text);
	free(earlier->octets);
	*earlier = (struct earlier) { 0 };
}

struct earlier_text *
earlier_find(const struct earlier *earlier, const char *id, const char *language, unsigned form)
{
	const struct earlier_text key = { .id = id, .language = language, .form = form };
	if (earlier->count == 0)
		return NULL;
	return bsearch(&key, earlier->text, earlier->count, sizeof key, compare);
}

bool
earlier_has_language(const struct earlier *earlier, const char *language)
{
	for (size_t i = 0; i < earlier->count; i++)
		if (strcmp(earlier->text[i].language, language) == 0)
			return true;
	return false;
}
