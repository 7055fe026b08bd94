/* The answer to EXPN is sent in parts: what a client has not taken stays in the session, not in its output. */
#include "smtp/members.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned lines, last_lines;
static char first[1024], last[1024];

static void
count_line(struct session_outlet *outlet, const char *bytes, size_t len)
{
	(void)outlet;
	cr_assert(len > 6 && len < sizeof last && memcmp(bytes + len - 2, "\r\n", 2) == 0);
	cr_expect(memcmp(bytes, "250", 3) == 0 && (bytes[3] == '-' || bytes[3] == ' '));
	lines++;
	last_lines += bytes[3] == ' ';
	snprintf(lines == 1 ? first : last, sizeof last, "%.*s", (int)len, bytes);
}

static struct session_outlet outlet = { .send = count_line };

static struct members *
of(size_t count)
{
	struct address *all = calloc(count, sizeof *all);
	for (size_t i = 0; i < count; i++) {
		snprintf(all[i].local, sizeof all[i].local, "member%zu", i);
		snprintf(all[i].domain, sizeof all[i].domain, "example.test");
	}
	struct members *members = members_new(all, count);
	free(all);
	cr_assert_not_null(members);
	lines = last_lines = 0;
	return members;
}

Test(members, one_call_sends_one_part)
{
	struct members *members = of(2 * MEMBERS_PART + 1);

	cr_expect(members_send(members, &outlet, ""));
	cr_expect_eq(lines, MEMBERS_PART);
	cr_expect_eq(last_lines, 0);
	cr_expect(members_send(members, &outlet, ""));
	cr_expect_eq(lines, 2 * MEMBERS_PART);
	cr_expect_not(members_send(members, &outlet, "2.1.5 "));
	cr_expect_eq(lines, 2 * MEMBERS_PART + 1);
	cr_expect_eq(last_lines, 1);
	cr_expect_str_eq(first, "250-<member0@example.test>\r\n");
	cr_expect_str_eq(last, "250 2.1.5 <member512@example.test>\r\n");
	members_free(members);
}

Test(members, last_member_of_a_whole_part_ends_the_answer)
{
	struct members *members = of(MEMBERS_PART);

	cr_expect_not(members_send(members, &outlet, ""));
	cr_expect_eq(last_lines, 1);
	members_free(members);
}

Test(members, odd_local_parts_are_quoted)
{
	struct address address = { .local = "two words", .domain = "example.test" };
	struct members *members = members_new(&address, 1);

	lines = 0;
	cr_expect_not(members_send(members, &outlet, ""));
	cr_expect_str_eq(first, "250 <\"two words\"@example.test>\r\n");
	members_free(members);
}
