/* The maildrop: what a session sees of a Maildir, whatever other programs do with it. */
#include "port/maildrop.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/folder.h"
#include "support/maildrop_fixture.h"

TestSuite(maildrop, .init = drop_begin, .fini = drop_end);

static void
rename_message(const char *from, const char *to)
{
	cr_assert_eq(rename(from, to), 0, "%s: %s", from, strerror(errno));
}

static void
expect_read(struct maildrop *maildrop, size_t number, size_t lines, const char *wanted)
{
	const char *text;
	size_t len;
	cr_assert_eq(drop_read(maildrop, number, lines, &text, &len), MAILDROP_OK);
	cr_expect_str_eq(text, wanted);
	cr_expect_eq(len, strlen(wanted));
}

Test(maildrop, that_is_empty_has_no_messages)
{
	struct maildrop *maildrop = drop_open();
	cr_expect_eq(maildrop_count(maildrop), 0);
	cr_expect_eq(maildrop_total(maildrop).octets, 0);
	cr_expect_eq(drop_quit(maildrop), MAILDROP_OK);
}

Test(maildrop, without_a_maildir_is_empty)
{
	cr_assert_eq(system("rm -r ../box"), 0);
	struct maildrop *maildrop = drop_open();
	cr_expect_eq(maildrop_count(maildrop), 0);
	cr_expect_eq(drop_quit(maildrop), MAILDROP_OK);
	cr_expect_eq(access("../box", F_OK), -1, "a login makes no Maildir");
}

Test(maildrop, without_its_folders_is_empty)
{
	cr_assert_eq(rmdir("new") | rmdir("cur") | rmdir("tmp"), 0);
	struct maildrop *maildrop = drop_open();
	cr_expect_eq(maildrop_count(maildrop), 0);
	maildrop_close(maildrop);
}

Test(maildrop, lists_messages_of_new_and_cur_in_the_order_of_their_arrival)
{
	drop_put("new/1700000003.M1P1.host,S=1,W=2", "a");
	drop_put("cur/1700000001.M1P1.host,S=1,W=3:2,S", "b");
	drop_put("cur/999999999.M1P1.host,S=1,W=4:2,", "c");
	drop_put("new/1700000002.M1P1.host,S=1,W=3", "d");
	struct maildrop *maildrop = drop_open();
	cr_expect_str_eq(
	    drop_uids(maildrop), "999999999.M1P1.host 1700000001.M1P1.host 1700000002.M1P1.host 1700000003.M1P1.host");
	cr_expect_eq(maildrop_size(maildrop, 1), 4);
	cr_expect_eq(maildrop_size(maildrop, 4), 2);
	cr_expect_eq(maildrop_total(maildrop).messages, 4);
	cr_expect_eq(maildrop_total(maildrop).octets, 12);
	maildrop_close(maildrop);
}

Test(maildrop, orders_one_second_by_its_microseconds_and_then_by_name)
{
	drop_put("new/1700000000.M1000P1.host", "");
	drop_put("new/1700000000.M999P9.host", "");
	drop_put("new/1700000000.V1IaM500.host", "");
	drop_put("new/1700000000.M999P8.host", "");
	drop_put("new/1700000000.1_0.host", "");
	drop_put("new/no-time", "");
	struct maildrop *maildrop = drop_open();
	cr_expect_str_eq(drop_uids(maildrop),
	    "no-time 1700000000.1_0.host 1700000000.V1IaM500.host 1700000000.M999P8.host 1700000000.M999P9.host "
	    "1700000000.M1000P1.host");
	maildrop_close(maildrop);
}

Test(maildrop, holds_regular_files_that_are_not_hidden)
{
	drop_put("new/.1.hidden", "x");
	drop_put("tmp/1.tmp", "x");
	cr_assert_eq(mkdir("new/1.folder,S=1,W=1", 0700), 0);
	cr_assert_eq(symlink("/etc/passwd", "cur/1.link,S=1,W=1:2,"), 0);
	cr_assert_eq(mkfifo("cur/1.pipe,S=1,W=1:2,", 0700), 0);
	struct maildrop *maildrop = drop_open();
	cr_expect_eq(maildrop_count(maildrop), 0);
	maildrop_close(maildrop);
}

Test(maildrop, leaves_the_messages_where_they_are)
{
	drop_put("new/1.a,S=1,W=1", "\n");
	maildrop_close(drop_open());
	cr_expect_eq(folder_count("new/1.a,S=1,W=1"), 1);
	cr_expect_eq(folder_count("cur/*"), 0);
}

Test(maildrop, keeps_unique_ids_over_flags_moves_and_fields)
{
	drop_put("new/1.M1P1.host,S=1,W=2", "\n");
	drop_put("cur/2.M1P1.host:2,", "\n");
	struct maildrop *maildrop = drop_open();
	cr_expect_str_eq(drop_uids(maildrop), "1.M1P1.host 2.M1P1.host");
	maildrop_close(maildrop);
	rename_message("new/1.M1P1.host,S=1,W=2", "cur/1.M1P1.host,S=1,W=2:2,FS");
	rename_message("cur/2.M1P1.host:2,", "cur/2.M1P1.host,W=2:2,S");
	maildrop = drop_open();
	cr_expect_str_eq(drop_uids(maildrop), "1.M1P1.host 2.M1P1.host");
	maildrop_close(maildrop);
}

Test(maildrop, hashes_names_that_cannot_be_unique_ids)
{
	char name[256] = "new/1.", other[300], first[MAILDROP_UID_SIZE];
	memset(name + 6, 'x', 69);
	drop_put(name, "");
	drop_put("new/2.a b", "");
	drop_put("new/3.\xC3\xA4\n", "");
	drop_put("new/4.:2,S", "");
	drop_put("new/,S=0,W=0", "");
	struct maildrop *maildrop = drop_open();
	cr_assert_eq(maildrop_count(maildrop), 5);
	for (size_t i = 1; i <= 5; i++) {
		size_t len = maildrop_uid(maildrop, i, other);
		cr_expect(len >= 1 && len <= 70);
		cr_expect_eq(strspn(other, "0123456789abcdef,."), len, "%s", other);
		cr_expect(other[0] == ',' || i == 5, "%s", other);
		for (size_t j = 1; j < i; j++) {
			maildrop_uid(maildrop, j, first);
			cr_expect_str_neq(first, other);
		}
	}
	cr_expect_str_eq(drop_uid(maildrop, 5), "4.");
	snprintf(first, sizeof first, "%s", drop_uid(maildrop, 2));
	maildrop_close(maildrop);
	snprintf(other, sizeof other, "cur%s:2,S", name + 3);
	rename_message(name, other);
	maildrop = drop_open();
	cr_expect_str_eq(drop_uid(maildrop, 2), first);
	maildrop_close(maildrop);
}

Test(maildrop, keeps_names_of_seventy_octets)
{
	char name[80] = "new/";
	memset(name + 4, '~', 70);
	drop_put(name, "");
	name[74] = '!';
	drop_put(name, "");
	struct maildrop *maildrop = drop_open();
	name[74] = '\0';
	cr_expect_str_eq(drop_uid(maildrop, 1), name + 4);
	cr_expect_eq(drop_uid(maildrop, 2)[0], ',');
	maildrop_close(maildrop);
}

Test(maildrop, gives_files_with_one_unique_part_different_ids_for_good)
{
	char before[4096];
	drop_put("new/5.M1P1.host,S=1,W=2", "\n");
	drop_put("cur/5.M1P1.host,S=2,W=4:2,S", "\n\n");
	drop_put("cur/5.M1P1.host,S=3,W=6:2,FS", "\n\n\n");
	struct maildrop *maildrop = drop_open();
	cr_assert_eq(maildrop_count(maildrop), 3);
	snprintf(before, sizeof before, "%s", drop_uids(maildrop));
	cr_expect_eq(strncmp(before, "5.M1P1.host 5.M1P1.host-", 24), 0, "%s", before);
	cr_expect_eq(maildrop_total(maildrop).octets, 12);
	maildrop_close(maildrop);
	maildrop = drop_open();
	cr_expect_str_eq(drop_uids(maildrop), before);
	maildrop_delete(maildrop, 1);
	cr_expect_eq(drop_quit(maildrop), MAILDROP_OK);
	maildrop = drop_open();
	cr_expect_str_eq(drop_uids(maildrop), before + strlen("5.M1P1.host "));
	maildrop_close(maildrop);
	cr_expect_eq(folder_count("*/*,S=?,W=?:2,*S") + folder_count("new/*,S=1,W=2"), 2, "fields and flags stay");
}

Test(maildrop, shows_a_file_with_two_names_once)
{
	drop_put("cur/5.M1P1.host:2,S", "\n");
	cr_assert_eq(link("cur/5.M1P1.host:2,S", "new/5.M1P1.host"), 0);
	struct maildrop *maildrop = drop_open();
	cr_expect_str_eq(drop_uids(maildrop), "5.M1P1.host");
	maildrop_close(maildrop);
	cr_expect_eq(folder_count("*/5.M1P1.host*"), 2);
}

Test(maildrop, numbers_stay_while_mail_comes_and_goes)
{
	drop_put("new/2.b,S=2,W=3", "b\n");
	drop_put("new/3.c,S=2,W=3", "c\n");
	struct maildrop *maildrop = drop_open();
	drop_put("new/1.a,S=2,W=3", "a\n");
	drop_put("new/4.d,S=2,W=3", "d\n");
	rename_message("new/3.c,S=2,W=3", "cur/3.c,S=2,W=3:2,S");
	expect_read(maildrop, 1, MAILDROP_WHOLE, "b\r\n");
	expect_read(maildrop, 2, MAILDROP_WHOLE, "c\r\n");
	cr_expect_eq(maildrop_count(maildrop), 2);
	cr_expect_eq(maildrop_total(maildrop).octets, 6);
	cr_expect_str_eq(drop_uids(maildrop), "2.b 3.c");
	maildrop_close(maildrop);
}

Test(maildrop, finds_messages_that_other_programs_rename_again_and_again)
{
	drop_put("new/1.a,S=2,W=3", "a\n");
	drop_put("new/2.b,S=2,W=3", "b\n");
	struct maildrop *maildrop = drop_open();
	rename_message("new/1.a,S=2,W=3", "cur/1.a,S=2,W=3:2,");
	expect_read(maildrop, 1, MAILDROP_WHOLE, "a\r\n");
	rename_message("cur/1.a,S=2,W=3:2,", "cur/1.a,S=2,W=3:2,FRS");
	rename_message("new/2.b,S=2,W=3", "cur/2.b,S=2,W=3:2,S");
	expect_read(maildrop, 2, MAILDROP_WHOLE, "b\r\n");
	expect_read(maildrop, 1, MAILDROP_WHOLE, "a\r\n");
	rename_message("cur/1.a,S=2,W=3:2,FRS", "new/1.a");
	maildrop_delete(maildrop, 1);
	cr_expect_eq(drop_quit(maildrop), MAILDROP_OK);
	cr_expect_eq(folder_count("*/1.a*"), 0);
	cr_expect_eq(folder_count("*/2.b*"), 1);
}

Test(maildrop, does_not_mistake_another_file_for_a_message_in_place)
{
	drop_put("cur/1.a,S=2,W=3:2,F", "a\n");
	drop_put("new/2.b,S=2,W=3", "b\n");
	struct maildrop *maildrop = drop_open();
	drop_put("new/1.a", "before it\n");
	drop_put("cur/1.a,S=2,W=3:2,", "beside it\n");
	drop_put("cur/1.a,S=2,W=3:2,S", "beside it\n");
	rename_message("new/2.b,S=2,W=3", "cur/2.b,S=2,W=3:2,S");
	expect_read(maildrop, 2, MAILDROP_WHOLE, "b\r\n");
	expect_read(maildrop, 1, MAILDROP_WHOLE, "a\r\n");
	maildrop_delete(maildrop, 1);
	cr_expect_eq(drop_quit(maildrop), MAILDROP_OK);
	cr_expect_eq(folder_count("cur/1.a,S=2,W=3:2,F"), 0);
	cr_expect_eq(folder_count("*/1.a*"), 3);
}

Test(maildrop, message_that_has_vanished_cannot_be_read_and_counts_as_removed)
{
	const char *text;
	size_t len;
	drop_put("new/1.a,S=2,W=3", "a\n");
	drop_put("new/2.b,S=2,W=3", "b\n");
	struct maildrop *maildrop = drop_open();
	cr_assert_eq(unlink("new/1.a,S=2,W=3"), 0);
	cr_expect_eq(drop_read(maildrop, 1, MAILDROP_WHOLE, &text, &len), MAILDROP_ACCESS);
	cr_expect_eq(maildrop_error(maildrop), ENOENT);
	cr_expect_eq(len, 0);
	expect_read(maildrop, 2, MAILDROP_WHOLE, "b\r\n");
	maildrop_delete(maildrop, 1);
	maildrop_delete(maildrop, 2);
	cr_expect_eq(drop_quit(maildrop), MAILDROP_OK);
	cr_expect_eq(folder_count("*/?.?,*"), 0);
}

Test(maildrop, that_vanishes_whole_is_removed)
{
	drop_put("new/1.a,S=2,W=3", "a\n");
	struct maildrop *maildrop = drop_open();
	maildrop_delete(maildrop, 1);
	cr_assert_eq(system("rm -r ../box"), 0);
	cr_expect_eq(drop_quit(maildrop), MAILDROP_OK);
}

Test(maildrop, message_replaced_by_another_file_type_cannot_be_read)
{
	const char *text;
	size_t len;
	drop_put("new/1.a,S=2,W=3", "a\n");
	drop_put("new/2.b,S=2,W=3", "b\n");
	drop_put("new/3.c,S=2,W=3", "b\n");
	struct maildrop *maildrop = drop_open();
	cr_assert_eq(unlink("new/1.a,S=2,W=3") | unlink("new/2.b,S=2,W=3") | unlink("new/3.c,S=2,W=3"), 0);
	cr_assert_eq(symlink("/etc/passwd", "new/1.a,S=2,W=3"), 0);
	cr_assert_eq(mkfifo("new/2.b,S=2,W=3", 0600), 0);
	cr_assert_eq(mkdir("new/3.c,S=2,W=3", 0700), 0);
	for (size_t i = 1; i <= 3; i++)
		cr_expect_eq(drop_read(maildrop, i, MAILDROP_WHOLE, &text, &len), MAILDROP_ACCESS);
	maildrop_close(maildrop);
}

Test(maildrop, deletes_only_at_the_end)
{
	drop_put("new/1.a,S=2,W=3", "a\n");
	drop_put("new/2.b,S=4,W=6", "b\nb\n");
	struct maildrop *maildrop = drop_open();
	maildrop_delete(maildrop, 1);
	maildrop_delete(maildrop, 1);
	cr_expect(maildrop_deleted(maildrop, 1));
	cr_expect_not(maildrop_deleted(maildrop, 2));
	cr_expect_eq(maildrop_total(maildrop).messages, 1);
	cr_expect_eq(maildrop_total(maildrop).octets, 6);
	cr_expect_eq(maildrop_count(maildrop), 2);
	cr_expect_eq(folder_count("new/*"), 2);
	maildrop_close(maildrop);
	cr_expect_eq(folder_count("new/*"), 2, "a session that is cut off deletes nothing");
}

Test(maildrop, unmarks_messages)
{
	drop_put("new/1.a,S=2,W=3", "a\n");
	drop_put("new/2.b,S=4,W=6", "b\nb\n");
	struct maildrop *maildrop = drop_open();
	maildrop_delete(maildrop, 1);
	maildrop_delete(maildrop, 2);
	maildrop_reset(maildrop);
	cr_expect_not(maildrop_deleted(maildrop, 1));
	cr_expect_eq(maildrop_total(maildrop).messages, 2);
	cr_expect_eq(maildrop_total(maildrop).octets, 9);
	maildrop_delete(maildrop, 2);
	cr_expect_eq(drop_quit(maildrop), MAILDROP_OK);
	cr_expect_eq(folder_count("new/1.a,*"), 1);
	cr_expect_eq(folder_count("new/2.b,*"), 0);
}

Test(maildrop, does_not_subtract_messages_that_did_not_count)
{
	size_t len;
	drop_put("maildirsize", "1000S,10C\n600 3\n");
	drop_put("cur/1.a.host,S=200,W=205:2,ST", "x");
	drop_put("cur/2.a.host:2,T", "12345678901");
	drop_put("cur/3.a.host,S=100,W=105:2,S", "y");
	struct maildrop *maildrop = drop_open();
	for (size_t i = 1; i <= 3; i++)
		maildrop_delete(maildrop, i);
	cr_expect_eq(drop_quit(maildrop), MAILDROP_OK);
	cr_expect_str_eq(folder_read("maildirsize", &len), "1000S,10C\n600 3\n-100 -1\n");
	cr_expect_eq(folder_count("cur/*"), 0);
}

Test(maildrop, subtracts_removed_messages_from_maildirsize)
{
	size_t len;
	drop_put("maildirsize", "1000S,10C\n600 3\n");
	drop_put("new/1.a,S=200,W=205", "a\n");
	drop_put("cur/2.b:2,S", "0123456789\n");
	drop_put("new/3.c,S=2,W=3", "c\n");
	struct maildrop *maildrop = drop_open();
	maildrop_delete(maildrop, 1);
	maildrop_delete(maildrop, 2);
	maildrop_delete(maildrop, 3);
	cr_assert_eq(unlink("new/3.c,S=2,W=3"), 0);
	cr_expect_eq(drop_quit(maildrop), MAILDROP_OK);
	cr_expect_str_eq(folder_read("maildirsize", &len), "1000S,10C\n600 3\n-211 -2\n");
}

Test(maildrop, removes_thousands)
{
	char name[64];
	for (int i = 0; i < 2500; i++) {
		snprintf(name, sizeof name, "new/%d.M1P1.host,S=1,W=2", i);
		drop_put(name, "\n");
	}
	struct maildrop *maildrop = drop_open();
	cr_assert_eq(maildrop_count(maildrop), 2500);
	cr_assert_eq(system("mv new/1* new/2499.* cur"), 0);
	for (size_t i = 1; i < 2500; i++)
		maildrop_delete(maildrop, i);
	cr_expect_eq(drop_quit(maildrop), MAILDROP_OK);
	cr_expect_eq(folder_count("new/*"), 0);
	cr_expect_str_eq(folder_name("cur/*"), "cur/2499.M1P1.host,S=1,W=2");
	cr_expect_eq(folder_count("cur/*"), 1);
}

Test(maildrop, that_may_not_be_read_is_an_access_error)
{
	enum maildrop_result result;
	uid_t user = geteuid();
	cr_assert_eq(chmod("../box", 0), 0);
	cr_assert_eq(seteuid(user == 0 ? 65534 : user), 0);
	maildrop_close(drop_try(&result));
	cr_assert_eq(seteuid(user), 0);
	cr_assert_eq(chmod("../box", 0700), 0);
	cr_expect_eq(result, MAILDROP_ACCESS);
}

Test(maildrop, that_is_a_file_is_an_access_error)
{
	enum maildrop_result result;
	cr_assert_eq(rmdir("cur"), 0);
	drop_put("cur", "");
	maildrop_close(drop_try(&result));
	cr_expect_eq(result, MAILDROP_ACCESS);
	cr_assert_eq(unlink("cur"), 0);
	cr_assert_eq(symlink("/tmp", "cur"), 0);
	maildrop_close(drop_try(&result));
	cr_expect_eq(result, MAILDROP_ACCESS);
	cr_assert_eq(system("rm -r ../box && ln -s /tmp ../box"), 0);
	maildrop_close(drop_try(&result));
	cr_expect_eq(result, MAILDROP_ACCESS);
}
