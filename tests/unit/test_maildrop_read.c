/* Messages of a maildrop on the wire, whatever their files hold. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/maildir_delivery.h"
#include "store/wire.h"
#include "support/folder.h"
#include "support/maildrop_fixture.h"

TestSuite(reading, .init = drop_begin, .fini = drop_end);

/* What becomes of a message, whole or so many lines of its body. */
static const char *
sent(const char *content, size_t lines)
{
	const char *text;
	size_t len;
	drop_put("new/1.a,S=1,W=1", content);
	struct maildrop *maildrop = drop_open();
	cr_expect_eq(drop_read(maildrop, 1, lines, &text, &len), MAILDROP_OK);
	cr_expect_eq(len, strlen(text));
	maildrop_close(maildrop);
	return text;
}

Test(reading, ends_every_line_with_crlf_once)
{
	cr_expect_str_eq(sent("a\nb\r\n\nc\n", MAILDROP_WHOLE), "a\r\nb\r\n\r\nc\r\n");
	cr_expect_str_eq(sent("", MAILDROP_WHOLE), "");
	cr_expect_str_eq(sent("a\rb\n\r\n", MAILDROP_WHOLE), "a\rb\r\n\r\n");
}

Test(reading, ends_a_last_line_that_has_no_end)
{
	cr_expect_str_eq(sent("a\nb", MAILDROP_WHOLE), "a\r\nb\r\n");
	cr_expect_str_eq(sent("a\r", MAILDROP_WHOLE), "a\r\n");
	cr_expect_str_eq(sent(".", MAILDROP_WHOLE), "..\r\n");
}

Test(reading, stuffs_each_dot_that_begins_a_line)
{
	cr_expect_str_eq(sent(".\n..\na.\n.a\n\n.", MAILDROP_WHOLE), "..\r\n...\r\na.\r\n..a\r\n\r\n..\r\n");
	cr_expect_str_eq(sent("a\r.\n", MAILDROP_WHOLE), "a\r.\r\n", "a bare CR ends no line");
}

Test(reading, sends_the_header_and_the_requested_lines)
{
	static const char text[] = "Subject: x\nTo: y\n\n1\n\n.3\n4";
	cr_expect_str_eq(sent(text, 0), "Subject: x\r\nTo: y\r\n\r\n");
	cr_expect_str_eq(sent(text, 1), "Subject: x\r\nTo: y\r\n\r\n1\r\n");
	cr_expect_str_eq(sent(text, 3), "Subject: x\r\nTo: y\r\n\r\n1\r\n\r\n..3\r\n");
	cr_expect_str_eq(sent(text, 4), "Subject: x\r\nTo: y\r\n\r\n1\r\n\r\n..3\r\n4\r\n");
	cr_expect_str_eq(sent(text, 1000), "Subject: x\r\nTo: y\r\n\r\n1\r\n\r\n..3\r\n4\r\n");
	cr_expect_str_eq(sent("a: b\r\n\r\nc\r\nd\r\n", 1), "a: b\r\n\r\nc\r\n");
	cr_expect_str_eq(sent("a: b\n\r\r\n\nc\n", 0), "a: b\r\n\r\r\n\r\n");
	cr_expect_str_eq(sent("\nbody\n", 0), "\r\n");
	cr_expect_str_eq(sent("no: body\n", 0), "no: body\r\n");
}

static bool
needs_utf8(const char *content)
{
	drop_put("new/1.a,S=1,W=1", content);
	struct maildrop *maildrop = drop_open();
	bool needs = maildrop_needs_utf8(maildrop, 1);
	maildrop_close(maildrop);
	cr_assert_eq(unlink("ftgate-pop3.cache"), 0);
	return needs;
}

Test(reading, utf8_mode_is_for_addresses_in_utf8_and_for_messages_taken_with_smtputf8)
{
	cr_expect(needs_utf8("From: \xC3\xA4@x\n\nbody\n"));
	cr_expect(needs_utf8("Received: by x with UTF8SMTPS id y\nSubject: \xC3\xA4"));
	cr_expect_not(needs_utf8("Subject: \xC3\xA4\n\nbody\n"), "raw octets");
	cr_expect_not(needs_utf8("From: \xE4@x\n\nbody\n"), "Latin-1");
	cr_expect_not(needs_utf8("Received: by x with UTF8SMTPS id y\n\n\xC3\xA4\n"));
	cr_expect_not(needs_utf8("\nFrom: \xC3\xA4@x\n"));
	cr_expect_not(needs_utf8(""));
}

/* Reads message 1 in a form; the size that the maildrop tells is that of what is read. */
static const char *
read_in(enum maildrop_form form, size_t lines, size_t *len)
{
	const char *text;
	drop_form = form;
	struct maildrop *maildrop = drop_open();
	drop_form = MAILDROP_ORIGINALS;
	cr_assert_eq(drop_read(maildrop, 1, lines, &text, len), MAILDROP_OK);
	if (lines == MAILDROP_WHOLE)
		cr_expect_eq(maildrop_size(maildrop, 1), *len);
	cr_expect_eq(maildrop_total(maildrop).octets, maildrop_size(maildrop, 1));
	maildrop_delete(maildrop, 1);
	cr_expect_eq(maildrop_total(maildrop).octets, 0);
	cr_expect_str_eq(drop_uid(maildrop, 1), "1.a");
	maildrop_close(maildrop);
	return text;
}

Test(reading, a_surrogate_is_sent_with_its_own_size_and_lines)
{
	static const char head[] =
	    "To: =?UTF-8?B?w6RAeA==?=\r\n <invalid@internationalized-address.invalid>\r\nDate: x\r\n\r\n";
	char wanted[256];
	size_t len;
	drop_put("new/1.a", "To: \xC3\xA4@x\nX: \xC3\xA4\nDate: x\n\n1 \xC3\xA4\n2\n3");
	snprintf(wanted, sizeof wanted, "%s1 \xC3\xA4\r\n2\r\n3\r\n", head);
	cr_expect_str_eq(read_in(MAILDROP_SURROGATES, MAILDROP_WHOLE, &len), wanted);
	cr_expect_str_eq(read_in(MAILDROP_SURROGATES, 0, &len), head);
	snprintf(wanted, sizeof wanted, "%s1 \xC3\xA4\r\n2\r\n", head);
	cr_expect_str_eq(read_in(MAILDROP_SURROGATES, 2, &len), wanted);
	cr_expect_str_eq(read_in(MAILDROP_ORIGINALS, MAILDROP_WHOLE, &len),
	    "To: \xC3\xA4@x\r\nX: \xC3\xA4\r\nDate: x\r\n\r\n1 \xC3\xA4\r\n2\r\n3\r\n");
}

/* The field that decides, and the end of the header, fall on each octet around the border of a block. */
Test(reading, the_whole_header_is_looked_at)
{
	static char content[3 * MAILDROP_BLOCK];
	size_t len;
	for (size_t blocks = 1; blocks <= 2; blocks++)
		for (size_t end = blocks * MAILDROP_BLOCK - 14; end <= blocks * MAILDROP_BLOCK + 4; end++) {
			size_t at = 0;
			while (end - at > 1000)
				at += (size_t)snprintf(content + at, sizeof content - at, "X: %0*d\n", 496, 0);
			at += (size_t)snprintf(content + at, sizeof content - at, "X: %0*d\n",
			    (int)(end - at - strlen("X: \nTo: \xC3\xA4@x\n\n")), 0);
			snprintf(content + at, sizeof content - at, "To: \xC3\xA4@x\n\nbody \xC3\xA4\n");
			drop_put("new/1.a", content);
			const char *text = read_in(MAILDROP_SURROGATES, MAILDROP_WHOLE, &len);
			cr_expect_not_null(strstr(text, "To: =?UTF-8?B?w6RAeA==?=\r\n <invalid@"), "%zu", end);
			cr_expect_not_null(strstr(text, ".invalid>\r\n\r\nbody \xC3\xA4\r\n"), "%zu", end);
			cr_expect_null(strstr(text, "To: \xC3\xA4"), "%zu", end);
			cr_assert_eq(unlink("ftgate-pop3.cache"), 0);
		}
}

/* A message of several blocks, with line ends and dots at their bounds, is what one piece would be. */
Test(reading, cuts_nothing_between_blocks)
{
	static char content[5 * MAILDROP_BLOCK / 2], wanted[2 * sizeof content];
	const char *text;
	size_t len;
	for (size_t shift = 0; shift < 4; shift++) {
		static const char pattern[] = "\n.\r\n.x\n\n\r.";
		for (size_t i = 0; i + 1 < sizeof content; i++)
			content[i] = i % 8192 < 4000 ? 'x' : pattern[(i + shift) % (sizeof pattern - 1)];
		struct wire wire = { .lines = SIZE_MAX };
		size_t wanted_len = wire_put(&wire, wanted, content, strlen(content));
		wanted_len += wire_end(&wire, wanted + wanted_len);
		drop_put("new/1.a,S=1,W=1", content);
		struct maildrop *maildrop = drop_open();
		cr_assert_eq(drop_read(maildrop, 1, MAILDROP_WHOLE, &text, &len), MAILDROP_OK);
		cr_assert_eq(len, wanted_len);
		cr_assert_eq(memcmp(text, wanted, len), 0);
		maildrop_close(maildrop);
	}
}

Test(reading, reads_only_the_requested_lines)
{
	static char content[5 * MAILDROP_BLOCK];
	const char *text;
	size_t len;
	memset(content, '\n', sizeof content - 1);
	drop_put("new/1.a,S=1,W=1", content);
	struct maildrop *maildrop = drop_open();
	cr_assert_eq(drop_read(maildrop, 1, MAILDROP_BLOCK, &text, &len), MAILDROP_OK);
	cr_expect_eq(len, 2 * (MAILDROP_BLOCK + 1));
	maildrop_close(maildrop);
}

Test(reading, message_truncated_during_the_session_fails)
{
	static char content[3 * MAILDROP_BLOCK];
	enum maildrop_result result;
	memset(content, 'x', sizeof content - 1);
	drop_put("new/1.a,S=1,W=1", content);
	struct maildrop *maildrop = drop_open();
	drop_start_read(maildrop, 1, &result);
	cr_assert_eq(result, MAILDROP_OK);
	cr_assert_eq(truncate("new/1.a,S=1,W=1", MAILDROP_BLOCK + 5), 0);
	drop_read_on(maildrop, &result);
	cr_expect_eq(result, MAILDROP_OK);
	cr_expect_eq(maildrop_block(maildrop)->len, 5);
	cr_expect_not(maildrop_block(maildrop)->last);
	drop_read_on(maildrop, &result);
	cr_expect_eq(result, MAILDROP_FAILED);
	maildrop_close(maildrop);
}

Test(reading, continues_after_the_file_is_removed)
{
	static char content[3 * MAILDROP_BLOCK];
	enum maildrop_result result;
	memset(content, 'x', sizeof content - 1);
	drop_put("new/1.a,S=1,W=1", content);
	struct maildrop *maildrop = drop_open();
	drop_start_read(maildrop, 1, &result);
	cr_assert_eq(unlink("new/1.a,S=1,W=1"), 0);
	drop_read_on(maildrop, &result);
	drop_read_on(maildrop, &result);
	cr_expect_eq(result, MAILDROP_OK);
	cr_expect(maildrop_block(maildrop)->last);
	maildrop_read_end(maildrop);
	cr_expect_null(maildrop_block(maildrop)->octets);
	maildrop_close(maildrop);
}

static void
start_inline(struct executor *executor, struct job *job)
{
	(void)executor;
	job->work(job);
	job->done(job);
}

static void
note(void *context, const struct delivery_outcome *outcome)
{
	*(enum delivery_result *)context = outcome->result;
}

/* Delivers a message as it came over the wire. */
static void
deliver(const char *text, size_t len)
{
	static const struct mailbox mailbox = { .account = 1, .address = "box@d" };
	struct executor executor = { .start = start_inline };
	struct maildir_agent agent;
	char sender[] = "";
	struct queue_entry entry = { .id = "s1u1", .sender = sender };
	enum delivery_result result = DELIVERY_FAILED;
	cr_assert_eq(maildir_agent_open(&agent, "../..", "../../queue", "mx.example.test"), 0);
	struct delivery *delivery = agent.agent.begin(&agent.agent, &mailbox, 1, &entry);
	cr_assert_not_null(delivery);
	cr_assert(delivery->ops->append(delivery, text, len));
	delivery->ops->commit(delivery, &executor, DELIVERY_TIMEOUT, note, &result);
	cr_assert_eq(result, DELIVERY_OK);
	maildir_agent_close(&agent);
}

/* Takes the stuffed dots away again. */
static size_t
unstuff(char *to, const char *from, size_t len)
{
	size_t kept = 0;
	for (size_t i = 0; i < len; i++)
		if (from[i] != '.' || (i > 0 && from[i - 1] != '\n'))
			to[kept++] = from[i];
		else
			to[kept++] = from[++i];
	return kept;
}

Test(reading, gives_what_was_delivered_octet_by_octet)
{
	static const char *const pieces[] = { "\r\n", "\r\n", ".", ".", "x", "text", "\t ", "\xFF" };
	static char message[200000], back[2 * sizeof message];
	unsigned random = 1;
	for (size_t round = 0; round < 20; round++) {
		const char *text;
		size_t len = 0, text_len;
		while (len < round * 9000) {
			random = random * 1103515245 + 12345;
			const char *piece = pieces[random >> 16 & 7];
			memcpy(message + len, piece, strlen(piece));
			len += strlen(piece);
		}
		memcpy(message + len, "\r\n", 2);
		len += 2;
		deliver(message, len);
		struct maildrop *maildrop = drop_open();
		cr_assert_eq(maildrop_count(maildrop), 1);
		cr_expect_eq(maildrop_size(maildrop, 1), len);
		cr_assert_eq(drop_read(maildrop, 1, MAILDROP_WHOLE, &text, &text_len), MAILDROP_OK);
		cr_expect_eq(unstuff(back, text, text_len), len);
		cr_expect_eq(memcmp(back, message, len), 0);
		maildrop_delete(maildrop, 1);
		cr_assert_eq(drop_quit(maildrop), MAILDROP_OK);
	}
}
