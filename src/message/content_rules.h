/* Forbidden content: rules for the names and types of its parts, and for its header, read from a file. */
#ifndef MESSAGE_CONTENT_RULES_H
#define MESSAGE_CONTENT_RULES_H

#include "config/config.h"

enum {
	CONTENT_RULES_MAX = 10000,  /* rules of a file */
	CONTENT_LINE_MAX = 4096,    /* octets of a line of it */
	CONTENT_VALUE_MAX = 32768,  /* octets of a header field that a pattern is held against */
	CONTENT_STEPS_MAX = 100000, /* of a pattern against one of them, as PCRE2 counts */
	CONTENT_HEADER_TIME = 2000, /* milliseconds of CPU for all patterns against all fields of a message */
	CONTENT_DETAIL_SIZE = 128,
};

struct content_rules;

/*
 * Reads a file: a rule a line, "#" begins a comment.
 *
 *   name GLOB...              file names of attachments
 *   type GLOB...              media types of parts
 *   header NAME /PATTERN/i    a field of the header, decoded (RFC 2047), by a Perl-compatible regular expression; NAME is
 *                             a glob, too; i is optional: in either case
 *
 * Each fault is reported, then NULL is returned. The caller frees the rules when no message is inspected any more.
 */
struct content_rules *content_rules_read(const char *path, config_report *report, void *context);
void content_rules_free(struct content_rules *rules);

enum content_verdict {
	CONTENT_CLEAN,
	CONTENT_PROHIBITED,
	CONTENT_BEYOND, /* the message is beyond the limits of mime_walk.h */
	CONTENT_FAILED, /* it cannot be read; detail is why */
};

struct content_finding {
	enum content_verdict verdict;
	const char *cause;                /* "line 12"; "mime-depth". As long as the rules last; NULL: none */
	char detail[CONTENT_DETAIL_SIZE]; /* the error, also if it is CLEAN: a pattern took too long. "": none */
};

/* Inspects a message in a file. Blocks; any number of threads may do so at a time. */
void content_rules_look(const struct content_rules *rules, int file, struct content_finding *finding);

#endif
