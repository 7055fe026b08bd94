/* A fixture for SMTP sessions with no network, disk or clock: directory, delivery, outlet and jobs, all in memory. */
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
static inline void
octets_clear(struct octets *octets)
{
	octets->len = 0;
	octets_add(octets, "", 0);
}

enum { FIXTURE_CROWD = 1200 }; /* members of the lists crowd and horde of example.test */

struct smtp_fixture {
	struct smtp_config config;
	struct session_outlet outlet;
	struct directory directory;
	struct delivery_agent agent;
	struct executor executor, spreader;
	struct clock clock;
	struct greylist greylist;
	struct limits limits; /* those that the limiter applies */
	struct limiter limiter;
	struct sasl_server *sasl;
	struct fake_policy_service services[FAKES]; /* config.services; as many as config.service_count says */
	struct policy_service *asked[FAKES];
	struct fake_scanner filters[FAKES]; /* config.scanners; as many as config.scanner_count says */
	struct scanner *scanners[FAKES];
	struct fake_resolver dns;
	struct blocklists blocklists;
	struct ftg_voice voice; /* of the process */
	struct session_language language;
	struct smtp_session *session;

	/* To be set by a test. */
	char address[64];                                 /* of the client */
	char domain_language[2][DIRECTORY_LANGUAGE_SIZE]; /* of example.test and example.org */
	char account_language[DIRECTORY_LANGUAGE_SIZE];   /* of all accounts */
	bool late; /* jobs, the directory and the DNS wait until fixture_feed() or fixture_run_job() runs them */
	bool has_certificate; /* TLS can be begun */
	bool unreadable;      /* a message that has been spooled */
	bool begin_fails;     /* a delivery cannot be begun */
	bool copy_fails;      /* the copies for lists cannot be made */
	bool append_fails;    /* nothing can be appended but the trace lines */
	bool full;            /* the disk, when MAIL comes */
	size_t flush_after;   /* octets that make a delivery want a flush; 0: none do */
	enum delivery_result flush_result;
	enum delivery_result spool_result;
	enum delivery_result commit_result;
	int64_t commit_timeout;            /* of the last commit */
	enum delivery_result queue_result; /* of the wish that the queue be run */
	enum delivery_result room_result;  /* of a mailbox with a quota that the message is small enough for */

	/* To be looked at by a test. */
	struct octets output;  /* what the client would have received */
	struct octets events;  /* the log: "event key=value ...\n" each */
	struct octets message; /* the messages delivered */
	struct octets queued;  /* the envelopes of what is to be relayed, as they are stored */
	size_t mailboxes;      /* that the last went to */
	unsigned delivered;    /* messages */
	unsigned spread;       /* of them, by config.spreader */
	bool encrypting;       /* a handshake is due; octets that come are dropped until then */
	size_t dropped;        /* octets that came in the clear behind STARTTLS */
	unsigned abandoned;
	unsigned open; /* deliveries neither committed nor abandoned */
	unsigned events_seen;
	unsigned unexplained; /* refusals that were logged without a check or a cause */
	unsigned resumes;
	int64_t waited;                       /* milliseconds that replies were held back, in all */
	struct job *job;                      /* that waits */
	unsigned asked_directory, expansions; /* questions to the directory; of them, for the mailboxes of a list */
};

/* Sets the fixture, with nobody on it yet. */
void fixture_open(struct smtp_fixture *fixture, enum ftg_profile profile);
void fixture_close(struct smtp_fixture *fixture);

/* A client connects: makes the session, without its greeting. */
void fixture_enter(struct smtp_fixture *fixture);

/* Feeds octets in pieces of this size, running jobs as they come up. Stops where the session closes. */
void fixture_feed(struct smtp_fixture *fixture, const char *bytes, size_t len, size_t piece);

/* The handshake is over, if one is due. */
void fixture_shake_hands(struct smtp_fixture *fixture);

/* Greets, which may have to wait for somebody. */
void fixture_greet(struct smtp_fixture *fixture);

void fixture_run_job(struct smtp_fixture *fixture);

/* fixture_routes.c: mail for elsewhere goes to routed.example alone. */
void fixture_routes(struct smtp_fixture *fixture);

/* Lets seconds pass for whoever asks for the time of day. */
void fixture_pass(int64_t seconds);

/* fixture_greylist.c: first mail waits 300 seconds, for an hour; two mails have their network pass. */
void fixture_greylist(struct smtp_fixture *fixture, bool trouble_with_it);

/* fixture_directory.c */
extern const struct directory_ops fixture_directory_ops;

/* The delivery of the fixture (fake_delivery.c). */
extern const struct delivery_agent fixture_delivery_agent;

/*
 * The directory of every fixture. Hosted are example.test (alice, bob, carol, twin, "two words", and box0, box1 ... of any
 * number) and example.org (dora, twin); team (alice, bob), disabled, silent, trap, moved, circle are what their names say; carol
 * has a quota; away leads elsewhere, mixed to alice and elsewhere; the mail of relayed.test is relayed; to the list crew
 * write accounts alone, to the list club its member alice; mail to example.org does not wait; asking for anyone at
 * broken.test finds the directory in trouble. The time is
 * always Tue, 1 Jan 2030 00:00:00 +0000; the client is 192.0.2.7, its session s1, the host mx.example.test.
 * alice, bob, carol and dora have the password "secret"; bob may not log in to SMTP, carol is disabled, dora has no
 * password.
 */
enum { FIXTURE_NOW = 1893456000, STAGE_QUOTA = 5000 };

#define FIXTURE_DETAIL "example.test/alice/new: Input/output error" /* of deliveries that fail */

#endif
