/* Sizes of messages in a maildrop: told by their names, remembered, or counted; never what the protocol rests on. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/siphash.h"
#include "store/maildrop/name.h"
#include "store/maildrop/sizes.h"
#include "support/folder.h"
#include "support/maildrop_fixture.h"

TestSuite(sizes, .init = drop_begin, .fini = drop_end);

static uint64_t
size_of(size_t number)
{
	struct maildrop *maildrop = drop_open();
	uint64_t size = maildrop_size(maildrop, number);
	maildrop_close(maildrop);
	return size;
}

Test(sizes, are_those_of_the_names)
{
	drop_put("new/1.a,S=100,W=111,U=0", "\n");
	drop_put("new/2.b,W=22,U=0", "\n");
	drop_put("cur/3.c,S=30,X=5,W=33,U=0,Y:2,S", "\n");
	struct maildrop *maildrop = drop_open();
	cr_expect_eq(maildrop_size(maildrop, 1), 111);
	cr_expect_eq(maildrop_size(maildrop, 2), 22);
	cr_expect_eq(maildrop_size(maildrop, 3), 33);
	maildrop_close(maildrop);
	cr_expect_eq(access(DROP_SIZES_NAME, F_OK), -1, "nothing is to be remembered");
}

static const char utf8_message[] = "From: \xC3\xBC@x\nSubject: \xC3\xBC\n\n.\nbody\n";

/* The size that a session of this form sees. */
static uint64_t
size_in(enum maildrop_form form, size_t number)
{
	drop_form = form;
	uint64_t size = size_of(number);
	drop_form = MAILDROP_ORIGINALS;
	return size;
}

Test(sizes, of_surrogates_are_those_of_the_names)
{
	drop_put("new/1.a,S=100,W=111,U=222", "\n");
	drop_put("new/2.b,W=22,U=0", utf8_message);
	cr_expect_eq(size_in(MAILDROP_ORIGINALS, 1), 111);
	cr_expect_eq(size_in(MAILDROP_SURROGATES, 1), 222);
	cr_expect_eq(size_in(MAILDROP_SURROGATES, 2), 22);
	cr_expect_eq(access(DROP_SIZES_NAME, F_OK), -1, "nothing is to be remembered");
}

/* Other programs' names tell no U. What the name tells is kept, and the rest is remembered for both forms. */
Test(sizes, of_surrogates_are_counted_once)
{
	static const char *const names[] = { "1.a", "1.a,S=6,W=7", "1.a,W=9,U=", "1.a,U=68719476736", "1.a,W=9,U=-1" };
	char path[64];
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "new/%s", names[i]);
		drop_put(path, utf8_message);
		uint64_t original = size_in(MAILDROP_ORIGINALS, 1);
		drop_put(path, "Subject: x\n\n");
		uint64_t surrogate = size_in(MAILDROP_SURROGATES, 1);
		cr_expect_eq(original, i == 1 ? 7 : i == 2 || i == 4 ? 9 : sizeof utf8_message - 1 + 5, "%s", names[i]);
		cr_expect_gt(surrogate, sizeof utf8_message + 5, "%s", names[i]);
		cr_assert_eq(unlink(path) | unlink(DROP_SIZES_NAME), 0);
	}
}

Test(sizes, missing_from_names_are_counted)
{
	static const char *const names[] = { "1.a", "1.a,S=6", "1.a,W=", "1.a,W=-7", "1.a,W=7x", "1.a:2,W=7", "1.a,w=7",
		"1.a,S=6,W=5", "1.a,S=6,W=15", "1.a,W=99999999999999999999999", "1.a,W=68719476736", "1.a,W=0x7" };
	char path[64];
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "new/%s", names[i]);
		drop_put(path, "a\nb\n\n\n");
		cr_expect_eq(size_of(1), 10, "%s", names[i]);
		cr_assert_eq(unlink(path) | unlink(DROP_SIZES_NAME), 0);
	}
}

Test(sizes, are_counted_as_messages_are_sent)
{
	static const struct {
		const char *text;
		uint64_t size;
	} messages[] = {
		{ "", 0 },
		{ "\n", 2 },
		{ "a", 3 },
		{ "a\r", 3 },
		{ "a\r\nb\n", 6 },
		{ "\r\n\r\n", 4 },
		{ "\r\r\n", 3 },
		{ ".\n..\n", 7 },
	};
	for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
		drop_put("new/1.a", messages[i].text);
		cr_expect_eq(size_of(1), messages[i].size, "message %zu", i);
		cr_assert_eq(unlink("new/1.a") | unlink(DROP_SIZES_NAME), 0);
	}
}

Test(sizes, are_counted_over_blocks)
{
	static char text[200 * 1024];
	for (size_t i = 0; i + 1 < sizeof text; i++)
		text[i] = i % 50 == 49 || i == 65535 ? '\n' : 'x';
	drop_put("new/1.a", text);
	cr_expect_eq(size_of(1), sizeof text - 1 + (sizeof text - 1) / 50 + 1 + 2);
}

/* The messages are put in place of others, so that who counts is told from who remembers. */
Test(sizes, are_remembered_over_renames)
{
	drop_put("new/1.a", "a\n");
	drop_put("new/2.b,S=2", "b\n");
	cr_expect_eq(size_of(1), 3);
	cr_expect_eq(folder_count("tmp/*"), 0);
	cr_assert_eq(unlink("new/1.a"), 0);
	drop_put("cur/1.a:2,S", "changed\n");
	drop_put("new/2.b,S=2", "changed\n");
	drop_put("new/3.c", "\n");
	struct maildrop *maildrop = drop_open();
	cr_expect_eq(maildrop_size(maildrop, 1), 3);
	cr_expect_eq(maildrop_size(maildrop, 2), 3);
	cr_expect_eq(maildrop_size(maildrop, 3), 2);
	cr_expect_eq(maildrop_total(maildrop).octets, 8);
	maildrop_close(maildrop);
	drop_put("new/3.c", "changed\n");
	cr_expect_eq(size_of(3), 2);
}

Test(sizes, of_removed_messages_are_dropped)
{
	struct stat status;
	drop_put("new/1.a", "a\n");
	drop_put("new/2.b", "b\n");
	size_of(1);
	cr_assert_eq(stat(DROP_SIZES_NAME, &status), 0);
	cr_expect_eq(status.st_size, sizeof(struct sizes_head) + 2 * sizeof(struct sizes_record));
	cr_assert_eq(unlink("new/1.a"), 0);
	drop_put("new/3.c", "c\n");
	size_of(1);
	cr_assert_eq(stat(DROP_SIZES_NAME, &status), 0);
	cr_expect_eq(status.st_size, sizeof(struct sizes_head) + 2 * sizeof(struct sizes_record));
}

/* A message whose size is remembered; what is done to the file is then seen by its size. */
static void
remember_one(void)
{
	drop_put("new/1.a", "a\n");
	cr_assert_eq(size_of(1), 3);
	drop_put("new/1.a", "counted\n");
	cr_assert_eq(size_of(1), 3);
}

Test(sizes, are_recounted_if_any_octet_of_the_cache_is_damaged)
{
	static char content[64];
	size_t len;
	remember_one();
	memcpy(content, folder_read(DROP_SIZES_NAME, &len), sizeof content);
	for (size_t i = 0; i < len; i++) {
		int file = open(DROP_SIZES_NAME, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		content[i] ^= 0x10;
		cr_assert_eq(write(file, content, len), (ssize_t)len);
		cr_assert_eq(close(file), 0);
		content[i] ^= 0x10;
		cr_expect_eq(size_of(1), 9, "octet %zu", i);
	}
}

Test(sizes, are_recounted_if_the_cache_is_truncated_or_no_file)
{
	for (off_t len = 0; len < (off_t)(sizeof(struct sizes_head) + sizeof(struct sizes_record)); len++) {
		unlink(DROP_SIZES_NAME);
		remember_one();
		cr_assert_eq(truncate(DROP_SIZES_NAME, len), 0);
		cr_expect_eq(size_of(1), 9, "cut at %ld", (long)len);
	}
	unlink(DROP_SIZES_NAME);
	cr_assert_eq(mkfifo(DROP_SIZES_NAME, 0600), 0);
	cr_expect_eq(size_of(1), 9);
	cr_expect_eq(size_of(1), 9);
	unlink(DROP_SIZES_NAME);
	cr_assert_eq(symlink("/etc/passwd", DROP_SIZES_NAME), 0);
	cr_expect_eq(size_of(1), 9);
	unlink(DROP_SIZES_NAME);
	cr_assert_eq(mkdir(DROP_SIZES_NAME, 0700), 0);
	cr_expect_eq(size_of(1), 9);
	cr_expect_eq(folder_count("tmp/*"), 0, "what could not be put in its place is taken away");
}

Test(sizes, that_are_wrong_in_a_valid_cache_are_bounded)
{
	struct {
		struct sizes_head head;
		struct sizes_record record;
	} content;
	size_t len;
	remember_one();
	memcpy(&content, folder_read(DROP_SIZES_NAME, &len), sizeof content);
	content.record.size = UINT64_MAX - 1;
	content.head.sum = siphash((const uint64_t[]) { 2, 3 }, &content.record, sizeof content.record);
	int file = open(DROP_SIZES_NAME, O_WRONLY | O_TRUNC);
	cr_assert_eq(write(file, &content, sizeof content), (ssize_t)sizeof content);
	close(file);
	cr_expect_eq(size_of(1), 9);
}

Test(sizes, do_without_tmp)
{
	drop_put("new/1.a", "a\n");
	cr_assert_eq(rmdir("tmp"), 0);
	cr_expect_eq(size_of(1), 3);
	cr_expect_eq(size_of(1), 3);
}

Test(sizes, of_thousands_are_counted_in_turns)
{
	char name[32];
	for (int i = 0; i < 2100; i++) {
		snprintf(name, sizeof name, "new/%d.x", i);
		drop_put(name, "a\n");
	}
	struct maildrop *maildrop = drop_open();
	cr_expect_eq(maildrop_total(maildrop).messages, 2100);
	cr_expect_eq(maildrop_total(maildrop).octets, 6300);
	maildrop_close(maildrop);
	cr_assert_eq(truncate("new/0.x", 0), 0);
	cr_expect_eq(size_of(1), 3);
	cr_expect_eq(size_of(2100), 3);
}

/* Octets of a header can become 33 times as many, and making these is the work. */
Test(sizes, of_long_surrogates_are_counted_in_turns)
{
	enum { MESSAGES = 4, FIELDS = 34, ADDRESSES = 15000 };
	static char message[FIELDS * (2 * ADDRESSES + 8) + 64] = "From: \xC3\xBC@x\n";
	char name[32], *end = message + strlen(message);
	for (int field = 0; field < FIELDS; field++) {
		end = stpcpy(end, "To: ");
		for (int i = 0; i < ADDRESSES; i++)
			end = stpcpy(end, "\xFF,");
		end = stpcpy(end, "\n");
	}
	strcpy(end, "\nbody\n");
	for (int i = 0; i < MESSAGES; i++) {
		snprintf(name, sizeof name, "new/%d.x", i);
		drop_put(name, message);
	}
	unsigned before = drop_jobs;
	maildrop_close(drop_open());
	cr_expect_geq(drop_jobs - before, MESSAGES);
}

Test(sizes, unreadable_message_has_size_zero_and_does_not_fail_the_login)
{
	drop_put("new/1.a", "a\n");
	drop_put("new/2.b", "b\n");
	uid_t user = geteuid();
	cr_assert_eq(chmod("new/1.a", 0), 0);
	cr_assert_eq(chmod("../..", 0755) | chmod("..", 0755) | chmod(".", 0777) | chmod("tmp", 0777) |
	        chmod("new", 0755) | chmod("cur", 0755) | chmod("new/2.b", 0644),
	    0);
	cr_assert_eq(seteuid(user == 0 ? 65534 : user), 0);
	struct maildrop *maildrop = drop_open();
	cr_expect_eq(maildrop_size(maildrop, 1), 0);
	cr_expect_eq(maildrop_size(maildrop, 2), 3);
	maildrop_close(maildrop);
	cr_assert_eq(seteuid(user), 0);
	cr_assert_eq(chmod("new/1.a", 0600), 0);
	cr_expect_eq(size_of(1), 3, "it is not remembered");
}

Test(sizes, that_are_wrong_do_not_change_the_octets_sent)
{
	const char *text;
	size_t len;
	drop_put("new/1.a,S=5000,W=9000", "Subject: x\n\n.\nbody");
	drop_put("new/2.b,S=0,W=0", "Subject: x\n\n.\nbody");
	struct maildrop *maildrop = drop_open();
	for (size_t i = 1; i <= 2; i++) {
		cr_expect_eq(drop_read(maildrop, i, MAILDROP_WHOLE, &text, &len), MAILDROP_OK);
		cr_expect_str_eq(text, "Subject: x\r\n\r\n..\r\nbody\r\n");
	}
	maildrop_close(maildrop);
}
