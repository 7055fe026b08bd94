/* The security policy: checks of a client, a sender, a recipient and a message, by stages. */
#ifndef SMTP_POLICY_POLICY_H
#define SMTP_POLICY_POLICY_H

#include "base/address/address.h"
#include "session/span.h"

#include <ftgate/reply.h>

struct smtp_session;

/* When a check runs. */
enum policy_stage {
	POLICY_CONNECT,   /* in front of the greeting; a refusal takes its place and ends the session */
	POLICY_HELLO,     /* EHLO, HELO; text is the name that the client gives itself */
	POLICY_SENDER,    /* MAIL; the envelope holds the sender and the parameters */
	POLICY_RECIPIENT, /* RCPT, before it is known whether there is such a recipient */
	POLICY_ACCEPTED,  /* RCPT, after all other checks passed; the recipient is not in the envelope yet */
	POLICY_DATA,      /* DATA, or the first BDAT of a message */
	POLICY_CONTENT,   /* all octets of the message are in; it is neither durable nor visible yet */
};

/* The subject of a check. */
struct policy_subject {
	const struct address *address; /* of the sender or the recipient; NULL at the other stages */
	struct span text;              /* the same as it was written; the client's name */
};

/* Continues after the checks of a stage. verdict is the refusal of one of them, or has the ID FTG_IDS. */
typedef struct ftg_reply policy_then(struct smtp_session *s, struct ftg_reply verdict);

struct policy_kept;

/* The run of a stage. Each session has one. */
struct policy_run {
	struct policy_subject subject;
	policy_then *then;
	const char *refused_by;   /* the name of a check, for the log */
	struct policy_kept *kept; /* while a check decides later */
	unsigned char stage;      /* enum policy_stage */
	unsigned char next;       /* check */
	bool inside;              /* a check is being called */
	bool waiting;             /* the check decides later */
	bool decided;             /* and has done so while it was being called */
};

/*
 * Runs the checks of a stage in the order of their table up to the first that refuses. If none does, returns the result
 * of then(). A reply with the ID FTG_IDS: the command has been answered, or will be. address may be NULL.
 */
struct ftg_reply policy_run(struct smtp_session *s, enum policy_stage stage, const struct address *address,
    struct span text, policy_then *then);

/* Frees the copies of a run. Not while it is under way. */
void policy_end(struct policy_run *run);

/*
 * For checks that cannot answer at once: policy_wait() makes the session busy and keeps the subject and the path of the
 * command, whose line will be gone; the check then returns policy_pass(), and must call policy_decide() once, on the
 * loop, possibly before it returns. The verdict's arguments must outlive that call. policy_wait() returns false when
 * memory is out; the check then returns ERR_SMTP_HARDERROR.
 */
bool policy_wait(struct smtp_session *s);
void policy_decide(struct smtp_session *s, struct ftg_reply verdict);

/* Is the client exempt from the checks of strangers: logged in, permitted, a relay, or on a listener for users? */
bool policy_is_known(const struct smtp_session *s);

/* Is the local part "postmaster", in any case? */
bool policy_is_postmaster(const struct address *address);

/* Can mail to the recipient of the RCPT command under way, who has this address, be greylisted? */
bool policy_is_greylisted(const struct smtp_session *s, const struct address *recipient);

/* The verdict of a check that accepts the subject. */
static inline struct ftg_reply
policy_pass(void)
{
	return ftg_reply(FTG_IDS);
}

#endif
