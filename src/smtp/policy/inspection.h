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
	/* The result of look(). */
	enum ftg_id id;    /* the refusal; FTG_IDS, as it is at first: none */
	const char *cause; /* of it, for the log; NULL: none. Lives as long as the configuration */
	bool failed; /* it failed; text is the reason for the log, and the message is accepted unless id refuses it */
	char text[SMTP_HELD_MAX]; /* the argument of the refusal, if its row has one */
};

/*
 * Has the message written to its file, then look() called in a job, in which it may block. The session is busy until
 * look() returns, so look() may read all of its state. The check must return this function's result. Disk errors are
 * reported by the delivery.
 */
struct ftg_reply inspection_start(
    struct smtp_session *s, struct executor *executor, void (*look)(struct inspection *inspection));

#endif
