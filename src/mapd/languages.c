/* The languages of domains, in memory. */
#include "mapd/languages.h"

#include <errno.h>
#include <ftgate/catalog.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address/address.h"
#include "base/text/translate.h"

/* A row is where its domain begins in the octets; its language follows its NUL. */
struct languages {
	uint32_t *rows;
	size_t count, room;
	char *octets;
	size_t len, size;
};

_Static_assert((long long)LANGUAGES_MAX *(ADDRESS_DOMAIN_MAX + 1 + FTG_TAG_MAX) < UINT32_MAX, "a row can be any octet");

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
	free(languages->rows);
	free(languages->octets);
	free(languages);
}

static int
make_row(struct languages *languages)
{
	if (languages->count < languages->room)
		return 0;
	size_t room = languages->room == 0 ? 64 : 2 * languages->room;
	uint32_t *rows = reallocarray(languages->rows, room, sizeof *rows);
	if (rows == NULL)
		return -1;
	languages->rows = rows;
	languages->room = room;
	return 0;
}

static int
make_octets(struct languages *languages, size_t count)
{
	if (languages->size - languages->len >= count)
		return 0;
	size_t size = 2 * languages->size + count;
	char *octets = realloc(languages->octets, size);
	if (octets == NULL)
		return -1;
	languages->octets = octets;
	languages->size = size;
	return 0;
}

static void
append(struct languages *languages, const char *text, size_t len)
{
	memcpy(languages->octets + languages->len, text, len);
	languages->len += len;
}

int
languages_add(struct languages *languages, const char *domain, const char *language)
{
	size_t len = strlen(domain), language_len = strlen(language);
	if (languages->count == LANGUAGES_MAX || len > ADDRESS_DOMAIN_MAX || language_len >= FTG_TAG_MAX) {
		errno = E2BIG;
		return -1;
	}
	if (make_row(languages) < 0 || make_octets(languages, len + language_len + 2) < 0)
		return -1;
	languages->rows[languages->count++] = (uint32_t)languages->len;
	append(languages, domain, len + 1);
	append(languages, language, language_len + 1);
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
		errno = EINVAL;
		return -1;
	}
	if (second_len < sizeof language)
		memcpy(language, second, second_len);
	if (!is_language(language) || second[second_len + strspn(second + second_len, space)] != '\0') {
		snprintf(error, LANGUAGES_ERROR_SIZE,
		    _("'%.*s' is not a language; write a tag such as de or pt-BR, or C, behind the domain"),
		    (int)(strcspn(second, "\r\n") < 40 ? strcspn(second, "\r\n") : 40), second);
		errno = EINVAL;
		return -1;
	}
	if (languages_add(languages, domain, language) == 0)
		return 0;
	snprintf(error, LANGUAGES_ERROR_SIZE, "%s", strerror(errno));
	return -1;
}

/* Of two rows of a domain, the one that was added first is the first. */
static int
compare(const void *a, const void *b, void *octets)
{
	uint32_t one = *(const uint32_t *)a, two = *(const uint32_t *)b;
	int order = strcmp((const char *)octets + one, (const char *)octets + two);
	return order != 0 ? order : (one > two) - (one < two);
}

void
languages_complete(struct languages *languages)
{
	if (languages->count > 0)
		qsort_r(languages->rows, languages->count, sizeof *languages->rows, compare, languages->octets);
}

const char *
languages_find(const struct languages *languages, const char *domain)
{
	size_t low = 0, high = languages->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(languages->octets + languages->rows[middle], domain) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == languages->count || strcmp(languages->octets + languages->rows[low], domain) != 0)
		return NULL;
	return languages->octets + languages->rows[low] + strlen(domain) + 1;
}

bool
languages_equal(const struct languages *one, const struct languages *two)
{
	return one->len == two->len && (one->len == 0 || memcmp(one->octets, two->octets, one->len) == 0);
}

size_t
languages_count(const struct languages *languages)
{
	return languages->count;
}
