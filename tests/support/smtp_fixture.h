/* A stage for SMTP sessions with no network, disk or clock: directory, delivery, outlet and jobs, all in memory. */
#ifndef SUPPORT_SMTP_FIXTURE_H
#define SUPPORT_SMTP_FIXTURE_H

#include "fake_policy_service.h"
#include "fake_resolver.h"
#include "port/blocklist.h"
#include "port/greylist.h"
#include "smtp/session.h"

#include <ftgate/catalog.h>

#include <stddef.h>

/* Octets that grow. */
struct octets {
	char *bytes;
	size_t len;
	size_t room;
};

void octets_add(struct octets *octets, const char *bytes, size_t len);
void octets_clear(struct octets *octets);

struct stage {
	struct smtp_config config;
	struct smtp_outlet outlet;
	struct directory directory;
	struct delivery_agent agent;
	struct job_runner runner;
	struct clock clock;
	struct greylist greylist;
	struct limits limits; /* those that the guard applies */
	struct guard guard;
	struct sasl_server *sasl;
	struct service_stand_in services[STAND_INS]; /* config.services; as many as config.service_count says */
	struct policy_service *asked[STAND_INS];
	struct scanner_stand_in filters[STAND_INS]; /* config.scanners; as many as config.scanner_count says */
	const struct scanner *scanners[STAND_INS];
	struct stand_resolver dns;
	struct blocklists blocklists;
	struct ftg_voice voice; /* of the process */
	struct speech speech;
	struct smtp_session *session;

	/* To be set by a test. */
	char address[64];                                 /* of the client */
	char domain_language[2][DIRECTORY_LANGUAGE_SIZE]; /* of example.test and example.org */
	char account_language[DIRECTORY_LANGUAGE_SIZE];   /* of all accounts */
	bool late;            /* jobs and the DNS wait until stage_feed() or stage_run_job() runs them */
	bool has_certificate; /* TLS can be begun */
	bool unreadable;      /* a message that has been spooled */
	bool begin_fails;     /* a delivery cannot be begun */
	bool append_fails;    /* nothing can be appended but the trace lines */
	bool full;            /* the disk, when MAIL comes */
	size_t flush_after;   /* octets that make a delivery want a flush; 0: none do */
	enum delivery_result flush_result;
	enum delivery_result spool_result;
	enum delivery_result commit_result;
	enum delivery_result queue_result; /* of the wish that the queue be run */
	enum delivery_result room_result;  /* of a mailbox with a quota that the message is small enough for */

	/* To be looked at by a test. */
	struct octets output;  /* what the client would have received */
	struct octets events;  /* the log: "event key=value ...\n" each */
	struct octets message; /* the messages delivered */
	struct octets queued;  /* the envelopes of what is to be relayed, as they are stored */
	size_t mailboxes;      /* that the last went to */
	unsigned delivered;    /* messages */
	bool encrypting;       /* a handshake is due; octets that come are dropped until then */
	size_t dropped;        /* octets that came in the clear behind STARTTLS */
	unsigned abandoned;
	unsigned open; /* deliveries neither committed nor abandoned */
	unsigned events_seen;
	unsigned resumes;
	int64_t waited;  /* milliseconds that replies were held back, in all */
	struct job *job; /* that waits */
};

/* Sets the stage, with nobody on it yet. */
void stage_open(struct stage *stage, enum ftg_profile profile);
void stage_close(struct stage *stage);

/* A client connects: makes the session, without its greeting. */
void stage_enter(struct stage *stage);

/* Feeds octets in pieces of this size, running jobs as they come up. Stops where the session closes. */
void stage_feed(struct stage *stage, const char *bytes, size_t len, size_t piece);

/* The handshake is over, if one is due. */
void stage_shake_hands(struct stage *stage);

/* Greets, which may have to wait for somebody. */
void stage_greet(struct stage *stage);

void stage_run_job(struct stage *stage);

/* stage_routes.c: mail for elsewhere goes to routed.example alone. */
void stage_routes(struct stage *stage);

/* Lets seconds pass for whoever asks for the time of day. */
void stage_pass(int64_t seconds);

/* stage_greylist.c: first mail waits 300 seconds, for an hour; two mails have their network pass. */
void stage_greylist(struct stage *stage, bool trouble_with_it);

/* stage_directory.c */
extern const struct directory_ops stage_directory_ops;

/*
 * The directory of every stage. Hosted are example.test (alice, bob, carol, twin, "two words", and box0, box1 ... of any
 * number) and example.org (dora, twin); team (alice, bob), disabled, silent, trap, moved, circle are what their names say; carol
 * has a quota; away leads elsewhere, mixed to alice and elsewhere; the mail of relayed.test is relayed; to the list crew
 * write accounts alone, to the list club its member alice; mail to example.org does not wait; asking for anyone at
 * broken.test finds the directory in trouble. The time is
 * always Tue, 1 Jan 2030 00:00:00 +0000; the client is 192.0.2.7, its session s1, the host mx.example.test.
 * alice, bob, carol and dora have the password "secret"; bob may not log in to SMTP, carol is disabled, dora has no
 * password.
 */
enum { STAGE_NOW = 1893456000, STAGE_QUOTA = 5000 };

#endif
