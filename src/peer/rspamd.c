/* rspamd: asks it about a message over HTTP (/checkv2). */
#include "peer/rspamd.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/printable.h"
#include "peer/http_answer.h"
#include "peer/scan_link.h"

enum { BLOCK = 64 * 1024, ANSWER_MAX = 1 << 20, VALUE_SIZE = 512, RECIPIENTS_MAX = 100 };

/* The head of a request. */
struct head {
	size_t len;
	char text[(RECIPIENTS_MAX + 16) * (VALUE_SIZE + 32)]; /* room for all headers at their longest */
};

static void __attribute__((format(printf, 2, 3))) put_line(struct head *head, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	int len = vsnprintf(head->text + head->len, sizeof head->text - head->len, format, arguments);
	va_end(arguments);
	head->len += (size_t)len;
}

/* Whatever the value holds, it is one line. */
static void
put(struct head *head, const char *name, const char *value)
{
	char clean[VALUE_SIZE];
	if (value == NULL)
		return;
	printable_copy(clean, sizeof clean, value, strlen(value));
	put_line(head, "%s: %s\r\n", name, clean);
}

static void
put_path(struct head *head, const char *name, const char *address)
{
	char path[VALUE_SIZE];
	snprintf(path, sizeof path, "<%s>", address);
	put(head, name, path);
}

/* Version 1.0: the answer ends where its length says, or with the connection, and comes in no chunks. */
static void
write_head(struct head *head, const struct scan_subject *subject)
{
	head->len = 0;
	put_line(head, "POST /checkv2 HTTP/1.0\r\nContent-Length: %" PRIu64 "\r\n", subject->size);
	put(head, "IP", subject->address);
	put(head, "Hostname", subject->client_name);
	put(head, "Helo", subject->helo);
	put(head, "User", subject->user);
	put(head, "Queue-Id", subject->session);
	put(head, "MTA-Name", subject->hostname);
	put_path(head, "From", subject->sender);
	for (size_t i = 0; i < subject->recipient_count && i < RECIPIENTS_MAX; i++)
		put_path(head, "Rcpt", subject->recipients[i]);
	put_line(head, "\r\n");
}

static enum scan_verdict
fail(char text[SCAN_TEXT_SIZE], const char *what, int error)
{
	snprintf(text, SCAN_TEXT_SIZE, "%s: %s", what, strerror(error));
	return SCAN_FAILED;
}

/* As many octets as were announced. False where the file cannot be read; rspamd may answer before it has all. */
static bool
send_file(struct scan_link *link, int file, uint64_t size)
{
	char block[BLOCK];
	for (uint64_t at = 0; at < size;) {
		size_t wanted = size - at < sizeof block ? (size_t)(size - at) : sizeof block;
		errno = EIO;
		ssize_t len = pread(file, block, wanted, (off_t)at);
		if (len <= 0)
			return false;
		if (!scan_link_send(link, block, (size_t)len))
			return true;
		at += (uint64_t)len;
	}
	return true;
}

static enum scan_verdict
judge(const struct http_answer *answer, bool spf, char text[SCAN_TEXT_SIZE])
{
	if (answer->status == 200)
		return rspamd_answer_read(answer->body, answer->len, spf, text);
	snprintf(text, SCAN_TEXT_SIZE, "the answer is of HTTP status %u", answer->status);
	return SCAN_FAILED;
}

static enum scan_verdict
take_answer(struct scan_link *link, char *octets, bool spf, char text[SCAN_TEXT_SIZE])
{
	static const char *const faults[] = {
		[HTTP_MORE] = "the answer is too long",
		[HTTP_CUT_OFF] = "the answer is cut off",
		[HTTP_BAD] = "the answer is no HTTP",
	};
	struct http_answer answer;
	enum http_progress progress = HTTP_MORE;
	for (size_t len = 0; progress == HTTP_MORE && len < ANSWER_MAX;) {
		ssize_t n = scan_link_receive(link, octets + len, ANSWER_MAX - len);
		if (n < 0)
			return fail(text, "no answer", link->error);
		len += (size_t)n;
		progress = http_answer_read(&answer, octets, len, n == 0);
	}
	if (progress == HTTP_WHOLE)
		return judge(&answer, spf, text);
	snprintf(text, SCAN_TEXT_SIZE, "%s", faults[progress]);
	return SCAN_FAILED;
}

static enum scan_verdict
exchange(struct scan_link *link, const struct scan_subject *subject, bool spf, char text[SCAN_TEXT_SIZE])
{
	struct head head;
	write_head(&head, subject);
	if (!scan_link_send(link, head.text, head.len))
		return fail(text, "cannot be asked", link->error);
	if (!send_file(link, subject->file, subject->size))
		return fail(text, "the message cannot be read", errno);
	char *octets = malloc(ANSWER_MAX);
	if (octets == NULL)
		return fail(text, "no answer", ENOMEM);
	enum scan_verdict verdict = take_answer(link, octets, spf, text);
	free(octets);
	return verdict;
}

static enum scan_verdict
scan(const struct scanner *scanner, const struct scan_subject *subject, char text[SCAN_TEXT_SIZE])
{
	const struct rspamd *rspamd = (const struct rspamd *)scanner;
	struct scan_link link;
	text[0] = '\0';
	if (rspamd->max_size > 0 && subject->size > rspamd->max_size) {
		snprintf(text, SCAN_TEXT_SIZE, "larger than max-size, not scanned");
		return SCAN_CLEAN;
	}
	enum scan_verdict verdict = scan_link_open(&link, &rspamd->endpoint, rspamd->limit)
	    ? exchange(&link, subject, rspamd->spf, text)
	    : fail(text, "cannot connect", link.error);
	scan_link_close(&link);
	return verdict;
}

void
rspamd_open(struct rspamd *rspamd)
{
	rspamd->scanner.scan = scan;
}
