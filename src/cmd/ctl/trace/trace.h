/* ftgatectl trace: says what became of a message, from the log. */
#ifndef CMD_CTL_TRACE_TRACE_H
#define CMD_CTL_TRACE_TRACE_H

#include <argp.h>
#include <stddef.h>

/* The options of trace: the logs to read, and the time that they cover; NULL: not given. */
struct trace_options {
	const char **logs;
	size_t count;
	const char *since, *until;
};

/* The parser of these options, whose input they are. */
extern const struct argp trace_parser;

/* The name of one that was given; NULL: none was. */
const char *trace_option(const struct trace_options *options);

/* The exit statuses of trace. */
enum { TRACE_FOUND, TRACE_NOTHING, TRACE_ERROR };

struct request;

/* Tells the story of what request->words[0] names. Returns one of the statuses. */
int ctl_trace(struct request *request);

#endif
