/* What an event of the log says, in the language of the user. */
#ifndef CMD_CTL_TRACE_SENTENCE_H
#define CMD_CTL_TRACE_SENTENCE_H

#include <stdio.h>

#include "cmd/ctl/trace/event.h"

enum { SENTENCE_TIME_SIZE = sizeof "2026-01-31 12:00:00Z" };

/* Writes a time of the log, "2026-01-31T12:00:00.250Z", as people read it, so many seconds later. */
void sentence_time(char text[SENTENCE_TIME_SIZE], const char *time, long seconds);

/*
 * Writes a sentence, without a line feed, with what may not be shown escaped; an event that has none as it stands in
 * the log.
 */
void sentence_write(FILE *to, const struct event *event, const char *time);

#endif
