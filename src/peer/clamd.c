/* ClamAV's clamd: scans a message that is sent to it (INSTREAM). */
#include "peer/clamd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "peer/scan_link.h"

enum { BLOCK = 64 * 1024, ANSWER_MAX = 1024 };

/* A piece of the message behind its length; one of no octets is the end. */
struct piece {
	uint32_t len; /* in network order */
	char octets[BLOCK];
};

static enum scan_verdict
fail(char text[SCAN_TEXT_SIZE], const char *what, int error)
{
	snprintf(text, SCAN_TEXT_SIZE, "%s: %s", what, strerror(error));
	return SCAN_FAILED;
}

/* False where the file cannot be read; clamd may have had enough before all of it is sent. */
static bool
send_file(struct scan_link *link, int file)
{
	struct piece piece;
	ssize_t len = 0;
	for (off_t at = 0; (len = pread(file, piece.octets, sizeof piece.octets, at)) > 0; at += len) {
		piece.len = htonl((uint32_t)len);
		if (!scan_link_send(link, &piece, sizeof piece.len + (size_t)len))
			return true;
	}
	piece.len = 0;
	(void)scan_link_send(link, &piece, sizeof piece.len);
	return len == 0;
}

/* Up to its NUL: an answer without one has been cut off. */
static enum scan_verdict
take_answer(struct scan_link *link, char text[SCAN_TEXT_SIZE])
{
	char answer[ANSWER_MAX];
	size_t len = 0;
	for (;;) {
		ssize_t n = scan_link_receive(link, answer + len, sizeof answer - len);
		if (n < 0)
			return fail(text, "no answer", link->error);
		const char *end = memchr(answer + len, '\0', (size_t)n);
		len += (size_t)n;
		if (end != NULL)
			return clamd_answer_read(answer, (size_t)(end - answer), text);
		if (n == 0 || len == sizeof answer) {
			snprintf(text, SCAN_TEXT_SIZE, n == 0 ? "the answer is cut off" : "the answer is too long");
			return SCAN_FAILED;
		}
	}
}

static enum scan_verdict
exchange(struct scan_link *link, const struct scan_subject *subject, char text[SCAN_TEXT_SIZE])
{
	static const char command[] = "zINSTREAM";
	if (!scan_link_send(link, command, sizeof command))
		return fail(text, "cannot be asked", link->error);
	if (!send_file(link, subject->file))
		return fail(text, "the message cannot be read", errno);
	return take_answer(link, text);
}

static enum scan_verdict
scan(const struct scanner *scanner, const struct scan_subject *subject, char text[SCAN_TEXT_SIZE])
{
	const struct clamd *clamd = (const struct clamd *)scanner;
	struct scan_link link;
	text[0] = '\0';
	if (clamd->max_size > 0 && subject->size > clamd->max_size) {
		snprintf(text, SCAN_TEXT_SIZE, "larger than max-size, not scanned");
		return SCAN_CLEAN;
	}
	enum scan_verdict verdict = scan_link_open(&link, &clamd->endpoint, clamd->limit)
	    ? exchange(&link, subject, text)
	    : fail(text, "cannot connect", link.error);
	scan_link_close(&link);
	return verdict;
}

void
clamd_open(struct clamd *clamd)
{
	clamd->scanner.scan = scan;
}
