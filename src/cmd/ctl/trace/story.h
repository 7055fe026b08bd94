/* The events that were found, in the order of time. */
#ifndef CMD_CTL_TRACE_STORY_H
#define CMD_CTL_TRACE_STORY_H

#include "cmd/ctl/trace/event.h"
#include "cmd/ctl/trace/source.h"

/* An event that is kept: its time, and the line behind it. */
struct story_event {
	char time[SOURCE_STAMP_SIZE];
	size_t order; /* of reading */
	bool fetch;   /* the end of a POP3 session that is here for its mailbox alone */
	char *text;   /* NULL: dropped */
	size_t len;
};

/* All zero is empty. */
struct story {
	struct story_event *event;
	size_t count, room;
};

/* Adds a copy of an event. Returns false when memory is out. */
bool story_add(struct story *story, struct log_span time, struct log_span text);

/* Sorts by time, and those of one time as they were read; removes those that were dropped. */
void story_sort(struct story *story);

/* Empties the story and frees its memory. */
void story_clear(struct story *story);

#endif
