/* The surrogate of an internationalized message (RFC 6858): what each field becomes, and when a message needs one. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/text/ascii.h"
#include "message/surrogate.h"

/* Makes a surrogate of a message in pieces of so many octets, to be read before the next call. */
static const char *
make(struct surrogate *s, const char *message, size_t piece)
{
	static char text[4 << 20];
	size_t len = strlen(message);
	*s = (struct surrogate) { 0 };
	for (size_t at = 0; at < len; at += piece)
		cr_assert_eq(surrogate_put(s, message + at, len - at < piece ? len - at : piece), 0);
	cr_assert_eq(surrogate_end(s), 0);
	cr_assert_lt(s->len, sizeof text);
	if (s->len > 0)
		memcpy(text, s->octets, s->len);
	text[s->len] = '\0';
	return text;
}

static void
becomes(const char *message, const char *wanted)
{
	struct surrogate s;
	for (size_t piece = 1; piece <= strlen(message); piece = 2 * piece + 1) {
		cr_expect_str_eq(make(&s, message, piece), wanted, "pieces of %zu", piece);
		surrogate_clear(&s);
	}
}

static bool
needs(const char *message)
{
	struct surrogate s;
	make(&s, message, 7);
	bool needed = surrogate_is_needed(&s);
	surrogate_clear(&s);
	return needed;
}

#define INVALID "<invalid@internationalized-address.invalid>"

Test(surrogate, of_ascii_is_the_message)
{
	becomes("From: \"a, b\" <a@b>\nX: 1\n 2\n\nbody \xC3\xBC\n.\n",
	    "From: \"a, b\" <a@b>\nX: 1\n 2\n\nbody \xC3\xBC\n.\n");
	becomes("Subject: x\r\n\r\n\r\nb", "Subject: x\r\n\r\n\r\nb");
	becomes("Subject: no body", "Subject: no body");
	becomes("\nbody: \xC3\xBC\n", "\nbody: \xC3\xBC\n");
}

Test(surrogate, encodes_the_subject)
{
	becomes("Subject: Gr\xC3\xBC\xC3\x9F\x65 \"an\"\n  alle\n\nb\n",
	    "Subject: =?UTF-8?B?R3LDvMOfZSAiYW4iICBhbGxl?=\n\nb\n");
	becomes("subject:\xFF\xFE x\n\n", "subject: =?UTF-8?B?77+9IHg=?=\n\n");
}

Test(surrogate, replaces_internationalized_addresses)
{
	becomes("From: J\xC3\xB6rg <j\xC3\xB6rg@example.org>\n\n",
	    "From: =?UTF-8?B?SsO2cmcgPGrDtnJnQGV4YW1wbGUub3JnPg==?=\n " INVALID "\n\n");
	becomes("To: j\xC3\xB6rg@example.org\n\n", "To: =?UTF-8?B?asO2cmdAZXhhbXBsZS5vcmc=?=\n " INVALID "\n\n");
	becomes("Return-Path: <j\xC3\xB6rg@example.org>\n\n", "Return-Path: " INVALID "\n\n");
}

Test(surrogate, keeps_addresses_in_ascii)
{
	becomes("Cc: a@b, \"J\xC3\xB6rg, M.\" <c@d>,\n Pete <e@f>\n\n",
	    "Cc: a@b,\n =?UTF-8?B?SsO2cmcsIE0u?=\n <c@d>,\n Pete <e@f>\n\n");
	becomes("Reply-To: a@b (J\xC3\xB6rg)\n\n", "Reply-To: =?UTF-8?B?KErDtnJnKQ==?=\n <a@b>\n\n");
	becomes("Sender: <a@b> (J\xC3\xB6rg)\n\n", "Sender: <a@b>\n\n");
	becomes("To: Fr\xC3\xBCnde: a@b, c@d;, e@f\n\n", "To: =?UTF-8?B?RnLDvG5kZQ==?=:\n a@b,\n c@d;,\n e@f\n\n");
	becomes("To: list:;, \xC3\xBC@x\n\n", "To: list:;,\n =?UTF-8?B?w7xAeA==?=\n " INVALID "\n\n");
}

Test(surrogate, never_makes_an_address_of_a_part_of_another)
{
	becomes("To: \"open, <a@b>, \xC3\xBC\n\n", "To: =?UTF-8?B?Im9wZW4sIDxhQGI+LCDDvA==?=\n " INVALID "\n\n");
	becomes("To: <a@b\xC3\xBC>\n\n", "To: =?UTF-8?B?YUBiw7w=?=\n " INVALID "\n\n");
	becomes("To: (\xC3\xBC\n\n", "To: =?UTF-8?B?KMO8?=\n " INVALID "\n\n");
}

Test(surrogate, leaves_out_parameters_that_are_not_ascii)
{
	becomes("Content-Type: text/plain; charset=utf-8;\n name=\"gr\xC3\xBC\xC3\x9F;e\"; x=1\n\n",
	    "Content-Type: text/plain; charset=utf-8; x=1\n\n");
	becomes(
	    "Content-Disposition: attachment; filename=\"\xC3\xBC\";\n \n\n", "Content-Disposition: attachment\n\n");
	becomes("Content-Type: t\xC3\xBCxt/plain; charset=utf-8\nX: 1\n\n", "X: 1\n\n");
}

Test(surrogate, leaves_out_what_cannot_be_presented)
{
	becomes("X-Note: gr\xC3\xBC\xC3\x9F\nDate: today\nReceived: by x for <\xC3\xBC@y>\n\nbody\n",
	    "Date: today\n\nbody\n");
	becomes("no field \xC3\xBC\nDate: today\n\n", "Date: today\n\n");
}

Test(surrogate, leaves_out_a_field_that_is_too_long)
{
	static char message[2 * SURROGATE_FIELD_MAX];
	struct surrogate s;
	for (size_t len = SURROGATE_FIELD_MAX - 3; len < SURROGATE_FIELD_MAX + 3; len++) {
		bool fits = len + strlen("X: \n") <= SURROGATE_FIELD_MAX;
		snprintf(message, sizeof message, "X: %0*d\nSubject: \xC3\xBC\n\nbody\n", (int)len, 0);
		const char *made = make(&s, message, 4096);
		cr_expect_eq(strncmp(made, "X: 0", 4) == 0, fits, "%zu", len);
		cr_expect_not_null(strstr(made, "Subject: =?UTF-8?B?w7w=?=\n\nbody\n"));
		surrogate_clear(&s);
	}
}

/* The end of the header falls on each octet around the border of a piece. */
Test(surrogate, finds_the_end_of_the_header_at_each_border)
{
	static char message[32 * 1024];
	struct surrogate s;
	for (size_t piece = 4096; piece <= 16384; piece *= 2)
		for (size_t len = piece - 4; len <= piece + 4; len++) {
			struct surrogate_look look = { 0 };
			int fill = (int)(len - strlen("X: \r\nSubject: \xC3\xBC\r\n\r\n"));
			snprintf(
			    message, sizeof message, "X: %0*d\r\nSubject: \xC3\xBC\r\n\r\nbody \xC3\xBC\r\n", fill, 0);
			const char *made = make(&s, message, piece);
			cr_expect_not_null(strstr(made, "w7w=?=\n\r\nbody \xC3\xBC\r\n"), "%zu of %zu", len, piece);
			surrogate_clear(&s);
			memcpy(strstr(message, "\xC3\xBC"), "ue", 2);
			for (size_t at = 0; at < strlen(message); at += piece)
				surrogate_look(&look, message + at, strnlen(message + at, piece));
			cr_expect(look.ended && !look.high, "%zu of %zu", len, piece);
		}
}

Test(surrogate, is_for_messages_taken_with_smtputf8_or_with_an_address_in_utf8)
{
	cr_expect(needs("Return-Path: <a@b>\nReceived: from x by y with UTF8SMTPS id z\nSubject: \xC3\xBC\n\n"));
	cr_expect(needs("Received: from x by y\n\twith UTF8LMTP id z\nSubject: \xC3\xBC\n\n"));
	cr_expect(needs("Received: from x by y with ESMTP\nFrom: \xC3\xBC@x\nSubject: x\n\n"));
	cr_expect(needs("To: a@b, c <d@\xC3\xBC.x>\n\n"));
	cr_expect_not(needs("Received: from x by y with UTF8SMTP\nSubject: x\n\nb\xC3\xBC\n"), "a header in ASCII");
	cr_expect_not(
	    needs("Received: by y with ESMTP\nReceived: by z with UTF8SMTP\nSubject: \xC3\xBC\n\n"), "the second");
	cr_expect_not(needs("Subject: gr\xFC\xDF\x65\nFrom: J\xC3\xB6rg <a@b>\n\n"), "a name");
	cr_expect_not(needs("From: j\xF6rg@x\n\n"), "Latin-1");
}

/* Nothing in a surrogate's header is beyond ASCII, whatever the message holds; and it is a surrogate of its own. */
Test(surrogate, is_ascii_and_its_own_surrogate)
{
	static const char *const messages[] = { "From: \xC3\xBC <\xC3\xBC@x>, a@b\nSubject: \xC3\xBC\nX: \xC3\xBC\n\n",
		"To: \xFF:\xFF,\xFF;\xFF<\xFF>\xFF\n\n", "Content-Type: a;\xFF;b\n\n", "\xFF\n\xFF: \xFF\n\n" };
	for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
		struct surrogate s;
		char first[4096];
		snprintf(first, sizeof first, "%s", make(&s, messages[i], 3));
		surrogate_clear(&s);
		cr_expect(ascii_is_all(first, strlen(first)), "%zu: %s", i, first);
		becomes(first, first);
	}
}
