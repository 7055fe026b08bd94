/* The quota of Maildir++: how full a Maildir is, told by maildirsize or counted. */
#include "store/quota.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/folder.h"

static int folder;
static const struct quota limit = { 1000, 10 };

static void
make_box(void)
{
	static const char *const parts[] = { "box", "box/tmp", "box/new", "box/cur", "box/.Sent", "box/.Sent/new",
		"box/.Sent/cur", "box/.Trash", "box/.Trash/new", "box/.Trash/cur" };
	folder_make();
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		cr_assert_eq(mkdir(parts[i], 0700), 0);
	folder = open(".", O_RDONLY | O_DIRECTORY);
}

static void
remove_box(void)
{
	close(folder);
	folder_remove();
}

static void
put_file(const char *path, const char *content, size_t len)
{
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	cr_assert_geq(file, 0);
	cr_assert_eq(write(file, content, len), (ssize_t)len);
	close(file);
}

static void
put_sheet(const char *text)
{
	put_file("box/maildirsize", text, strlen(text));
}

static void
expect_sheet(const char *text)
{
	size_t len;
	cr_expect_str_eq(folder_read("box/maildirsize", &len), text);
}

static void
make_old(const char *path, time_t seconds)
{
	struct timespec times[2] = { { .tv_sec = time(NULL) - seconds }, { .tv_sec = time(NULL) - seconds } };
	cr_assert_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* A count that is made in the tick of the last change is not kept in maildirsize. */
static void
make_folders_old(void)
{
	static const char *const parts[] = { "box/new", "box/cur", "box/.Sent/new", "box/.Sent/cur" };
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		make_old(parts[i], 60);
}

static void
expect_usage(long long bytes, long long messages)
{
	struct quota usage;
	make_folders_old();
	cr_assert_eq(quota_usage(folder, "box", &limit, time(NULL), &usage), 0);
	cr_expect_eq(usage.bytes, bytes, "%lld octets, not %lld", usage.bytes, bytes);
	cr_expect_eq(usage.messages, messages);
}

TestSuite(quota, .init = make_box, .fini = remove_box);

Test(quota, counts_messages_without_a_file)
{
	put_file("box/new/1.a.host,S=300", "x", 1);
	put_file("box/cur/2.a.host,S=200:2,S", "x", 1);
	put_file("box/cur/3.a.host", "12345", 5);
	put_file("box/.Sent/cur/4.a.host,S=100,W=110:2,", "x", 1);
	put_file("box/.Trash/cur/5.a.host,S=999", "x", 1);
	put_file("box/new/.hidden", "x", 1);
	expect_usage(605, 4);
	expect_sheet("1000S,10C\n605 4\n");
	cr_expect_eq(folder_count("box/tmp/*"), 0);
}

/* As Courier counts: a message with the flag T is deleted already. Other info, or a T elsewhere, is no such flag. */
Test(quota, messages_that_are_marked_as_deleted_do_not_count)
{
	put_file("box/cur/1.a.host,S=300:2,ST", "x", 1);
	put_file("box/cur/2.a.host:2,T", "12345", 5);
	put_file("box/cur/3.T.host,S=200:2,S", "x", 1);
	put_file("box/cur/4.a.host,S=100:1,T", "x", 1);
	put_file("box/.Sent/cur/5.a.host,S=50:2,FT", "x", 1);
	put_file("box/new/6.a.host,S=7", "x", 1);
	expect_usage(307, 3);
	expect_sheet("1000S,10C\n307 3\n");
}

Test(quota, malformed_sizes_are_replaced_by_stat)
{
	put_file("box/new/1,S=", "1", 1);
	put_file("box/new/2,S=-5", "12", 2);
	put_file("box/new/3,S=99999999999999999999", "123", 3);
	put_file("box/new/4,S=7x", "1234", 4);
	cr_assert_eq(mkdir("box/new/5,S=100", 0700), 0);
	cr_assert_eq(symlink("/etc/passwd", "box/new/6,S=100"), 0);
	expect_usage(10, 4);
}

Test(quota, file_is_trusted_and_appended_to)
{
	put_sheet("1000S,10C\n500 3\n");
	expect_usage(500, 3);
	cr_expect_eq(quota_add(folder, "box", 120, 1), 0);
	cr_expect_eq(quota_add(folder, "box", -20, -2), 0);
	expect_usage(600, 2);
	expect_sheet("1000S,10C\n500 3\n120 1\n-20 -2\n");
}

Test(quota, adding_makes_no_file)
{
	cr_expect_eq(quota_add(folder, "box", 120, 1), 0);
	cr_expect_eq(folder_count("box/maildirsize"), 0);
}

/* A message that comes in the same tick, behind the count, would never be counted. */
Test(quota, count_within_the_clock_tick_of_a_change_is_not_kept)
{
	struct quota usage;
	put_file("box/new/1.a.host,S=300", "x", 1);
	make_folders_old();
	make_old("box/new", -1);
	cr_assert_eq(quota_usage(folder, "box", &limit, time(NULL), &usage), 0);
	cr_expect_eq(usage.bytes, 300);
	cr_expect_eq(folder_count("box/maildirsize"), 0);
	make_old("box/new", 60);
	cr_assert_eq(quota_usage(folder, "box", &limit, time(NULL), &usage), 0);
	expect_sheet("1000S,10C\n300 1\n");
}

Test(quota, both_limits_are_kept)
{
	time_t now = time(NULL);
	put_sheet("1000S,10C\n900 5\n");
	cr_expect_eq(quota_check(folder, "box", &limit, 100, now), QUOTA_UNDER);
	cr_expect_eq(quota_check(folder, "box", &limit, 101, now), QUOTA_OVER);
	cr_expect_eq(quota_check(folder, "box", &limit, LLONG_MAX, now), QUOTA_OVER);
	put_sheet("1000S,10C\n0 10\n");
	cr_expect_eq(quota_check(folder, "box", &limit, 0, now), QUOTA_OVER);
	cr_expect_eq(quota_check(folder, "box", &(struct quota) { 0 }, LLONG_MAX, now), QUOTA_UNDER);
}

Test(quota, single_limit_is_written_alone)
{
	struct quota usage;
	make_folders_old();
	cr_expect_eq(quota_usage(folder, "box", &(struct quota) { .bytes = 7 }, time(NULL), &usage), 0);
	expect_sheet("7S\n0 0\n");
	cr_expect_eq(quota_usage(folder, "box", &(struct quota) { .messages = 7 }, time(NULL), &usage), 0);
	expect_sheet("7C\n0 0\n");
}

Test(quota, changed_limit_causes_a_recount)
{
	put_file("box/new/1.a.host,S=300", "x", 1);
	put_sheet("2000S,10C\n500 3\n");
	expect_usage(300, 1);
	expect_sheet("1000S,10C\n300 1\n");
}

Test(quota, over_quota_file_is_trusted_briefly)
{
	time_t now = time(NULL);
	put_sheet("1000S,10C\n1200 3\n");
	cr_expect_eq(quota_check(folder, "box", &limit, 1, now), QUOTA_OVER);
	expect_sheet("1000S,10C\n1200 3\n");
	make_old("box/maildirsize", QUOTA_FRESH + 1);
	make_folders_old();
	cr_expect_eq(quota_check(folder, "box", &limit, 1, now), QUOTA_UNDER);
	expect_sheet("1000S,10C\n0 0\n");
}

Test(quota, file_that_has_become_over_quota_is_recounted)
{
	put_sheet("1000S,10C\n900 3\n300 1\n");
	cr_expect_eq(quota_check(folder, "box", &limit, 1, time(NULL)), QUOTA_UNDER);
}

Test(quota, a_maildir_that_is_not_there_is_empty)
{
	cr_expect_eq(quota_check(folder, "none", &limit, 1000, time(NULL)), QUOTA_UNDER);
	cr_expect_eq(quota_check(folder, "none", &limit, 1001, time(NULL)), QUOTA_OVER);
	cr_expect_eq(folder_count("none"), 0);
}

Test(quota, damaged_files_are_rewritten)
{
	static const char *const sheets[] = { "", "\n", "1000S,10C", "1000S,10C\n", "1000S,10C\n5", "1000S,10C\n5 1",
		"1000S,10C\n5 1 1\n", "1000S,10C\n5\n1\n", "1000S,10C\n-5 1\n", "1000S,10C\n5 -1\n", "1000S,10C\nx 1\n",
		"1000S,10C\n99999999999999999999 1\n", "1000S,10C\n9223372036854775807 1\n9223372036854775807 1\n",
		"1000S,10C\n- 1\n", "1000S,10C\n5 1\n\n", "1000S,10C\r\n5 1\r\n", "%s%n\n5 1\n", "1000S,10C\n5\t1\n" };
	put_file("box/new/1.a.host,S=300", "x", 1);
	for (size_t i = 0; i < sizeof sheets / sizeof *sheets; i++) {
		put_sheet(sheets[i]);
		expect_usage(300, 1);
		expect_sheet("1000S,10C\n300 1\n");
	}
	put_file("box/maildirsize", "1000S,10C\n5 1\n\0", 15);
	expect_usage(300, 1);
}

Test(quota, file_of_full_length_is_rewritten)
{
	char text[QUOTA_FILE_MAX];
	size_t len = (size_t)snprintf(text, sizeof text, "1000S,10C\n");
	for (; len < sizeof text; len += 4)
		memcpy(text + len, "0 0\n", sizeof text - len < 4 ? sizeof text - len : 4);
	put_file("box/maildirsize", text, sizeof text);
	expect_usage(0, 0);
	expect_sheet("1000S,10C\n0 0\n");
}

Test(quota, links_pipes_and_folders_in_its_place_are_not_followed)
{
	put_file("elsewhere", "1000S,10C\n500 3\n", 16);
	cr_assert_eq(symlink("../elsewhere", "box/maildirsize"), 0);
	cr_expect_eq(quota_add(folder, "box", 1, 1), -1);
	cr_expect_eq(folder_count("box/maildirsize"), 0);
	expect_usage(0, 0);
	expect_sheet("1000S,10C\n0 0\n");
	cr_assert_eq(unlink("box/maildirsize"), 0);
	cr_assert_eq(mkfifo("box/maildirsize", 0600), 0);
	expect_usage(0, 0);
	expect_sheet("1000S,10C\n0 0\n");
	cr_assert_eq(unlink("box/maildirsize"), 0);
	cr_assert_eq(mkdir("box/maildirsize", 0700), 0);
	cr_expect_eq(quota_add(folder, "box", 1, 1), -1);
	expect_usage(0, 0);
	cr_expect_eq(folder_count("box/tmp/*"), 0);
}

Test(quota, a_maildir_that_is_a_file_is_a_failure)
{
	put_file("file", "", 0);
	cr_expect_eq(quota_check(folder, "file", &limit, 1, time(NULL)), QUOTA_FAILED);
}
