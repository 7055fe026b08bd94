/* The languages of domains, from a file and from the directory, kept in memory while they change. */
#ifndef CMD_MAPD_DOMAIN_LANGUAGES_H
#define CMD_MAPD_DOMAIN_LANGUAGES_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>
#include <uv.h>

#include "config/config.h"
#include "mapd/languages.h"
#include "port/job.h"

enum { DOMAIN_LANGUAGES_SOURCES = 3 }; /* the file, the database and its log */

/* The state of a source when it was read last. */
struct source_stamp {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed;
};

/* Of one worker, for its loop's thread. */
struct domain_languages {
	const char *file; /* NULL: none */
	const char *data; /* the data folder */
	unsigned worker;  /* for the log */
	struct executor *executor;
	struct languages *languages; /* in use; NULL: none could be read */
	struct source_stamp stamps[DOMAIN_LANGUAGES_SOURCES];
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
 * Loads the languages, and from then on again if a source has changed, by jobs; the sources are looked at every few seconds.
 * file, data, worker, executor and changed are set. If they cannot be read, those in use are kept, and the log says why.
 * Returns 0, or an error of libuv.
 */
int domain_languages_open(struct domain_languages *languages, uv_loop_t *loop);

/* Looks at the sources now. */
void domain_languages_reload(struct domain_languages *languages);

/* Frees them. The timer is closed with the loop, and no job is under way. */
void domain_languages_close(struct domain_languages *languages);

#endif
