/* The languages of domains, in memory. */
#include "mapd/languages.h"

#include <errno.h>
#include <ftgate/catalog.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/translate.h"

struct row {
	char *domain; /* its language follows its NUL */
	size_t number;
};

struct languages {
	struct row *rows;
	size_t count, room;
};

struct languages *
languages_new(void)
{
	return calloc(1, sizeof(struct languages));
}

void
languages_free(struct languages *languages)
{
	if (languages == NULL)
		return;
	for (size_t i = 0; i < languages->count; i++)
		free(languages->rows[i].domain);
	free(languages->rows);
	free(languages);
}

static int
make_room(struct languages *languages)
{
	if (languages->count < languages->room)
		return 0;
	if (languages->count == LANGUAGES_MAX) {
		errno = E2BIG;
		return -1;
	}
	size_t room = languages->room == 0 ? 64 : 2 * languages->room;
	struct row *rows = reallocarray(languages->rows, room, sizeof *rows);
	if (rows == NULL)
		return -1;
	languages->rows = rows;
	languages->room = room;
	return 0;
}

int
languages_add(struct languages *languages, const char *domain, const char *language)
{
	size_t len = strlen(domain) + 1, language_len = strlen(language) + 1;
	if (make_room(languages) < 0)
		return -1;
	char *octets = malloc(len + language_len);
	if (octets == NULL)
		return -1;
	memcpy(octets, domain, len);
	memcpy(octets + len, language, language_len);
	languages->rows[languages->count] = (struct row) { octets, languages->count };
	languages->count++;
	return 0;
}

/* C stands for the published English, as for the setting language. */
static bool
is_language(const char *name)
{
	return ftg_language_valid(name) || strcmp(name, "C") == 0;
}

int
languages_add_line(struct languages *languages, const char *line, char error[LANGUAGES_ERROR_SIZE])
{
	static const char space[] = " \t\r\n\f\v";
	const char *begin = line + strspn(line, space);
	size_t len = strcspn(begin, space);
	const char *second = begin + len + strspn(begin + len, space);
	size_t second_len = strcspn(second, space);
	char domain[ADDRESS_DOMAIN_MAX + 1], language[FTG_TAG_MAX] = "";
	if (len == 0 || *begin == '#')
		return 0;
	if (!address_parse_domain(domain, begin, len)) {
		snprintf(error, LANGUAGES_ERROR_SIZE,
		    _("'%.*s' is not a domain; write a domain and a language in a line, as in 'example.org de'"),
		    (int)(len < 80 ? len : 80), begin);
		return -1;
	}
	if (second_len < sizeof language)
		memcpy(language, second, second_len);
	if (!is_language(language) || second[second_len + strspn(second + second_len, space)] != '\0') {
		snprintf(error, LANGUAGES_ERROR_SIZE,
		    _("'%.*s' is not a language; write a tag such as de or pt-BR, or C, behind the domain"),
		    (int)(strcspn(second, "\r\n") < 40 ? strcspn(second, "\r\n") : 40), second);
		return -1;
	}
	if (languages_add(languages, domain, language) == 0)
		return 0;
	snprintf(error, LANGUAGES_ERROR_SIZE, "%s", strerror(errno));
	return -1;
}

static int
compare(const void *a, const void *b)
{
	const struct row *one = a, *two = b;
	int order = strcmp(one->domain, two->domain);
	return order != 0 ? order : (one->number > two->number) - (one->number < two->number);
}

void
languages_complete(struct languages *languages)
{
	if (languages->count > 0)
		qsort(languages->rows, languages->count, sizeof *languages->rows, compare);
}

/* The first of those with the same name was added first. */
const char *
languages_find(const struct languages *languages, const char *domain)
{
	size_t low = 0, high = languages->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(languages->rows[middle].domain, domain) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == languages->count || strcmp(languages->rows[low].domain, domain) != 0)
		return NULL;
	return languages->rows[low].domain + strlen(domain) + 1;
}

size_t
languages_count(const struct languages *languages)
{
	return languages->count;
}
