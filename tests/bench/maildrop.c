/*
 * Measures what it costs to open a maildrop: its messages with sizes in their names, counted, remembered; what it holds
 * in memory; what reading and removing a message costs. Makes its Maildirs in the folder that it is given.
 */
#include "port/maildrop.h"
#include "store/mail_folder.h"
#include "store/maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 7, MESSAGE_SIZE = 4096, LINE_SIZE = 64, READS = 1000 };

static struct mail_folder mail;
static char text[MESSAGE_SIZE];
static const char *const cold_switch = "/proc/sys/vm/drop_caches";

static void
die(const char *what)
{
	fprintf(stderr, "ftgate-maildrop: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
start_inline(struct executor *executor, struct job *job)
{
	(void)executor;
	job->work(job);
	job->done(job);
}

static struct executor executor = { .start = start_inline };

static void
note(void *context, enum maildrop_result result)
{
	(void)context;
	if (result == MAILDROP_OK)
		return;
	fprintf(stderr, "ftgate-maildrop: result %d\n", (int)result);
	exit(1);
}

static struct maildrop *
log_in(const struct mailbox *mailbox)
{
	struct maildrop *maildrop = maildrop_new(&mail, mailbox, &executor);
	if (maildrop == NULL)
		die("memory");
	maildrop_open(maildrop, MAILDROP_SURROGATES, note, NULL);
	return maildrop;
}

static void
make_text(void)
{
	static const char header[] = "From: a@example.org\nTo: b@example.test\nSubject: x\n\n";
	memset(text, 'x', sizeof text);
	for (size_t i = LINE_SIZE - 1; i < sizeof text; i += LINE_SIZE)
		text[i] = '\n';
	memcpy(text, header, sizeof header - 1);
}

/* Messages in cur, as if they had been seen; their wire size is told, or is to be counted. */
static void
make_maildir(struct mailbox *mailbox, const char *name, unsigned count, bool sizes)
{
	char path[256];
	char maildir[MAILDIR_PATH_SIZE];
	snprintf(mailbox->address, sizeof mailbox->address, "%s-%u@example.test", name, count);
	if (maildir_path(maildir, mailbox) < 0 || maildir_make(mail.descriptor, maildir) < 0)
		die(name);
	for (unsigned i = 0; i < count; i++) {
		snprintf(path, sizeof path, "%.100s/cur/%u.M%06uP4711Q%u.mx.example.test%s:2,S", maildir,
		    1700000000 + i * 10, i * 7919 % 1000000, i, sizes ? ",S=4096,W=4163,U=0" : "");
		int file = openat(mail.descriptor, path, O_WRONLY | O_CREAT | O_EXCL, 0600);
		if (file < 0 || write(file, text, sizeof text) != (ssize_t)sizeof text || close(file) < 0)
			die(path);
	}
}

static double
now(clockid_t clock)
{
	struct timespec time;
	clock_gettime(clock, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static int
compare(const void *one, const void *other)
{
	const double *a = one, *b = other;
	return (*a > *b) - (*a < *b);
}

/* Whoever may do so has the system forget what it has read. */
static bool
forget(void)
{
	int file = open(cold_switch, O_WRONLY | O_CLOEXEC);
	if (file < 0)
		return false;
	sync();
	bool done = write(file, "3", 1) == 1;
	close(file);
	return done;
}

enum warmth { WARM, UNCOUNTED, COLD };

/* A login and STAT: the medians of some rounds, in milliseconds. */
static void
measure_login(const struct mailbox *mailbox, const char *what, enum warmth warmth)
{
	double cpu[ROUNDS], wall[ROUNDS];
	unsigned rounds = warmth == COLD ? 1 : ROUNDS;
	char maildir[MAILDIR_PATH_SIZE], cache[MAILDIR_PATH_SIZE + 32];
	struct maildrop_total total = { 0 };
	if (maildir_path(maildir, mailbox) < 0)
		die(mailbox->address);
	snprintf(cache, sizeof cache, "%s/ftgate-pop3.cache", maildir);
	for (unsigned i = 0; i < rounds; i++) {
		if (warmth == UNCOUNTED)
			unlinkat(mail.descriptor, cache, 0);
		if (warmth == COLD && !forget())
			return;
		double cpu_start = now(CLOCK_PROCESS_CPUTIME_ID), wall_start = now(CLOCK_MONOTONIC);
		struct maildrop *maildrop = log_in(mailbox);
		total = maildrop_total(maildrop);
		maildrop_close(maildrop);
		cpu[i] = now(CLOCK_PROCESS_CPUTIME_ID) - cpu_start;
		wall[i] = now(CLOCK_MONOTONIC) - wall_start;
	}
	qsort(cpu, rounds, sizeof *cpu, compare);
	qsort(wall, rounds, sizeof *wall, compare);
	printf("%8zu  %-40s %10.2f %10.2f\n", total.messages, what, cpu[rounds / 2], wall[rounds / 2]);
}

static void
measure_memory(const struct mailbox *mailbox)
{
	struct mallinfo2 before = mallinfo2();
	struct maildrop *maildrop = log_in(mailbox);
	struct mallinfo2 after = mallinfo2();
	size_t octets = after.uordblks + after.hblkhd - before.uordblks - before.hblkhd;
	printf("%8zu  %-40s %10.1f\n", maildrop_count(maildrop), "memory, KiB per 1,000 messages",
	    (double)octets / 1.024 / (double)maildrop_count(maildrop));
	maildrop_close(maildrop);
}

/* Microseconds of CPU for each of many messages. */
static void
tell_each(const char *what, double start, size_t count)
{
	printf("%8zu  %-40s %10.2f\n", count, what, (now(CLOCK_PROCESS_CPUTIME_ID) - start) * 1e3 / (double)count);
}

static void
measure_session(const struct mailbox *mailbox)
{
	char uid[MAILDROP_UID_SIZE];
	struct maildrop *maildrop = log_in(mailbox);
	size_t count = maildrop_count(maildrop);
	double start = now(CLOCK_PROCESS_CPUTIME_ID);
	for (size_t i = 1; i <= count; i++)
		maildrop_uid(maildrop, i, uid);
	tell_each("unique-id, us of CPU", start, count);
	start = now(CLOCK_PROCESS_CPUTIME_ID);
	for (size_t i = 0; i < READS; i++) {
		maildrop_read(maildrop, i % count + 1, MAILDROP_WHOLE, note, NULL);
		maildrop_read_end(maildrop);
	}
	tell_each("reading 4 KiB, us of CPU", start, READS);
	for (size_t i = 1; i <= count; i++)
		maildrop_delete(maildrop, i);
	start = now(CLOCK_PROCESS_CPUTIME_ID);
	maildrop_update(maildrop, note, NULL);
	tell_each("removing, us of CPU", start, count);
	maildrop_close(maildrop);
}

static void
measure(unsigned count, bool cold)
{
	struct mailbox told = { 0 }, untold = { 0 };
	make_maildir(&told, "told", count, true);
	make_maildir(&untold, "untold", count, false);
	measure_login(&told, "login, sizes in the names", WARM);
	measure_login(&untold, "login, sizes counted", UNCOUNTED);
	measure_login(&untold, "login, sizes remembered", WARM);
	if (cold) {
		measure_login(&told, "login, sizes in the names, cold", COLD);
		measure_login(&untold, "login, sizes remembered, cold", COLD);
	}
	measure_memory(&told);
	measure_session(&told);
}

/* Any folder that is given is the right one. */
static void
open_mail(const char *path)
{
	char marker[PATH_MAX];
	snprintf(marker, sizeof marker, "%s/" MAIL_FOLDER_MARKER, path);
	int file = open(marker, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (file < 0 || mail_folder_open(&mail, path) < 0)
		die(path);
	close(file);
}

int
main(int argc, char **argv)
{
	bool cold = argc > 2 && strcmp(argv[1], "--cold") == 0;
	if (argc != (cold ? 4 : 3)) {
		fprintf(stderr, "usage: ftgate-maildrop [--cold] FOLDER MESSAGES\n");
		return 2;
	}
	unsigned long count = strtoul(argv[argc - 1], NULL, 10);
	open_mail(argv[argc - 2]);
	make_text();
	if (count == 0 || count > 1000000) {
		fprintf(stderr, "ftgate-maildrop: %s: 1 to 1000000 messages\n", argv[argc - 1]);
		return 2;
	}
	printf("%8s  %-40s %10s %10s\n", "messages", "maildrop", "CPU ms", "wall ms");
	measure((unsigned)count, cold);
	return 0;
}
