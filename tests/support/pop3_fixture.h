/* A fixture for POP3 sessions: that of SMTP, with another actor, and a maildrop in memory. */
#ifndef SUPPORT_POP3_FIXTURE_H
#define SUPPORT_POP3_FIXTURE_H

#include "fake_maildrop.h"
#include "pop3/session.h"
#include "smtp_fixture.h"

struct pop3_fixture {
	struct smtp_fixture fixture; /* whose directory, limiter, jobs, voice, output and events are used */
	struct pop3_config config;
	struct session_outlet outlet;
	struct pop3_session *session;
	bool deaf; /* the client takes nothing more: one thing is said, and what is in the midst of being said stops */
};

/* Sets the fixture, with a session that has not greeted yet. */
void pop3_fixture_open(struct pop3_fixture *fixture, enum ftg_profile profile);
void pop3_fixture_close(struct pop3_fixture *fixture);

/* Says octets to the session in pieces of so many, runs its jobs, and takes what it has to say. */
void pop3_fixture_feed(struct pop3_fixture *fixture, const char *bytes, size_t len, size_t piece);

/* The session may go on: jobs, then what is in the midst of being said. */
void pop3_fixture_go_on(struct pop3_fixture *fixture);

/* A handshake that is due ends well. */
void pop3_fixture_shake_hands(struct pop3_fixture *fixture);

#endif
