/* Finds the events that belong to what was asked for, and follows the links between them. */
#ifndef CMD_CTL_TRACE_SEARCH_H
#define CMD_CTL_TRACE_SEARCH_H

#include "cmd/ctl/trace/question.h"
#include "cmd/ctl/trace/story.h"

enum { SEARCH_SESSIONS_MAX = 20 }; /* that got a reference, the last ones */

/*
 * Reads the sources several times: each time finds what is linked to what the times before have found, until nothing new is
 * found. Keeps in memory the events found, and 16 octets for each ID that links them. Returns false after it has printed its
 * error.
 */
bool search_run(struct story *story, const struct question *question, struct sources *sources);

#endif
