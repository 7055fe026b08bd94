/* Reads what a bounce says: finds the parts of a message that explain it, and decodes them. */
#include "message/bounce.h"

#include <string.h>

#include <gmime/gmime.h>

#include "base/text/ascii.h"
#include "message/plain_text.h"

enum {
	DEPTH_MAX = 64, /* multiparts within each other */
	DASHES_MAX =
	    10000, /* lines that may be boundaries: GMime makes an object for each part (1.3 GB for a million) */
	COLONS_MAX = 10000,   /* of a field: GMime calls itself for a group of addresses in another, 50,000 end it */
	BOUNDARY_LINES = 200, /* lines in which a boundary without its header is looked for */
	BOUNDARY_MAX = 70,    /* RFC 2046 section 5.1.1 */
};

struct reader {
	bounce_found *found;
	void *context;
	enum bounce_kind kind; /* which parts are passed in this walk */
	unsigned parts;
	unsigned nested;
};

static size_t
line_length(const char *p, const char *end)
{
	const char *lf = memchr(p, '\n', (size_t)(end - p));

	return lf ? (size_t)(lf - p) + 1 : (size_t)(end - p);
}

static bool
is_blank(const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!g_ascii_isspace(line[i]))
			return false;
	return true;
}

/* Passes a text for people. Texts that hide in it, behind HTML or base64, are decoded. */
static void
pass_text(struct reader *reader, const char *text, size_t len)
{
	GString *plain = plain_is_html(text, len) ? plain_from_html(text, len) : g_string_new_len(text, (gssize)len);
	GString *unquoted = plain_unquoted(plain->str, plain->len);
	GString *decoded = plain_from_base64(unquoted->str, unquoted->len);

	reader->found(reader->context, BOUNCE_TEXT, unquoted->str, plain_before_returned(unquoted->str, unquoted->len));
	if (decoded) {
		GString *inner = plain_is_html(decoded->str, decoded->len)
		    ? plain_from_html(decoded->str, decoded->len)
		    : g_string_new_len(decoded->str, (gssize)decoded->len);

		reader->found(reader->context, BOUNCE_TEXT, inner->str, plain_before_returned(inner->str, inner->len));
		g_string_free(inner, TRUE);
		g_string_free(decoded, TRUE);
	}
	g_string_free(unquoted, TRUE);
	g_string_free(plain, TRUE);
}

/* The value of a field of a group, or NULL. */
static const char *
field_of(const char *group, size_t len, const char *name)
{
	const char *end = group + len;
	size_t n = strlen(name);

	for (const char *p = group; p < end; p += line_length(p, end))
		if ((size_t)(end - p) > n && ascii_equal(p, name, n) && p[n] == ':')
			return p + n + 1 + strspn(p + n + 1, " \t");
	return NULL;
}

/* RFC 3464 section 2.3.3: a group that reports success explains no failure. */
static bool
reports_success(const char *group, size_t len)
{
	const char *action = field_of(group, len, "Action");

	return action &&
	    (ascii_equal(action, "deliv", 5) || ascii_equal(action, "relay", 5) || ascii_equal(action, "expan", 5));
}

/* RFC 3464 section 2.1: groups of fields, separated by empty lines; the first is about the message. */
static void
pass_report(struct reader *reader, const char *text, size_t len)
{
	const char *end = text + len, *group = text;

	for (const char *p = text; p < end || group < end;) {
		size_t n = p < end ? line_length(p, end) : 0;

		if (n > 0 && !is_blank(p, n)) {
			p += n;
			continue;
		}
		if (field_of(group, (size_t)(p - group), "Status") ||
		    field_of(group, (size_t)(p - group), "Diagnostic-Code"))
			if (!reports_success(group, (size_t)(p - group)))
				reader->found(reader->context, BOUNCE_REPORT, group, (size_t)(p - group));
		p += n;
		group = p;
	}
}

/* The decoded octets of a part. */
static GString *
content_of(GMimePart *part)
{
	GMimeDataWrapper *content = g_mime_part_get_content(part);
	GMimeStream *stream = g_mime_stream_mem_new();
	GByteArray *octets = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
	GString *copy;

	if (content)
		g_mime_data_wrapper_write_to_stream(content, stream);
	copy = g_string_new_len((const char *)octets->data, octets->len);
	g_object_unref(stream);
	return copy;
}

/* A text in its charset becomes UTF-8; if the charset is unknown, the octets are passed. */
static void
read_text(struct reader *reader, GMimePart *part)
{
	char *text = GMIME_IS_TEXT_PART(part) ? g_mime_text_part_get_text(GMIME_TEXT_PART(part)) : NULL;
	GString *octets = text && *text ? g_string_new(text) : content_of(part);

	pass_text(reader, octets->str, octets->len);
	g_string_free(octets, TRUE);
	g_free(text);
}

static void
read_report(struct reader *reader, GMimePart *part)
{
	GString *octets = content_of(part);

	pass_report(reader, octets->str, octets->len);
	g_string_free(octets, TRUE);
}

static void
read_part(struct reader *reader, GMimeObject *object)
{
	GMimeContentType *type = g_mime_object_get_content_type(object);

	if (g_mime_content_type_is_type(type, "message", "delivery-status") ||
	    g_mime_content_type_is_type(type, "message", "global-delivery-status")) {
		if (reader->kind == BOUNCE_REPORT)
			read_report(reader, GMIME_PART(object));
	} else if (reader->kind == BOUNCE_TEXT &&
	    (g_mime_content_type_is_type(type, "text", "plain") || g_mime_content_type_is_type(type, "text", "html"))) {
		read_text(reader, GMIME_PART(object));
	}
}

static void walk(struct reader *reader, GMimeObject *object, bool in_report, unsigned depth);

/* A message within a message is the returned one, unless somebody has attached a bounce to a letter. */
static void
walk_message(struct reader *reader, GMimeMessagePart *part, bool in_report, unsigned depth)
{
	GMimeMessage *message = g_mime_message_part_get_message(part);
	GMimeObject *inner = message ? g_mime_message_get_mime_part(message) : NULL;

	if (in_report || !inner || reader->nested == BOUNCE_NESTED_MAX ||
	    !g_mime_content_type_is_type(g_mime_object_get_content_type(inner), "multipart", "report"))
		return;
	reader->nested++;
	walk(reader, inner, false, depth);
	reader->nested--;
}

static void
walk(struct reader *reader, GMimeObject *object, bool in_report, unsigned depth)
{
	if (depth == DEPTH_MAX || ++reader->parts > BOUNCE_PARTS_MAX)
		return;
	if (GMIME_IS_MULTIPART(object)) {
		GMimeMultipart *multipart = GMIME_MULTIPART(object);
		bool report = g_mime_content_type_is_type(
		    g_mime_object_get_content_type(object), "multipart", "report");

		for (int i = 0; i < g_mime_multipart_get_count(multipart); i++)
			walk(reader, g_mime_multipart_get_part(multipart, i), in_report || report, depth + 1);
	} else if (GMIME_IS_MESSAGE_PART(object)) {
		walk_message(reader, GMIME_MESSAGE_PART(object), in_report, depth + 1);
	} else if (GMIME_IS_PART(object)) {
		read_part(reader, object);
	}
}

/* Whether there are few enough boundary lines for GMime. */
static bool
has_few_parts(const char *octets, size_t len)
{
	const char *end = octets + len;
	unsigned dashes = 0;

	for (const char *p = octets; p < end; p += line_length(p, end))
		dashes += end - p > 2 && p[0] == '-' && p[1] == '-';
	return dashes <= DASHES_MAX;
}

static size_t
count_colons(const char *line, size_t len)
{
	size_t colons = 0;

	for (size_t i = 0; i < len; i++)
		colons += line[i] == ':';
	return colons;
}

/* Whether no field, with its folded lines, can hold more groups of addresses in each other than GMime bears. */
static bool
has_flat_groups(const char *octets, size_t len)
{
	const char *end = octets + len;
	size_t colons = 0;

	for (const char *p = octets; p < end && colons <= COLONS_MAX; p += line_length(p, end)) {
		if (*p != ' ' && *p != '\t')
			colons = 0;
		colons += count_colons(p, line_length(p, end));
	}
	return colons <= COLONS_MAX;
}

static bool
read_message(struct reader *reader, const char *octets, size_t len)
{
	if (!has_few_parts(octets, len) || !has_flat_groups(octets, len))
		return false;
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(octets, len);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
	GMimeObject *object = message ? g_mime_message_get_mime_part(message) : NULL;

	for (int kind = BOUNCE_REPORT; object && kind <= BOUNCE_TEXT; kind++) {
		reader->kind = (enum bounce_kind)kind;
		reader->parts = 0;
		walk(reader, object, false, 0);
	}
	if (message)
		g_object_unref(message);
	g_object_unref(parser);
	g_object_unref(stream);
	return object != NULL;
}

static size_t
field_name(const char *line, size_t len)
{
	size_t n = 0;

	while (n < len && line[n] > ' ' && line[n] < 0x7F && line[n] != ':')
		n++;
	return n > 0 && n < len && line[n] == ':' ? n : 0;
}

/* Fields that begin a message. The fields of a report, which people paste alone, are not among them. */
static bool
is_of_message(const char *line, size_t n)
{
	static const char *const names[] = { "Received", "Return-Path", "From", "To", "Subject", "Date", "Message-ID",
		"MIME-Version", "Delivered-To", "X-Failed-Recipients", "Auto-Submitted", "Content-Type",
		"Content-Transfer-Encoding" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (n == strlen(names[i]) && ascii_equal(line, names[i], n))
			return true;
	return false;
}

/* Whether the octets begin with a header: two fields of a message, or one about its content. */
static bool
is_message(const char *octets, size_t len)
{
	const char *end = octets + len;
	unsigned fields = 0, known = 0;

	for (const char *p = octets; p < end; p += line_length(p, end)) {
		size_t n = line_length(p, end), name = field_name(p, n);

		if (fields > 0 && (*p == ' ' || *p == '\t') && !is_blank(p, n))
			continue;
		if (name == 0)
			return is_blank(p, n) && known > 0 && (fields > 1 || ascii_equal(octets, "Content-", 8));
		fields++;
		known += is_of_message(p, name);
	}
	return known > 1;
}

/* A message that was pasted without its header: a boundary line with a part behind it. NULL if there is none. */
static GString *
with_header(const char *octets, size_t len)
{
	const char *end = octets + len, *p = octets;

	for (unsigned i = 0; p < end && i < BOUNDARY_LINES; i++, p += line_length(p, end)) {
		size_t n = line_length(p, end);
		const char *next = p + n;

		if (n < 4 || memcmp(p, "--", 2) != 0 || end - next < 8 || !ascii_equal(next, "Content-", 8))
			continue;
		while (n > 2 && strchr("\r\n\t ", p[n - 1]))
			n--;
		if (n - 2 > BOUNDARY_MAX || n == 2 || memchr(p, '"', n) || memchr(p, '\\', n))
			continue;
		GString *out = g_string_new("MIME-Version: 1.0\nContent-Type: multipart/report; boundary=\"");
		g_string_append_len(out, p + 2, (gssize)n - 2);
		g_string_append(out, "\"\n\n");
		g_string_append_len(out, octets, (gssize)len);
		return out;
	}
	return NULL;
}

/* What precedes a header in files and pastes: blank lines, and the line "From " of a mailbox. */
static size_t
before_header(const char *octets, size_t len)
{
	const char *end = octets + len, *p = octets;

	while (p < end && is_blank(p, line_length(p, end)))
		p += line_length(p, end);
	if (end - p > 5 && memcmp(p, "From ", 5) == 0)
		p += line_length(p, end);
	return (size_t)(p - octets);
}

static void
read_utf8(struct reader *reader, const char *octets, size_t len)
{
	size_t skip = before_header(octets, len);
	GString *whole;

	if (is_message(octets + skip, len - skip) && read_message(reader, octets + skip, len - skip))
		return;
	whole = with_header(octets, len);
	if (!whole || !read_message(reader, whole->str, whole->len))
		pass_text(reader, octets, len);
	if (whole)
		g_string_free(whole, TRUE);
}

void
bounce_read(const char *octets, size_t len, bounce_found *found, void *context)
{
	struct reader reader = { .found = found, .context = context };
	GString *wide = plain_from_utf16(octets, len), *unquoted = NULL;
	size_t skip;

	g_mime_init();
	if (wide) {
		octets = wide->str;
		len = wide->len;
	}
	skip = before_header(octets, len);
	if (skip < len && octets[skip] == '>') {
		unquoted = plain_unquoted(octets, len);
		octets = unquoted->str;
		len = unquoted->len;
	}
	read_utf8(&reader, octets, len);
	if (unquoted)
		g_string_free(unquoted, TRUE);
	if (wide)
		g_string_free(wide, TRUE);
}
