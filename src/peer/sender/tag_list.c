/* Tag lists: the form of the records of DKIM, DMARC, MTA-STS and TLS reporting (RFC 6376 section 3.2). */
#include "peer/sender/tag_list.h"

#include <string.h>

#include "base/text/ascii.h"

static void
trim(const char **text, size_t *len)
{
	while (*len > 0 && ascii_is_space((unsigned char)**text)) {
		(*text)++;
		(*len)--;
	}
	while (*len > 0 && ascii_is_space((unsigned char)(*text)[*len - 1]))
		(*len)--;
}

static bool
is_name(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!ascii_is_alnum((unsigned char)name[i]) && name[i] != '_')
			return false;
	return len > 0 && ascii_is_alpha((unsigned char)*name);
}

static bool
is_value(const char *value, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((value[i] < ' ' && !ascii_is_space((unsigned char)value[i])) || value[i] > '~')
			return false;
	return true;
}

static bool
add(struct tag_list *list, const char *text, size_t len)
{
	const char *sign = memchr(text, '=', len);
	if (sign == NULL || list->count == TAGS_MAX)
		return false;
	struct tag tag = { .name = text, .name_len = (size_t)(sign - text), .value = sign + 1 };
	tag.len = len - tag.name_len - 1;
	trim(&tag.name, &tag.name_len);
	trim(&tag.value, &tag.len);
	for (size_t i = 0; i < list->count; i++)
		if (list->tags[i].name_len == tag.name_len && memcmp(list->tags[i].name, tag.name, tag.name_len) == 0)
			return false;
	list->tags[list->count++] = tag;
	return is_name(tag.name, tag.name_len) && is_value(tag.value, tag.len);
}

bool
tag_list_parse(struct tag_list *list, const char *text, size_t len)
{
	list->count = 0;
	while (len > 0) {
		const char *end = memchr(text, ';', len), *piece = text;
		size_t whole = end != NULL ? (size_t)(end - text) : len, used = whole;
		trim(&piece, &used);
		bool is_last = end == NULL || whole + 1 == len;
		if (used > 0 ? !add(list, piece, used) : !is_last)
			return false;
		text += whole + (end != NULL);
		len -= whole + (end != NULL);
	}
	return list->count > 0;
}

const struct tag *
tag_find(const struct tag_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->tags[i].name_len == strlen(name) &&
		    memcmp(list->tags[i].name, name, list->tags[i].name_len) == 0)
			return &list->tags[i];
	return NULL;
}

bool
tag_is(const struct tag *tag, const char *word)
{
	return tag != NULL && tag->len == strlen(word) && ascii_equal(tag->value, word, tag->len);
}

bool
tag_has(const struct tag *tag, const char *word)
{
	if (tag == NULL)
		return false;
	const char *at = tag->value;
	for (size_t left = tag->len;;) {
		const char *end = memchr(at, ':', left), *piece = at;
		size_t whole = end != NULL ? (size_t)(end - at) : left, len = whole;
		trim(&piece, &len);
		if (len == strlen(word) && ascii_equal(piece, word, len))
			return true;
		if (end == NULL)
			return false;
		at = end + 1;
		left -= whole + 1;
	}
}
