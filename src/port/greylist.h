/* Greylisting (RFC 6647): mail of an unknown kind is deferred for a while. */
#ifndef PORT_GREYLIST_H
#define PORT_GREYLIST_H

#include "base/address/address.h"
#include "port/greylist_store.h"
#include "port/job.h"

enum { GREYLIST_SECRET_SIZE = 16 };

struct greylist_rules {
	int64_t delay;    /* seconds for which mail is deferred */
	int64_t window;   /* seconds within which the client must retry; more than delay */
	int64_t lifetime; /* seconds for which a passed mail is remembered after its last arrival */
	int64_t passes;   /* different mails, after which all mail from a network passes; 0: never */
};

/* The keys of a mail and of its client's network; without the secret, no collision can be made. */
struct greylist_keys {
	uint64_t mail;
	uint64_t network;
};

enum greylist_verdict {
	GREYLIST_PASS,
	GREYLIST_WAIT,   /* deferred for so many seconds: left */
	GREYLIST_FAILED, /* the store has failed: mail passes */
	GREYLIST_AGAIN,  /* the secret has changed: make the keys anew, and ask again */
};

/*
 * Mail is one by the client's network (/24 of IPv4, /64 of IPv6), by its sender and its recipient. The parts of the
 * sender's local part that change between mails are left out: digits, and the text after a "+". Letters are of either
 * case. The null sender is an address with no octets.
 */
struct greylist_keys greylist_keys(const unsigned char secret[GREYLIST_SECRET_SIZE], const char *client,
    const struct address *sender, const struct address *recipient);

/* Decides on a mail that arrives now, in seconds since 1970, and records it. Blocks as the store does. */
enum greylist_verdict greylist_judge(struct greylist_store *store, const struct greylist_rules *rules,
    const struct greylist_keys *keys, int64_t now, int64_t *left);

/* Shared by the sessions of a worker. The executor must run one job at a time, as the store requires. */
struct greylist {
	struct greylist_store *store;
	struct greylist_rules rules;
	bool suspects; /* only mail that a filter suspects has to wait, not each stranger's */
	unsigned char secret[GREYLIST_SECRET_SIZE]; /* may change until the store answers */
	struct executor *executor;
};

/* A question under way: embedded in whoever asks. */
struct greylist_question {
	struct job job;
	struct greylist *greylist;
	struct greylist_keys keys;
	int64_t now;
	void (*answered)(struct greylist_question *question); /* on the loop */
	enum greylist_verdict verdict;
	int64_t deadline;    /* for the store; 0: the store was not asked yet */
	int64_t left;        /* GREYLIST_WAIT: seconds, one or more */
	const char *trouble; /* the cause of GREYLIST_FAILED; NULL: the store has logged it */
};

/* Asks the store: by a job, or on the loop if the store answers there. keys, now and answered must be set. */
void greylist_ask(struct greylist *greylist, struct greylist_question *question);

#endif
