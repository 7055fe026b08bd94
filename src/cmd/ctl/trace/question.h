/* What trace is asked for. */
#ifndef CMD_CTL_TRACE_QUESTION_H
#define CMD_CTL_TRACE_QUESTION_H

#include "base/address/address.h"
#include "cmd/ctl/trace/event.h"
#include "cmd/ctl/trace/source.h"

struct question {
	char text[EVENT_VALUE_SIZE];       /* as it was asked, without spaces and brackets around it */
	char address[ADDRESS_TEXT_SIZE];   /* its domain in the A-label form; "": it is no address */
	char message_id[EVENT_VALUE_SIZE]; /* in angle brackets; "": it has no "@" */
	char ref[8];                       /* "#4.28"; "": it is no reference */
	const char *since, *until;         /* prefixes of a time, "2026-01-31T12"; NULL: none */
	char times[2][SOURCE_STAMP_SIZE];
};

/* Reads an address, a message-id, an ID of a session or a message, a reference ("4.28", "(#4.28)") or the ID of a reply. */
bool question_read(struct question *question, const char *text);

/*
 * Reads a time: "2026-01-31", "2026-01-31 12:00", "2026-01-31T12:00:00Z", all in UTC, or how long ago: "90m", "2h", "3d".
 * which: 0 since, 1 until. False: it is none.
 */
bool question_set_time(struct question *question, unsigned which, const char *text);

/* Is the time within the limits? The last one names a span: with "2026-01-31" the whole day. */
bool question_covers(const struct question *question, struct log_span time);

/* What in an event is what was asked for. */
enum question_match { MATCH_NONE, MATCH_ADDRESS, MATCH_ID, MATCH_REF };
enum question_match question_match(const struct question *question, const struct event *event);

#endif
