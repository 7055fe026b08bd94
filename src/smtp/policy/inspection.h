/* Runs a check of the stage POLICY_CONTENT in a job, on the message in its file. */
#ifndef SMTP_POLICY_INSPECTION_H
#define SMTP_POLICY_INSPECTION_H

#include "smtp/internal.h"

/* One look of one check at one message. */
struct inspection {
	struct job job;
	struct smtp_session *s;
	struct executor *executor;
	void (*look)(struct inspection *inspection);
	int file; /* of the message, read by pread(); see delivery_ops.file */
	/* What look() has found. */
	enum ftg_id id;    /* the refusal; FTG_IDS, as it is at first: none */
	const char *cause; /* of it, for the log; NULL: none. Lives as long as the configuration */
	bool failed;       /* it could not look; text tells the log why, and the message goes on unless id refuses it */
	char text[SMTP_HELD_MAX]; /* the argument of the refusal, if its row has one */
};

/*
 * Has the message written to its file, then look() called in a job, in which it may block; the session keeps still until
 * then, so look() may read all of it. The check returns what this returns. Of a disk that fails the message is told
 * anyway.
 */
struct ftg_reply inspection_start(
    struct smtp_session *s, struct executor *executor, void (*look)(struct inspection *inspection));

#endif
