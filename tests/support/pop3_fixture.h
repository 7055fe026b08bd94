/* A stage for POP3 sessions: that of SMTP, with another actor, and a maildrop in memory. */
#ifndef SUPPORT_POP3_FIXTURE_H
#define SUPPORT_POP3_FIXTURE_H

#include "fake_maildrop.h"
#include "pop3/session.h"
#include "smtp_fixture.h"

struct pop_stage {
	struct stage stage; /* whose directory, guard, jobs, voice, output and events are used */
	struct pop3_config config;
	struct pop3_outlet outlet;
	struct pop3_session *session;
	bool deaf; /* the client takes nothing more: one thing is said, and what is in the midst of being said stops */
};

/* Sets the stage, with a session that has not greeted yet. */
void pop_stage_open(struct pop_stage *stage, enum ftg_profile profile);
void pop_stage_close(struct pop_stage *stage);

/* Says octets to the session in pieces of so many, runs its jobs, and takes what it has to say. */
void pop_stage_feed(struct pop_stage *stage, const char *bytes, size_t len, size_t piece);

/* The session may go on: jobs, then what is in the midst of being said. */
void pop_stage_go_on(struct pop_stage *stage);

/* A handshake that is due ends well. */
void pop_stage_shake_hands(struct pop_stage *stage);

#endif
