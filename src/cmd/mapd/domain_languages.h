/* The languages of domains, from a file and from the directory, kept in memory while they change. */
#ifndef CMD_MAPD_DOMAIN_LANGUAGES_H
#define CMD_MAPD_DOMAIN_LANGUAGES_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>
#include <time.h>
#include <uv.h>

#include "config/config.h"
#include "mapd/languages.h"
#include "port/job.h"

/* Where languages come from. The file precedes the directory. */
enum domain_source { DOMAIN_SOURCE_FILE, DOMAIN_SOURCE_DIRECTORY, DOMAIN_SOURCES };

enum {
	DOMAIN_SOURCE_PATHS = 2,             /* of the directory: the database and its log */
	DOMAIN_FAULT_SIZE = PATH_MAX + 1024, /* octets of why a source could not be read */
};

/* The state of a file when it was read last. */
struct source_stamp {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed;
};

/* What a source had when it was read last. */
struct domain_table {
	struct languages *languages; /* in use; NULL: none could be read */
	struct source_stamp stamps[DOMAIN_SOURCE_PATHS];
	char fault[DOMAIN_FAULT_SIZE]; /* of the last time, which the log has; "": none */
};

/* Of one worker, for its loop's thread. */
struct domain_languages {
	const char *file; /* NULL: none */
	const char *data; /* the data folder */
	unsigned worker;  /* for the log */
	struct executor *executor;
	struct domain_table tables[DOMAIN_SOURCES];
	bool loading, again;
	uv_timer_t timer;
	/* Called when other languages are in use. */
	void (*changed)(struct domain_languages *languages);
};

/*
 * Adds the languages of a file. Blocks. Reports each faulty line, and a file that cannot be read with the line 0. Returns 0, or
 * -1 if there was a fault.
 */
int domain_languages_read_file(struct languages *languages, const char *file, config_report *report, void *context);

/*
 * Loads the languages, and from then on again by jobs: the sources are looked at every few seconds, and one is read if it has
 * changed or could not be read. file, data, worker, executor and changed are set. If a source cannot be read, its languages
 * in use are kept, and the log says why, once. Returns 0, or an error of libuv.
 */
int domain_languages_open(struct domain_languages *languages, uv_loop_t *loop);

/* Reads the sources now, and logs the outcome. */
void domain_languages_reload(struct domain_languages *languages);

/* Frees them. The timer is closed with the loop, and no job is under way. */
void domain_languages_close(struct domain_languages *languages);

#endif
