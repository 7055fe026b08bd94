/* A maildrop on a disk that fails, or without memory: no message is lost, and what is told is true. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "support/folder.h"
#include "support/maildrop_fixture.h"

int __real_openat(int folder, const char *path, int flags, ...);
ssize_t __real_read(int file, void *bytes, size_t len);
ssize_t __real_preadv2(int file, const struct iovec *vector, int count, off_t offset, int flags);
int __real_unlinkat(int folder, const char *path, int flags);
struct dirent *__real_readdir(DIR *entries);
int __real_fsync(int file);
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_reallocarray(void *memory, size_t count, size_t size);
int __wrap_openat(int folder, const char *path, int flags, ...);
ssize_t __wrap_read(int file, void *bytes, size_t len);
ssize_t __wrap_preadv2(int file, const struct iovec *vector, int count, off_t offset, int flags);
long __wrap_syscall(long number, ...);
int __wrap_unlinkat(int folder, const char *path, int flags);
struct dirent *__wrap_readdir(DIR *entries);
int __wrap_fsync(int file);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_reallocarray(void *memory, size_t count, size_t size);

enum call { NONE, OPENAT, READ, UNLINKAT, READDIR, FSYNC, MEMORY, CALLS };

static enum call chosen;
static int countdown; /* calls until one fails */
static int chosen_error, struck;

static void
set_fault(enum call call, int nth, int error)
{
	chosen = call;
	countdown = nth;
	chosen_error = error;
	struck = 0;
}

static void
clear_fault(void)
{
	chosen = NONE;
}

static bool
strikes(enum call call)
{
	if (call != chosen || countdown-- != 0)
		return false;
	struck++;
	errno = chosen_error;
	return true;
}

int
__wrap_openat(int folder, const char *path, int flags, ...)
{
	va_list arguments;
	va_start(arguments, flags);
	unsigned mode = flags & O_CREAT ? va_arg(arguments, unsigned) : 0;
	va_end(arguments);
	return strikes(OPENAT) ? -1 : __real_openat(folder, path, flags, mode);
}

ssize_t
__wrap_read(int file, void *bytes, size_t len)
{
	return strikes(READ) ? -1 : __real_read(file, bytes, len);
}

/* Nothing of a message is in memory: all of it has to be waited for. */
ssize_t
__wrap_preadv2(int file, const struct iovec *vector, int count, off_t offset, int flags)
{
	if (flags & RWF_NOWAIT) {
		errno = EAGAIN;
		return -1;
	}
	return strikes(READ) ? -1 : __real_preadv2(file, vector, count, offset, flags);
}

/* It is openat2() that has no function of its own. */
long
__wrap_syscall(long number, ...)
{
	(void)number;
	errno = EAGAIN;
	return -1;
}

int
__wrap_unlinkat(int folder, const char *path, int flags)
{
	return strikes(UNLINKAT) ? -1 : __real_unlinkat(folder, path, flags);
}

/* A name that is not met once, as if it were changed while its folder is read. */
static const char *missed;
static bool same_tick; /* the folder has its time stamp already */

struct dirent *
__wrap_readdir(DIR *entries)
{
	if (strikes(READDIR))
		return NULL;
	struct dirent *entry = __real_readdir(entries);
	if (entry == NULL || missed == NULL || strcmp(entry->d_name, missed) != 0)
		return entry;
	missed = NULL;
	if (!same_tick)
		drop_put("cur/.changed", "");
	return __real_readdir(entries);
}

int
__wrap_fsync(int file)
{
	return strikes(FSYNC) ? -1 : __real_fsync(file);
}

void *
__wrap_malloc(size_t size)
{
	return strikes(MEMORY) ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return strikes(MEMORY) ? NULL : __real_calloc(count, size);
}

void *
__wrap_realloc(void *memory, size_t size)
{
	return strikes(MEMORY) ? NULL : __real_realloc(memory, size);
}

void *
__wrap_reallocarray(void *memory, size_t count, size_t size)
{
	return strikes(MEMORY) ? NULL : __real_reallocarray(memory, count, size);
}

TestSuite(faults, .init = drop_begin, .fini = drop_end);

static void
put_messages(void)
{
	drop_put("maildirsize", "1000S\n100 5\n");
	drop_put("new/1.a,S=2,W=3", "a\n");
	drop_put("cur/2.b:2,S", "b\n");
	drop_put("new/3.c", "c\n");
	drop_put("cur/4.d,S=2,W=3:2,", "d\n");
	drop_put("new/4.d,S=2,W=3", "D\n");
}

static size_t
open_descriptors(void)
{
	return folder_count("/proc/self/fd/*");
}

static struct maildrop *
log_in(void)
{
	put_messages();
	struct maildrop *maildrop = drop_open();
	cr_assert_eq(maildrop_count(maildrop), 5);
	return maildrop;
}

/* Logs in while a fault strikes, if there are calls enough. */
static void
log_in_with(enum call call, int nth, int error)
{
	enum maildrop_result result;
	size_t descriptors = open_descriptors();
	unlink("ftgate-pop3.cache");
	set_fault(call, nth, error);
	struct maildrop *maildrop = drop_try(&result);
	clear_fault();
	if (result == MAILDROP_OK)
		cr_expect_geq(maildrop_count(maildrop), 4, "the twin may have to wait");
	else
		cr_expect_eq(result, error == EACCES ? MAILDROP_ACCESS : MAILDROP_FAILED, "call %d, nth %d, error %d",
		    (int)call, nth, error);
	if (result != MAILDROP_OK && maildrop != NULL)
		cr_expect_eq(maildrop_error(maildrop), error);
	maildrop_close(maildrop);
	cr_assert_eq(folder_count("new/*") + folder_count("cur/*"), 5);
	cr_assert_eq(folder_count("tmp/*"), 0);
	cr_assert_eq(open_descriptors(), descriptors);
}

Test(faults, at_login_lose_no_message)
{
	static const int errors[] = { ENOMEM, EIO, EACCES, EMFILE };
	int all = 0;
	put_messages();
	for (enum call call = OPENAT; call < CALLS; call++) {
		for (size_t i = 0; i < (call == MEMORY ? 1 : sizeof errors / sizeof *errors); i++) {
			struck = 1;
			for (int nth = 0; struck > 0; nth++) {
				log_in_with(call, nth, errors[i]);
				all += struck;
			}
		}
	}
	cr_expect_gt(all, 60);
}

Test(faults, message_that_is_renamed_while_its_folder_is_read_is_not_missed)
{
	static const struct timespec old[2] = { { 1000000000, 0 }, { 1000000000, 0 } };
	drop_put("cur/1.a,S=2,W=3:2,", "a\n");
	drop_put("cur/2.b,S=2,W=3:2,", "b\n");
	cr_assert_eq(utimensat(AT_FDCWD, "cur", old, 0), 0);
	missed = "1.a,S=2,W=3:2,";
	struct maildrop *maildrop = drop_open();
	cr_assert_null(missed);
	cr_expect_str_eq(drop_uids(maildrop), "1.a 2.b");
	maildrop_close(maildrop);
}

/* The folder has been changed a moment ago, or its clock is ahead: its time stamp cannot show a further change. */
Test(faults, message_that_is_renamed_in_the_tick_of_the_last_change_is_not_missed)
{
	struct timespec times[2];
	drop_put("cur/1.a,S=2,W=3:2,", "a\n");
	drop_put("cur/2.b,S=2,W=3:2,", "b\n");
	clock_gettime(CLOCK_REALTIME, &times[0]);
	times[0].tv_sec++;
	times[1] = times[0];
	cr_assert_eq(utimensat(AT_FDCWD, "cur", times, 0), 0);
	same_tick = true;
	missed = "1.a,S=2,W=3:2,";
	struct maildrop *maildrop = drop_open();
	cr_assert_null(missed);
	cr_expect_str_eq(drop_uids(maildrop), "1.a 2.b");
	maildrop_close(maildrop);
}

Test(faults, while_reading_are_reported)
{
	static const enum call calls[] = { OPENAT, READ, MEMORY };
	const char *text;
	size_t len;
	struct maildrop *maildrop = log_in();
	size_t descriptors = open_descriptors();
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		set_fault(calls[i], 0, EMFILE);
		cr_expect_eq(drop_read(maildrop, 1, MAILDROP_WHOLE, &text, &len), MAILDROP_FAILED);
		cr_expect_eq(struck, 1);
		cr_expect_eq(len, 0);
		cr_expect_eq(maildrop_error(maildrop), EMFILE);
		cr_expect_eq(drop_read(maildrop, 1, MAILDROP_WHOLE, &text, &len), MAILDROP_OK);
		cr_expect_str_eq(text, "a\r\n");
		cr_expect_eq(open_descriptors(), descriptors);
	}
	set_fault(READ, 0, EINTR);
	cr_expect_eq(drop_read(maildrop, 1, MAILDROP_WHOLE, &text, &len), MAILDROP_OK);
	cr_expect_eq(struck, 1);
	maildrop_close(maildrop);
}

Test(faults, while_searching_a_renamed_message_keep_it_findable)
{
	static const enum call calls[] = { OPENAT, READDIR, MEMORY };
	static const char *const names[] = { "new/1.a,S=2,W=3", "cur/1.a,S=2,W=3:2,S" };
	const char *text;
	size_t len;
	struct maildrop *maildrop = log_in();
	bool odd = false;
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		bool more = true;
		for (int nth = 0; more; nth++, odd = !odd) {
			cr_assert_eq(rename(names[odd], names[!odd]), 0);
			set_fault(calls[i], nth, ENOMEM);
			drop_read(maildrop, 1, MAILDROP_WHOLE, &text, &len);
			more = struck > 0;
			clear_fault();
			cr_assert_eq(drop_read(maildrop, 1, MAILDROP_WHOLE, &text, &len), MAILDROP_OK);
			cr_assert_str_eq(text, "a\r\n");
			cr_assert_eq(maildrop_count(maildrop), 5);
		}
	}
	maildrop_close(maildrop);
}

/* Marks all but the last, and has a fault strike in the update. Returns how many files it told to be left. */
static size_t
update(enum call call, int nth, int error, enum maildrop_result *result)
{
	struct maildrop *maildrop = log_in();
	for (size_t i = 1; i < 5; i++)
		maildrop_delete(maildrop, i);
	cr_assert_eq(rename("new/1.a,S=2,W=3", "cur/1.a,S=2,W=3:2,S"), 0);
	set_fault(call, nth, error);
	drop_update(maildrop, result);
	clear_fault();
	size_t left = maildrop_left(maildrop);
	maildrop_close(maildrop);
	return left;
}

Test(faults, at_the_update_are_reported_with_the_messages_left)
{
	static const enum call calls[] = { OPENAT, UNLINKAT, READDIR, FSYNC, MEMORY };
	int all = 0;
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		bool more = true;
		for (int nth = 0; more; nth++) {
			enum maildrop_result result;
			size_t left = update(calls[i], nth, EIO, &result);
			size_t there = folder_count("new/*") + folder_count("cur/*");
			more = struck > 0;
			all += struck;
			cr_expect_eq(
			    there, left + 1, "call %d, nth %d: %zu there, %zu told", (int)calls[i], nth, there, left);
			if (!more || left > 0)
				cr_expect_eq(result, more ? MAILDROP_FAILED : MAILDROP_OK);
			cr_assert_eq(system("rm -rf new/* cur/* ftgate-pop3.cache"), 0);
		}
	}
	cr_expect_gt(all, 10);
}

Test(faults, of_one_message_do_not_prevent_removing_others)
{
	enum maildrop_result result;
	cr_expect_eq(update(UNLINKAT, 0, EACCES, &result), 1);
	cr_expect_eq(result, MAILDROP_ACCESS);
	cr_expect_eq(folder_count("new/*") + folder_count("cur/*"), 2);
}

Test(faults, of_the_sync_are_reported_even_if_all_are_removed)
{
	enum maildrop_result result;
	cr_expect_eq(update(FSYNC, 0, EIO, &result), 0);
	cr_expect_eq(struck, 1);
	cr_expect_eq(result, MAILDROP_FAILED);
}

Test(faults, update_that_can_remove_nothing_leaves_maildirsize_alone)
{
	size_t len;
	enum maildrop_result result;
	cr_expect_eq(update(OPENAT, 0, EMFILE, &result), 4);
	cr_expect_eq(result, MAILDROP_FAILED);
	cr_expect_str_eq(folder_read("maildirsize", &len), "1000S\n100 5\n");
}
