/* Reads Content-Type and Content-Disposition of a part of a message. */
#include "message/mime_field.h"

#include <gmime/gmime.h>
#include <stdio.h>
#include <string.h>

#include "base/text/ascii.h"

void
mime_field_prepare(void)
{
	g_mime_init();
}

void
mime_field_type(const char *value, char type[MIME_TYPE_SIZE])
{
	GMimeContentType *parsed = g_mime_content_type_parse(NULL, value);
	snprintf(type, MIME_TYPE_SIZE, "%s/%s", g_mime_content_type_get_media_type(parsed),
	    g_mime_content_type_get_media_subtype(parsed));
	g_object_unref(parsed);
}

/* Hands out the values of the parameters of these names, in either case. */
static void
each_parameter(const char *parameters, const char *const names[2], mime_found *found, void *context)
{
	GMimeParamList *list = g_mime_param_list_parse(NULL, parameters);
	for (int i = 0; list != NULL && i < g_mime_param_list_length(list); i++) {
		GMimeParam *parameter = g_mime_param_list_get_parameter_at(list, i);
		const char *name = g_mime_param_get_name(parameter);
		if (g_ascii_strcasecmp(name, names[0]) == 0 || g_ascii_strcasecmp(name, names[1]) == 0)
			found(context, g_mime_param_get_value(parameter));
	}
	if (list != NULL)
		g_object_unref(list);
}

/* Passes a boundary on that has no encoded words. */
struct masked {
	mime_found *boundary;
	void *context;
};

/* A quote that is not closed, and a comment, which GMime takes for parts of it, may be none. */
static void
unmask(void *context, const char *text)
{
	const struct masked *masked = context;
	char *boundary = g_strdelimit(g_strdup(text), "\1", '?'), *comment = strstr(boundary, " (");
	masked->boundary(masked->context, boundary + (boundary[0] == '"'));
	if (comment != NULL) {
		*comment = '\0';
		masked->boundary(masked->context, boundary);
	}
	g_free(boundary);
}

/* A boundary may look like an encoded word but is not one, so GMime must not see it. */
void
mime_field_boundaries(const char *value, mime_found *boundary, void *context)
{
	static const char *const names[] = { "boundary", "boundary" };
	struct masked masked = { boundary, context };
	const char *parameters = strchr(value, ';');
	if (parameters == NULL)
		return;
	char *copy = g_strdelimit(g_strdup(parameters + 1), "?", '\1');
	each_parameter(copy, names, unmask, &masked);
	g_free(copy);
}

/* Adds the text of an encoded word: with a blank for the NUL, which would end the name; with the base64 padded. */
static void
add_word_text(GString *to, char encoding, const char *text, const char *end)
{
	gsize start = to->len;
	g_string_append_len(to, text, end - text);
	if (ascii_lower(encoding) == 'q')
		g_string_replace(to, "=00", "=20", 0);
	while (ascii_lower(encoding) == 'b' && (to->len - start) % 4 != 0)
		g_string_append_c(to, '=');
}

/* Adds an encoded word (RFC 2047), or its first two octets if it is none. Returns what is behind. */
static const char *
add_word(GString *to, const char *word)
{
	const char *encoding = strchr(word + 2, '?');
	const char *text = encoding != NULL && encoding[1] != '\0' && encoding[2] == '?' ? encoding + 3 : NULL;
	const char *end = text != NULL ? strstr(text, "?=") : NULL;
	if (end == NULL) {
		g_string_append_len(to, word, 2);
		return word + 2;
	}
	g_string_append_len(to, word, text - word);
	add_word_text(to, encoding[1], text, end);
	g_string_append_len(to, end, 2);
	return end + 2;
}

/* A copy normalised so that GMime sees what lenient mail readers would see: it ends names at a NUL, and cuts base64 short. */
static char *
prepare(const char *value)
{
	GString *copy = g_string_sized_new(strlen(value) + 1);
	while (*value != '\0')
		if (value[0] == '=' && value[1] == '?')
			value = add_word(copy, value);
		else
			g_string_append_c(copy, *value++);
	g_string_replace(copy, "%00", "%20", 0);
	return g_string_free(copy, FALSE);
}

/* The receiver of the names. */
struct name_reader {
	mime_found *name;
	void *context;
};

static void
hand_out(const struct name_reader *reader, const char *value)
{
	char *name = g_strdup(value);
	for (size_t len = strlen(name); len > 0 && strchr(" \t.\"'", name[len - 1]) != NULL; len--)
		name[len - 1] = '\0';
	reader->name(reader->context, name);
	g_free(name);
}

/* Encoded words that were torn apart are whole once their parts are put together. */
static void
hand_out_both(void *context, const char *value)
{
	const struct name_reader *reader = context;
	hand_out(reader, value);
	if (strstr(value, "=?") == NULL)
		return;
	char *prepared = prepare(value), *decoded = g_mime_utils_header_decode_text(NULL, prepared);
	hand_out(reader, decoded);
	g_free(decoded);
	g_free(prepared);
}

void
mime_field_names(const char *value, mime_found *name, void *context)
{
	static const char *const names[] = { "name", "filename" };
	struct name_reader reader = { name, context };
	const char *parameters = strchr(value, ';');
	if (parameters == NULL)
		return;
	char *prepared = prepare(parameters + 1);
	each_parameter(prepared, names, hand_out_both, &reader);
	g_free(prepared);
}
