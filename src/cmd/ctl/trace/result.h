/* What has become of each message for each recipient. */
#ifndef CMD_CTL_TRACE_RESULT_H
#define CMD_CTL_TRACE_RESULT_H

#include "cmd/ctl/trace/story.h"

enum result_state {
	RESULT_UNKNOWN,   /* accepted; the log does not say more */
	RESULT_QUEUED,    /* in the queue */
	RESULT_DEFERRED,  /* in the queue; an attempt failed */
	RESULT_DELIVERED, /* in a mailbox */
	RESULT_RELAYED,   /* another server has it */
	RESULT_BOUNCED,   /* given up */
	RESULT_LATER,     /* refused for now by this server */
	RESULT_REFUSED,   /* refused by this server */
	RESULT_STATES
};

/* Texts are the result's; "" for those that are not known. */
struct result {
	enum result_state state;
	char time[SOURCE_STAMP_SIZE];
	size_t order;  /* of its event in the story */
	long again;    /* seconds from time to the next attempt */
	char *message; /* the ID of the message, else that of the session */
	char *message_id, *from, *to;
	char *ref, *detail; /* why it is not delivered; who has it */
};

struct results {
	struct result *result;
	size_t count, room;
};

/* The words of the states in JSON. */
extern const char *const result_words[RESULT_STATES];

/* Finds the results of a sorted story, each at its last event. Returns false when memory is out. */
bool results_find(struct results *results, const struct story *story);

/* Frees the memory. */
void results_clear(struct results *results);

#endif
