/* rspamd: asks it about a message over HTTP (/checkv2, https://rspamd.com/doc/architecture/protocol.html). */
#include "peer/rspamd.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/address/idna.h"
#include "base/text/printable.h"
#include "peer/http_answer.h"
#include "peer/scan_client.h"

/*
 * An answer is read on the loop: its limit bounds the work of a turn. rspamd lists hosts of URLs in a message (10240, each of
 * 253 octets at most, unless max_urls is set otherwise): a sender who could make an answer too long would be let through.
 */
enum { ANSWER_MAX = 4 * 1024 * 1024, VALUE_SIZE = 512, RECIPIENTS_MAX = 100 };

_Static_assert((RECIPIENTS_MAX + 16) * (VALUE_SIZE + 32) <= SCAN_BLOCK, "all headers fit at their longest");

/* The head of a request. */
struct head {
	char *text;
	size_t len, size;
};

static void __attribute__((format(printf, 2, 3))) put_line(struct head *head, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	int len = vsnprintf(head->text + head->len, head->size - head->len, format, arguments);
	va_end(arguments);
	head->len += (size_t)len;
	assert(head->len < head->size);
}

/* A value cannot end its line, whatever it holds. */
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

/*
 * rspamd signs only if it takes the domains of From here and in the message for one, and it knows a domain by its octets. The
 * envelope has A-labels, which SPF needs; a message of a user with SMTPUTF8 has U-labels, as a rule. Of an address with octets
 * above 0x7F rspamd 3.4 reads no domain, so that it then signs whatever domain the message has: a user whose message is not
 * of the domain of the sender has an address without such octets.
 */
static void
put_sender(struct head *head, const struct scan_subject *subject)
{
	char address[VALUE_SIZE];
	const char *at = strrchr(subject->sender, '@');
	size_t len = at != NULL ? (size_t)(at + 1 - subject->sender) : sizeof address;
	if (len >= sizeof address || subject->user == NULL || !subject->utf8) {
		put_path(head, "From", subject->sender);
		return;
	}
	memcpy(address, subject->sender, len);
	if (subject->own_author)
		idna_to_unicode(address + len, sizeof address - len, at + 1);
	else
		snprintf(address + len, sizeof address - len, "%s", at + 1);
	for (size_t i = 0; i < len && !subject->own_author; i++)
		address[i] = (unsigned char)address[i] > 0x7F ? '?' : address[i];
	put_path(head, "From", address);
}

/* Version 1.0: the answer ends as its length says, or with the connection, and does not come in chunks. */
static size_t
put_head(const struct scan_client *client, const struct scan_subject *subject, char *octets, size_t size)
{
	struct head head = { .text = octets, .size = size };
	(void)client;
	put_line(&head, "POST /checkv2 HTTP/1.0\r\nContent-Length: %" PRIu64 "\r\n", subject->size);
	put(&head, "IP", subject->address);
	put(&head, "Hostname", subject->client_name);
	put(&head, "Helo", subject->helo);
	put(&head, "User", subject->user);
	put(&head, "Queue-Id", subject->session);
	put(&head, "MTA-Name", subject->hostname);
	if (subject->utf8)
		put(&head, "SMTPUTF8", "yes");
	put_sender(&head, subject);
	for (size_t i = 0; i < subject->recipient_count && i < RECIPIENTS_MAX; i++)
		put_path(&head, "Rcpt", subject->recipients[i]);
	put_line(&head, "\r\n");
	return head.len;
}

static enum scan_verdict
judge(const struct http_answer *answer, bool spf, struct scan_question *question)
{
	if (answer->status == 200)
		return rspamd_answer_read(answer->body, answer->len, spf, question->edits, question->text);
	snprintf(question->text, sizeof question->text, "the answer is of HTTP status %u", answer->status);
	return SCAN_FAILED;
}

static bool
read_answer(
    const struct scan_client *client, const char *octets, size_t len, bool ended, struct scan_question *question)
{
	struct http_answer answer;
	switch (http_answer_read(&answer, octets, len, ended)) {
	case HTTP_MORE:
	case HTTP_CUT_OFF: return false;
	case HTTP_WHOLE: question->verdict = judge(&answer, client->spf, question); return true;
	case HTTP_BAD: break;
	}
	snprintf(question->text, sizeof question->text, "the answer is not HTTP");
	question->verdict = SCAN_FAILED;
	return true;
}

const struct scan_dialect rspamd_dialect = {
	.put_head = put_head,
	.answer_max = ANSWER_MAX,
	.read_answer = read_answer,
};
