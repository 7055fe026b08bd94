/* The options of ftgatectl trace. */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/translate.h"
#include "cmd/ctl/trace/trace.h"

enum { KEY_LOG = 0x200, KEY_SINCE, KEY_UNTIL };

static const struct argp_option options[] = {
	{ "log", KEY_LOG, N_("FILE"), 0,
	    N_("trace: A log to read, with its rotated files; - for standard input; journal (default: as configured)"),
	    2 },
	{ "since", KEY_SINCE, N_("TIME"), 0, N_("trace: Only from this time on: 2026-01-31, '2026-01-31 12:00', 2h"),
	    2 },
	{ "until", KEY_UNTIL, N_("TIME"), 0, N_("trace: Only until the end of this time"), 2 },
	{ 0 },
};

static int
add_log(struct trace_options *trace, const char *name)
{
	const char **logs = reallocarray(trace->logs, trace->count + 1, sizeof *logs);
	if (logs == NULL)
		return ENOMEM;
	logs[trace->count++] = name;
	trace->logs = logs;
	return 0;
}

static error_t
parse_option(int key, char *argument, struct argp_state *state)
{
	struct trace_options *trace = state->input;
	switch (key) {
	case KEY_LOG: return add_log(trace, argument);
	case KEY_SINCE: trace->since = argument; return 0;
	case KEY_UNTIL: trace->until = argument; return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

const struct argp trace_parser = { .options = options, .parser = parse_option };

const char *
trace_option(const struct trace_options *trace)
{
	if (trace->count > 0)
		return "--log";
	if (trace->since != NULL)
		return "--since";
	return trace->until != NULL ? "--until" : NULL;
}
