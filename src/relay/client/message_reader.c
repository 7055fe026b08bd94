/* Reads a message file in jobs, as SMTP sends it: CR LF for each LF, dots doubled (RFC 5321 section 4.5.2), the dot at the end. */
#include "relay/client/message_reader.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void
message_reader_open(struct message_reader *reader, int file, off_t skip)
{
	reader->file = file;
	reader->at = skip;
	reader->line_start = true;
	reader->ended = false;
	reader->error = 0;
	reader->len = 0;
}

static void
encode(struct message_reader *r, const char *octets, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (octets[i] == '\n')
			r->out[r->len++] = '\r';
		else if (octets[i] == '.' && r->line_start)
			r->out[r->len++] = '.';
		r->out[r->len++] = octets[i];
		r->line_start = octets[i] == '\n';
	}
}

static void
put_end(struct message_reader *r)
{
	const char *end = r->line_start ? ".\r\n" : "\r\n.\r\n";
	memcpy(r->out + r->len, end, strlen(end));
	r->len += strlen(end);
	r->ended = true;
}

/*
 * Less than a block is the end of a regular file. A CR in the file ends no line, so it is a bare one. It must not look as if
 * it ended one to the other server; another octet in its place would break a DKIM signature (RFC 6376).
 */
static void
work(struct job *job)
{
	struct message_reader *r = (struct message_reader *)(void *)job;
	ssize_t len = TEMP_FAILURE_RETRY(pread(r->file, r->block, sizeof r->block, r->at));
	r->len = 0;
	r->error = len < 0 ? errno : 0;
	if (len < 0)
		return;
	if (memchr(r->block, '\r', (size_t)len) != NULL) {
		r->error = EILSEQ;
		return;
	}
	r->at += len;
	encode(r, r->block, (size_t)len);
	if ((size_t)len < sizeof r->block)
		put_end(r);
}

static void
done(struct job *job)
{
	struct message_reader *reader = (struct message_reader *)(void *)job;
	reader->done(reader);
}

void
message_reader_next(struct message_reader *reader, struct executor *executor)
{
	reader->job = (struct job) { .work = work, .done = done };
	executor->start(executor, &reader->job);
}
