/* Changes to a header: which are permitted, and what is written. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/field_edits.h"
#include "message/address_complete.h"
#include "message/authserv.h"
#include "support/edited.h"

static struct field_edits edits;

static void
clear(void)
{
	field_edits_clear(&edits);
}

TestSuite(header_edit, .fini = clear);

static const char message[] =
    "Return-Path: <a@b>\nReceived-SPF: ours\nReceived: from x\n\tby y\nDate: now\nX-A: 1\nSubject: x\n"
    "x-a : 2\n  more\nno field\nX-A: 3\nsubject: y\n\nX-A: 4\n";
enum { LOCAL = 19 };

/* The message with the changes, in any pieces. */
static void
expect_of(const char *from, size_t local_len, const char *text, size_t new_local)
{
	static const size_t pieces[] = { 1, 2, 3, 5, 7, 64, 100000 };
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		size_t len = strlen(from), local = local_len;
		char *got = edited_in_pieces(&edits, from, &len, &local, pieces[i]);
		cr_expect_eq(local, new_local, "%zu", local);
		cr_expect(
		    len == strlen(text) && memcmp(got, text, len) == 0, "got\n%.*s\nnot\n%s", (int)len, got, text);
		free(got);
	}
}

Test(header_edit, without_changes_is_as_it_was)
{
	cr_expect(field_edits_is_empty(&edits));
	expect_of(message, LOCAL, message, LOCAL);
	expect_of("", 0, "", 0);
	expect_of("\nbody", 0, "\nbody", 0);
}

Test(header_edit, fields_are_added_behind_the_local_lines_by_their_order)
{
	cr_assert_eq(field_edits_add(&edits, "X-3", "no order", FIELD_UNORDERED), 0);
	cr_assert_eq(field_edits_add(&edits, "X-2", "two", 2), 0);
	cr_assert_eq(field_edits_add(&edits, "X-1", "one", 1), 0);
	cr_assert_eq(field_edits_add(&edits, "X-1", "another", 1), 0);
	field_edits_sort(&edits);
	expect_of("Return-Path: <>\nReceived: x\n\ny", 16,
	    "Return-Path: <>\nX-1: one\nX-1: another\nX-2: two\nX-3: no order\nReceived: x\n\ny", 16);
	expect_of(
	    "Return-Path: <>\n\ny", 16, "Return-Path: <>\nX-1: one\nX-1: another\nX-2: two\nX-3: no order\n\ny", 16);
	expect_of("", 0, "X-1: one\nX-1: another\nX-2: two\nX-3: no order\n", 0);
}

Test(header_edit, removes_all_or_one_from_either_end)
{
	cr_assert_eq(field_edits_remove(&edits, "X-a", 1), 0);
	cr_assert_eq(field_edits_remove(&edits, "X-A", -1), 0);
	cr_assert_eq(field_edits_remove(&edits, "X-A", 9), 0);
	cr_assert_eq(field_edits_remove(&edits, "X-A", -9), 0);
	cr_assert_eq(field_edits_remove(&edits, "return-path", 0), 0);
	expect_of(message, LOCAL,
	    "Received-SPF: ours\nReceived: from x\n\tby y\nDate: now\nSubject: x\nx-a : 2\n  more\nno field\nsubject: y\n\nX-A: 4\n",
	    0);
	field_edits_clear(&edits);
	cr_assert_eq(field_edits_remove(&edits, "X-A", 2), 0);
	expect_of("X-A: 1\nX-A: 2\n\t2\nX-A: 3\n", 0, "X-A: 1\nX-A: 3\n", 0);
	cr_assert_eq(field_edits_remove(&edits, "X-A", 0), 0);
	expect_of("X-A: 1\nX-A: 2\n\t2\nX-A: 3", 0, "", 0);
}

Test(header_edit, subject_is_replaced_where_it_is_or_added)
{
	cr_assert_eq(field_edits_subject(&edits, "*** x"), 0);
	expect_of(
	    "A: 1\nsubject : x\n\ty\nB: 2\nSubject: z\n\nSubject: w", 0, "A: 1\nSubject: *** x\nB: 2\n\nSubject: w", 0);
	expect_of("A: 1\n\n", 0, "Subject: *** x\nA: 1\n\n", 0);
}

Test(header_edit, only_what_strangers_wrote_is_forged)
{
	edits.own_name = "mx.example.test";
	expect_of(
	    "Received-SPF: ours\nReceived: x\n y\nReceived-SPF: z\nReceived: z\nX-SPAM-flag: no\nX-Virus-Status: Clean\nX-Rspamd-Bar: -\nA: 1\n\n",
	    0, "Received-SPF: ours\nReceived: x\n y\nReceived: z\nA: 1\n\n", 0);
	edits.user = true;
	expect_of("Received: x\nReceived-SPF: z\nAuthentication-Results: mx.example.test;\n\tspf=pass\nX-Spam: n\n"
	          "authentication-results: (mx) other.test; a=b\n\n",
	    0, "Received: x\nReceived-SPF: z\nX-Spam: n\nauthentication-results: (mx) other.test; a=b\n\n", 0);
}

Test(header_edit, what_a_user_left_out_stands_below_our_trace)
{
	bool high = false;
	edits.date = field_write("Date", "today", false, &high);
	edits.message_id = field_write("Message-ID", "<1@x>", false, &high);
	edits.domain = strdup("x.test");
	edits.bcc = true;
	expect_of("Delivered-To: a\nReceived: x\nFrom: alice\nBCC: b\nmessage-id: <2@x>\n\nBcc: c", 16,
	    "Delivered-To: a\nReceived: x\nDate: today\nFrom: alice@x.test\nmessage-id: <2@x>\n\nBcc: c", 16);
	expect_of("Received: x\n", 0, "Received: x\nDate: today\nMessage-ID: <1@x>\n", 0);
	expect_of("Received: x", 0, "Received: x\nDate: today\nMessage-ID: <1@x>\n", 0);
}

Test(header_edit, line_that_gets_long_is_folded_behind_an_address)
{
	char from[2000] = "Received: x\nTo: a", to[40000] = "";
	const char domain[] = "@a-domain-that-is-quite-long-by-itself.example.test";
	size_t longest = 0;
	edits.domain = strdup(domain + 1);
	for (int i = 0; i < 400; i++)
		strcat(from, ",a");
	strcat(from, "\n\n");
	size_t len = strlen(from), local = 0;
	char *got = edited_in_pieces(&edits, from, &len, &local, 999);
	memcpy(to, got, len);
	size_t lines = 0;
	for (char *line = strtok(to, "\n"); line != NULL; line = strtok(NULL, "\n"), lines++)
		longest = strlen(line) > longest ? strlen(line) : longest;
	cr_expect_leq(longest, FIELD_LINE_MAX, "%zu", longest);
	cr_expect_eq(len, strlen(from) + 401 * strlen(domain) + 2 * (lines - 2), "%zu", len);
	free(got);
}

/* The longest line of a field of this value behind blanks, whose addresses are completed. */
static size_t
longest_line(const char *before, size_t blanks, const char *value, const char *domain, char got[8000])
{
	static char from[8000];
	size_t longest = 0, local = 0;
	int at = snprintf(from, sizeof from, "Received: x\nTo: %s%*s%s\n\n", before, (int)blanks, "", value);
	size_t len = (size_t)at;
	edits.domain = strdup(domain);
	char *text = edited_in_pieces(&edits, from, &len, &local, 999);
	memcpy(got, text, len);
	got[len] = '\0';
	free(text);
	for (const char *line = got; *line != '\0'; line += strcspn(line, "\n") + 1) {
		cr_expect(line == got || line[0] == '\n' || line[strspn(line, " \t")] != '\n', "a line is blank");
		longest = strcspn(line, "\n") > longest ? strcspn(line, "\n") : longest;
	}
	field_edits_clear(&edits);
	return longest;
}

Test(header_edit, completed_address_makes_no_line_too_long)
{
	static const char *const values[] = { "a", "a                    ", "<a>", "<a> ", "a,b", "a, b ,c", "a (c)",
		"(c) a", "\"a b\"", "<\"a b\"> (c)", "a;", "T: a, b;" };
	char domain[256], got[8000];
	for (size_t i = 0; i < sizeof domain - 1; i++)
		domain[i] = i % 60 == 59 ? '.' : 'x';
	domain[sizeof domain - 1] = '\0';
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		for (size_t blanks = 300; blanks + strlen(values[i]) < FIELD_LINE_MAX - 6; blanks += 7) {
			cr_expect_leq(longest_line("z,", blanks, values[i], domain, got), FIELD_LINE_MAX, "%zu %s",
			    blanks, values[i]);
			cr_expect_not_null(strstr(got, "@xxx"), "%zu %s", blanks, values[i]);
			cr_expect_null(strstr(got + 20, "a,"), "%zu %s", blanks, values[i]);
		}
	}
}

Test(header_edit, address_that_fits_no_line_stays_without_a_domain)
{
	char local[FIELD_LINE_MAX], got[8000];
	memset(local, 'a', sizeof local);
	local[sizeof local - 10] = '\0';
	cr_expect_leq(longest_line("", 0, local, "example.test", got), FIELD_LINE_MAX);
	cr_expect_null(strchr(got, '@'));
	local[strlen(local) - 5] = '\0';
	cr_expect_eq(longest_line("", 0, local, "example.test", got), 1 + strlen(local) + strlen("@example.test"));
	cr_expect_leq(longest_line("z,\n ", 990, "a", "example.test", got), FIELD_LINE_MAX);
}

Test(header_edit, header_of_any_size_is_read_to_its_end)
{
	enum { FIELDS = 3000, FIELD = 1000 };
	char *from = malloc(FIELDS * FIELD + 100), *at = from, *text;
	at += sprintf(at, "Received: x\nX-Long: ");
	memset(at, 'x', 200000);
	at += 200000;
	for (int i = 0; i < FIELDS - 300; i++)
		at += sprintf(at, "\nX-%d: %0900d", i, i);
	strcpy(at, "\nBcc: secret\nX-Long: y\n\nz");
	edits.bcc = true;
	cr_assert_eq(field_edits_remove(&edits, "X-Long", 1), 0);
	size_t len = strlen(from), local = 0, before = len;
	text = edited_in_pieces(&edits, from, &len, &local, 4096);
	cr_expect_eq(len, before - strlen("Bcc: secret\n") - strlen("X-Long: \n") - 200000);
	cr_expect_eq(memcmp(text, "Received: x\nX-0: ", 17), 0);
	cr_expect_eq(memcmp(text + len - 13, "\nX-Long: y\n\nz", 13), 0);
	free(text);
	free(from);
}

Test(header_edit, value_cannot_end_its_field)
{
	static const char *const bad[] = { "a\nb", "a\r\nb: c", "a\rb", "a\n\nb", "a\n \nb", "a\n \n c",
		"a\r\n\t\r\n c", "a\x01", "a\x7f", "\xff", "\xc3", "\xc3\xbc", "a\n\xc3\xbc" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		cr_expect_eq(field_edits_add(&edits, "X-A", bad[i], 0), -1, "%s", bad[i]);
		cr_expect_eq(errno, EINVAL);
	}
	static const char *const names[] = { "", "X A", "X:", "X\n", "X\xc3\xbc", "\t",
		"a123456789b123456789c123456789d123456789e123456789f123456789g123456789h1234567" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		cr_expect_eq(field_edits_add(&edits, names[i], "x", 0), -1, "%s", names[i]);
		cr_expect_eq(field_edits_remove(&edits, names[i], 0), -1, "%s", names[i]);
	}
	cr_expect(field_edits_is_empty(&edits));
	cr_expect_eq(memcmp(edits.left_out, "X-A X-A", 7), 0, "%s", edits.left_out);
}

struct written {
	const char *value, *text;
};

Test(header_edit, value_is_folded_as_it_has_to_be)
{
	static const struct written cases[] = {
		{ "a", "X: a\n" },
		{ "", "X: \n" },
		{ "  a\r\n\tb \r\n", "X: a\n\tb\n" },
		{ "a\n b\n\tc", "X: a\n b\n\tc\n" },
		{ "\r\n\ta", "X: \n\ta\n" },
		{ "a123456789 b123456789 c123456789 d123456789 e123456789 f123456789 g123456789 h123456789",
		    "X: a123456789 b123456789 c123456789 d123456789 e123456789 f123456789\n g123456789 h123456789\n" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		bool high = false;
		char *text = field_write("X", cases[i].value, false, &high);
		cr_assert_not_null(text, "%s", cases[i].value);
		cr_expect_str_eq(text, cases[i].text);
		cr_expect_not(high);
		free(text);
	}
}

Test(header_edit, line_without_a_place_to_fold_has_998_octets_at_most)
{
	char value[FIELD_LINE_MAX + 10];
	memset(value, 'x', sizeof value);
	value[FIELD_LINE_MAX - 4] = '\0';
	cr_expect_eq(field_edits_add(&edits, "X-A", value, 0), -1);
	value[FIELD_LINE_MAX - 5] = '\0';
	cr_expect_eq(field_edits_add(&edits, "X-A", value, 0), 0);
	cr_expect_eq(strlen(edits.added[0].text), FIELD_LINE_MAX + 1);
}

Test(header_edit, utf8_is_permitted_with_smtputf8_alone)
{
	edits.utf8 = true;
	cr_expect_eq(field_edits_add(&edits, "X-A", "\xc3\xbc", 0), 0);
	cr_expect(edits.high);
	cr_expect_eq(field_edits_add(&edits, "X-A", "\xc3(", 0), -1);
	cr_expect_eq(field_edits_add(&edits, "X-A", "\xed\xa0\x80", 0), -1);
}

Test(header_edit, changes_are_bounded)
{
	char *large = malloc(FIELD_EDITS_OCTETS + 2);
	for (int i = 0; i < FIELD_EDITS_ADDED; i++)
		cr_assert_eq(field_edits_add(&edits, "A", "b", i), 0);
	cr_expect_eq(field_edits_add(&edits, "Too-Many", "b", 0), -1);
	cr_expect_eq(errno, E2BIG);
	for (int i = 0; i < FIELD_EDITS_REMOVED; i++)
		cr_assert_eq(field_edits_remove(&edits, "A", i), 0);
	cr_expect_eq(field_edits_remove(&edits, "A", 0), -1);
	cr_expect_str_eq(edits.left_out, "Too-Many A");
	for (int i = 0; i < 1000; i++)
		field_edits_leave_out(&edits, "X-Name");
	cr_expect_lt(strlen(edits.left_out), FIELD_EDITS_LEFT_OUT);
	field_edits_clear(&edits);
	memset(large, 'a', FIELD_EDITS_OCTETS + 1);
	for (int i = 70; i < FIELD_EDITS_OCTETS; i += 70)
		large[i] = ' ';
	large[FIELD_EDITS_OCTETS + 1] = '\0';
	cr_expect_eq(field_edits_add(&edits, "A", large, 0), -1);
	large[FIELD_EDITS_OCTETS / 2] = '\0';
	cr_expect_eq(field_edits_add(&edits, "A", large, 0), 0);
	cr_expect_eq(field_edits_subject(&edits, large), -1);
	cr_expect_eq(errno, E2BIG);
	free(large);
}

struct completed {
	const char *value, *text;
};

struct completion {
	char text[400];
	const char *value;
	size_t from;
};

static void
complete_at(void *context, size_t begin, size_t offset)
{
	struct completion *c = context;
	size_t len = strlen(c->text);
	cr_assert(begin >= c->from && begin < offset);
	snprintf(c->text + len, sizeof c->text - len, "%.*s@x", (int)(offset - c->from), c->value + c->from);
	c->from = offset;
}

Test(header_edit, addresses_without_a_domain_are_completed_and_no_others)
{
	static const struct completed cases[] = {
		{ "alice", "alice@x" },
		{ " alice ", " alice@x " },
		{ "a.b, <c>, D <e>, \"F, G\" <\"h i\">", "a.b@x, <c@x>, D <e@x>, \"F, G\" <\"h i\"@x>" },
		{ "a@b, <c@d>, E <f@g>, <>", "a@b, <c@d>, E <f@g>, <>" },
		{ "a (b, c) , (d) e", "a@x (b, c) , (d) e@x" },
		{ "Team: a, B <c>;, d", "Team: a@x, B <c@x>;, d@x" },
		{ "Team:;", "Team:;" },
		{ "two words", "two words" },
		{ "=?utf-8?q?J?=", "=?utf-8?q?J?=" },
		{ "a., .a, a..b, .", "a., .a, a..b, ." },
		{ "a@, @b, a\"b\"", "a@, @b, a\"b\"" },
		{ "<a", "<a" },
		{ "a, \"b", "a@x, \"b" },
		{ "a, (b", "a@x, (b" },
		{ "<a b>, [c], d\\e", "<a b>, [c], d\\e" },
		{ "<<a>, <b><c>", "<<a>, <b@x><c>" },
		{ "<a,b>, <c;d>, <e,f", "<a,b>, <c;d>, <e,f" },
		{ "A <a,b> (c), d;, <e>", "A <a,b> (c), d@x;, <e@x>" },
		{ "<@p,q:r>, <@p,@q:r>, s", "<@p,q:r>, <@p,@q:r>, s@x" },
		{ "a\r\n\t,\n b", "a@x\r\n\t,\n b@x" },
		{ "j\xc3\xb6rg", "j\xc3\xb6rg@x" },
		{ ",,;", ",,;" },
		{ "", "" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct completion c = { .value = cases[i].value };
		address_complete(c.value, strlen(c.value), complete_at, &c);
		strcat(c.text, c.value + c.from);
		cr_expect_str_eq(c.text, cases[i].text);
	}
}

struct id {
	const char *value;
	bool ours;
};

Test(header_edit, results_of_this_host_are_recognised_however_they_are_written)
{
	static const struct id cases[] = {
		{ "mx.example.test; spf=pass", true },
		{ " MX.Example.TEST ; none", true },
		{ "mx.example.test", true },
		{ "mx.example.test 1; none", true },
		{ "mx.example.test.; none", true },
		{ "mx.example.test(x); none", true },
		{ "\n\t(a (nested \\) ) comment)\n \"mx.example\\.test\"; none", true },
		{ "m\xc3\xbc.example.test; none", false },
		{ "mx.example.tes; none", false },
		{ "mx.example.testx; none", false },
		{ "\"mx.example.test x\"; none", true },
		{ "\"mx.example\".test; none", true },
		{ "=?utf-8?q?mx.example.test?=; none", true },
		{ "mx.example.test/1; none", true },
		{ "mx.example.test,x; none", true },
		{ "other.test; mx.example.test", false },
		{ ".other.test; none", false },
		{ ".; none", true },
		{ "..; none", false },
		{ "", true },
		{ "; spf=pass", true },
		{ "(unclosed other.test; spf=pass", true },
		{ "\"unclosed", true },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		cr_expect_eq(authserv_may_be(cases[i].value, strlen(cases[i].value), true, "mx.example.test"),
		    cases[i].ours, "%s", cases[i].value);
	cr_expect(authserv_may_be("mx.exam", 7, false, "mx.example.test"), "it is cut");
	cr_expect(authserv_may_be("\"other.test\"", 12, false, "mx.example.test"));
	cr_expect_not(authserv_may_be("other.test;", 11, false, "mx.example.test"));
	cr_expect(authserv_may_be("m\xc3\xbc.example.test; x", 19, true, "xn--m-eha.example.test"));
	cr_expect(authserv_may_be("XN--m-EHA.example.test; x", 25, true, "m\xc3\xbc.example.test"));
}
