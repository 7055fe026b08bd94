/* Measures greylisting with many keys: what a look-up takes and how large the file is, before and after a week of mail. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "directory/sqlite/greylist.h"
#include "port/greylist.h"

enum { KEYS = 1000000, DAYS = 7, DAY = 24 * 60 * 60, START = 1893456000, LOOKUPS = 20000 };

static const struct greylist_rules rules = { .delay = 300, .window = 2 * DAY, .lifetime = 36 * DAY, .passes = 5 };
static struct greylist_store *store;
static const char *path;

/* Spreads numbers as the hash of the server does. */
static uint64_t
hash(uint64_t number)
{
	number = (number + 1) * 0x9E3779B97F4A7C15;
	number = (number ^ number >> 32) * 0xD6E8FEB86659FD93;
	return number ^ number >> 32;
}

/* Every mail is of a network that nothing else comes from: the worst case. */
static void
judge(uint64_t number, int64_t now, enum greylist_verdict expected)
{
	struct greylist_keys keys = { .mail = hash(number), .network = hash(number | 1ULL << 40) };
	int64_t left;
	if (greylist_judge(store, &rules, &keys, now, &left) != expected) {
		fprintf(stderr, "greylist: another answer than it should be: %s\n", store->ops->trouble(store));
		exit(1);
	}
}

static double
microseconds(void)
{
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec * 1e6 + (double)at.tv_nsec / 1e3;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Mails from first on, step apart: the median of their times, and the hundredth that took longest. */
static void
time_judging(const char *what, uint64_t first, uint64_t step, int64_t now, enum greylist_verdict expected)
{
	static double times[LOOKUPS];
	for (size_t i = 0; i < LOOKUPS; i++) {
		double start = microseconds();
		judge(first + i * step, now, expected);
		times[i] = microseconds() - start;
	}
	qsort(times, LOOKUPS, sizeof *times, compare);
	printf("  %-44s %10.1f %10.1f\n", what, times[LOOKUPS / 2], times[LOOKUPS / 100 * 99]);
}

static void
print_size(const char *when)
{
	struct stat status;
	printf("  %-44s %10.1f\n", when, stat(path, &status) == 0 ? (double)status.st_size / (1 << 20) : 0);
}

/* Puts the keys of the first day there in one go. */
static void
fill(void)
{
	sqlite3 *database;
	sqlite3_stmt *row;
	judge(0, START, GREYLIST_WAIT);
	sqlite3_open(path, &database);
	sqlite3_exec(database, "BEGIN", NULL, NULL, NULL);
	sqlite3_prepare_v2(database, "INSERT OR REPLACE INTO seen VALUES (?1, ?2, ?3, ?4)", -1, &row, NULL);
	for (uint64_t i = 0; i < KEYS; i++) {
		bool passed = i % 10 == 0;
		sqlite3_bind_int64(row, 1, (int64_t)hash(i));
		sqlite3_bind_int64(row, 2, START);
		sqlite3_bind_int64(row, 3, START + (passed ? rules.lifetime : rules.window));
		sqlite3_bind_int64(row, 4, passed);
		sqlite3_step(row);
		sqlite3_reset(row);
	}
	sqlite3_finalize(row);
	sqlite3_exec(database, "COMMIT", NULL, NULL, NULL);
	sqlite3_close(database);
}

/* What waits is of the last two days, what passed of all. */
static void
time_all(uint64_t waiting, uint64_t unknown, int64_t now)
{
	time_judging("mail that waits, us: median, 99 of 100", waiting, 10, now, GREYLIST_WAIT);
	time_judging("mail that has passed", 0, 10, now, GREYLIST_PASS);
	time_judging("mail that comes for the first time", unknown, 1, now, GREYLIST_WAIT);
}

/* usage: greylist FILE, which is made */
int
main(int argc, char **argv)
{
	if (argc != 2 || (store = greylist_sqlite_new(path = argv[1], 1 << 30)) == NULL) {
		fputs("greylist: name a file that is not there\n", stderr);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("\nGreylisting by a file of SQLite, of %d keys; of ten mails one comes again and passes\n", KEYS);
	fill();
	print_size("file, MiB");
	time_all(1, KEYS * 10ULL, START + 299);
	for (uint64_t i = 0; i < KEYS; i++) {
		int64_t now = START + DAY + (int64_t)(i * DAYS * DAY / KEYS);
		judge(KEYS + i, now, GREYLIST_WAIT);
		if (i >= KEYS / 100 && i % 10 == 0)
			judge(KEYS + i - KEYS / 100, now, GREYLIST_PASS);
	}
	printf("After a week in which as many came:\n");
	print_size("file, MiB");
	time_judging("mail that has passed", KEYS, 10, START + 8LL * DAY, GREYLIST_PASS);
	time_judging("mail that comes for the first time", KEYS * 20ULL, 1, START + 8LL * DAY, GREYLIST_WAIT);
	time_judging("the same again", KEYS * 20ULL, 1, START + 8LL * DAY + 1, GREYLIST_WAIT);
	print_size("file, MiB");
	store->ops->close(store);
	return 0;
}
