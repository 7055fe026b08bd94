/* Walks through the parts of a message in a file, in one pass and a fixed amount of memory. */
#include "message/mime_walk.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text/ascii.h"
#include "message/header.h"
#include "message/mime_field.h"

enum {
	MIME_BOUNDARY_SIZE = 256,
	BLOCK = 64 * 1024,
	AHEAD = 2 * MIME_BOUNDARY_SIZE, /* octets of a line that are there when it is looked at */
};

/* A multipart that is open. */
struct level {
	char boundary[MIME_BOUNDARY_SIZE];
	size_t len;
	bool digest; /* its parts are messages unless they say otherwise (RFC 2046 section 5.1.5) */
};

struct walk {
	const struct mime_visitor *visitor;
	enum mime_result result;
	bool stopped;
	int file;
	off_t read; /* octets of the file */
	bool at_end;
	bool in_line;   /* of which the beginning is gone */
	bool in_header; /* of a part */
	bool own;       /* of the message itself */
	bool passing;   /* the rest of a line with a boundary */
	bool typed;     /* a Content-Type has been read in this header */
	bool message;   /* which says that a message follows, */
	bool digest;    /* or many */
	unsigned parts;
	unsigned depth;
	struct header_scanner header;
	char *value; /* of the field that is being read */
	size_t value_len, value_room;
	size_t pos, len; /* in the block */
	struct level levels[MIME_DEPTH_MAX];
	char block[BLOCK];
};

static void
stop(struct walk *walk, enum mime_result result)
{
	if (!walk->stopped)
		walk->result = result;
	walk->stopped = true;
}

static bool
add_to_value(struct walk *walk, const char *text, size_t len)
{
	if (walk->value_len + len + 1 > walk->value_room) {
		size_t room = 2 * walk->value_room + len + 1;
		char *value = realloc(walk->value, room);
		if (value == NULL)
			return false;
		walk->value = value;
		walk->value_room = room;
	}
	for (size_t i = 0; i < len; i++)
		walk->value[walk->value_len++] = (char)(text[i] != '\0' ? text[i] : ' ');
	walk->value[walk->value_len] = '\0';
	return true;
}

static bool
is_open(const struct walk *walk, const char *boundary)
{
	for (unsigned i = 0; i < walk->depth; i++)
		if (strcmp(walk->levels[i].boundary, boundary) == 0)
			return true;
	return false;
}

static void
open_multipart(void *context, const char *boundary)
{
	struct walk *walk = context;
	size_t len = strlen(boundary);
	if (len == 0 || walk->stopped || is_open(walk, boundary))
		return;
	if (len >= MIME_BOUNDARY_SIZE || walk->depth == MIME_DEPTH_MAX) {
		stop(walk, len >= MIME_BOUNDARY_SIZE ? MIME_BOUNDARY : MIME_DEPTH);
		return;
	}
	struct level *level = &walk->levels[walk->depth++];
	level->len = len;
	level->digest = walk->digest;
	memcpy(level->boundary, boundary, len + 1);
}

static void
see_type(struct walk *walk, const char *name)
{
	const struct mime_visitor *visitor = walk->visitor;
	if (!walk->stopped && visitor->type != NULL && !visitor->type(visitor->context, name))
		stop(walk, MIME_WALKED);
}

static void
see_name(void *context, const char *name)
{
	struct walk *walk = context;
	const struct mime_visitor *visitor = walk->visitor;
	if (!walk->stopped && visitor->name != NULL && !visitor->name(visitor->context, name))
		stop(walk, MIME_WALKED);
}

static bool
begins(const char *text, const char *with)
{
	return ascii_equal(text, with, strlen(with));
}

/* Of several types in one header each counts: mail readers differ in which one they use. */
static void
read_type(struct walk *walk)
{
	char type[MIME_TYPE_SIZE];
	mime_field_type(walk->value, type);
	see_type(walk, type);
	walk->typed = true;
	walk->message |= begins(type, "message/");
	walk->digest = begins(type, "multipart/digest");
	if (begins(type, "multipart/") || begins(walk->value, "multipart"))
		mime_field_boundaries(walk->value, open_multipart, walk);
}

static void
read_field(struct walk *walk, const struct header_field *field)
{
	const struct mime_visitor *visitor = walk->visitor;
	bool is_type = header_is(field, "Content-Type");
	if (walk->own && visitor->field != NULL && !visitor->field(visitor->context, field->name, walk->value))
		stop(walk, MIME_WALKED);
	if (walk->stopped || visitor->header_only)
		return;
	if (is_type)
		read_type(walk);
	if (is_type || header_is(field, "Content-Disposition"))
		mime_field_names(walk->value, see_name, walk);
}

static void
take_field(void *context, const struct header_field *field)
{
	struct walk *walk = context;
	if (walk->stopped)
		return;
	if (field->first)
		walk->value_len = 0;
	if (!add_to_value(walk, field->value, field->len))
		stop(walk, MIME_FAILED);
	else if (field->last)
		read_field(walk, field);
}

static void
begin_header(struct walk *walk)
{
	walk->header = (struct header_scanner) { .field = take_field, .context = walk };
	walk->in_header = true;
	walk->typed = walk->message = false;
}

/* One more part, or message within the message, which begins with its header. */
static void
begin_part(struct walk *walk)
{
	walk->own = false;
	if (++walk->parts > MIME_PARTS_MAX)
		stop(walk, MIME_PARTS);
	begin_header(walk);
}

static void
end_header(struct walk *walk)
{
	if (!walk->in_header)
		return;
	header_end(&walk->header);
	walk->in_header = false;
	if (walk->header.size > HEADER_MAX)
		stop(walk, MIME_HEADER);
	if (walk->own && walk->visitor->header_only)
		stop(walk, MIME_WALKED);
	bool digest = walk->depth > 0 && walk->levels[walk->depth - 1].digest;
	if (!walk->typed)
		see_type(walk, digest ? "message/rfc822" : "text/plain");
	if (walk->message || (digest && !walk->typed))
		begin_part(walk);
}

/* The level whose boundary a line begins with, the longest if there are several; the depth if there is none. */
static unsigned
find_level(const struct walk *walk, const char *line, size_t len)
{
	unsigned found = walk->depth;
	for (unsigned i = walk->depth; i-- > 0;) {
		const struct level *level = &walk->levels[i];
		if (level->len > len - 2 || memcmp(level->boundary, line + 2, level->len) != 0)
			continue;
		if (found == walk->depth || level->len > walk->levels[found].len)
			found = i;
	}
	return found;
}

/*
 * What stands behind the last part is passed over, but should the boundary come again, so does a part. A header is ended
 * first: it may have opened a multipart that the boundary, of one around it, closes.
 */
static bool
take_boundary(struct walk *walk, const char *line, size_t len)
{
	if (walk->depth == 0 || len < 2 || line[0] != '-' || line[1] != '-')
		return false;
	unsigned level = find_level(walk, line, len);
	if (level == walk->depth)
		return false;
	const char *behind = line + 2 + walk->levels[level].len;
	end_header(walk);
	walk->in_header = false;
	walk->depth = level + 1;
	if (line + len - behind < 2 || memcmp(behind, "--", 2) != 0)
		begin_part(walk);
	return true;
}

static void
take_line(struct walk *walk)
{
	const char *line = walk->block + walk->pos;
	const char *lf = memchr(line, '\n', walk->len - walk->pos);
	size_t len = lf != NULL ? (size_t)(lf - line) + 1 : walk->len - walk->pos;
	walk->pos += len;
	if (!walk->in_line)
		walk->passing = take_boundary(walk, line, len);
	walk->in_line = lf == NULL;
	if (walk->passing || !walk->in_header)
		return;
	header_scan(&walk->header, line, len);
	if (walk->header.ended)
		end_header(walk);
}

/* Has the next line ready, or as much of it as is looked at. False at the end of the file. */
static bool
read_ahead(struct walk *walk)
{
	if (walk->len - walk->pos < AHEAD && !walk->at_end) {
		walk->len -= walk->pos;
		memmove(walk->block, walk->block + walk->pos, walk->len);
		walk->pos = 0;
	}
	while (walk->len - walk->pos < AHEAD && !walk->at_end) {
		ssize_t got = TEMP_FAILURE_RETRY(
		    pread(walk->file, walk->block + walk->len, BLOCK - walk->len, walk->read));
		if (got < 0) {
			stop(walk, MIME_FAILED);
			return false;
		}
		walk->at_end = got == 0;
		walk->read += got;
		walk->len += (size_t)got;
	}
	return walk->pos < walk->len;
}

enum mime_result
mime_walk(int file, const struct mime_visitor *visitor)
{
	struct walk *walk = malloc(sizeof *walk);
	if (walk == NULL)
		return MIME_FAILED;
	memset(walk, 0, offsetof(struct walk, levels));
	walk->visitor = visitor;
	walk->file = file;
	walk->own = true;
	begin_header(walk);
	while (!walk->stopped && read_ahead(walk))
		take_line(walk);
	int error = errno;
	if (!walk->stopped)
		end_header(walk);
	enum mime_result result = walk->result;
	free(walk->value);
	free(walk);
	errno = error;
	return result;
}
