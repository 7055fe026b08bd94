/* Shared by the files that read a configuration; internal to this folder. */
#ifndef CONFIG_READER_H
#define CONFIG_READER_H

#include <yaml.h>

#include "config/config.h"

enum {
	READER_DEPTH_MAX = 16,   /* of lists and mappings in each other; a sound file has 3 */
	READER_FAULTS_MAX = 100, /* that are reported; reading then ends */
	READER_TEXT_MAX = 1024,  /* octets of a value */
};

/* A file that is being read. */
struct reader {
	struct config *config;
	config_report *report;
	void *context;
	unsigned faults;
	unsigned fault_line; /* of the last fault */
	const char *content;
	size_t len;
	yaml_parser_t parser;
	yaml_event_t event; /* the current one */
	unsigned depth;     /* of lists and mappings that are open */
};

/* Reads the file's content into reader->config; each fault is reported. */
void reader_run(struct reader *reader);

/* Reports a fault of a line, counted from 1; 0: none can be named. */
void reader_fault(struct reader *reader, unsigned line, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Reports in plain words a syntax error of libyaml. */
void reader_report_syntax(struct reader *reader);

/*
 * A line of the file, counted from 1, without its end and the spaces and the comment at its end; len is set to its octets.
 * The text is not ended by a NUL.
 */
const char *reader_line(const struct reader *reader, unsigned line, size_t *len);

/*
 * The name of a table of settings or, if section is NULL, of a setting outside of sections or of a section, that is most
 * like the one given. NULL: none is near.
 */
const char *reader_nearest(const struct section *section, const char *name);

#endif
