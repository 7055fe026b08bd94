/* The receiver of a session's output and events: the network, or a test. */
#ifndef SESSION_OUTLET_H
#define SESSION_OUTLET_H

#include <ftgate/reply.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port/job.h"
#include "session/language.h"

/* One for each connection. A session calls the members that its protocol needs; the others may be NULL. */
struct session_outlet {
	const struct job_owner
	    *owner; /* of the session's jobs that may be dropped when the client has disconnected; NULL: none */
	/* Sends a reply in the language of the session. Its arguments are valid until the call returns. */
	void (*reply)(struct session_outlet *outlet, const struct ftg_reply *reply);
	/* Sends whole lines for programs, as they are: the answers to EHLO, HELO, VRFY and EXPN, and the listings of POP3. */
	void (*send)(struct session_outlet *outlet, const char *bytes, size_t len);
	/* POP3: is output waiting because the client does not read? No further command is run until it has been sent. */
	bool (*is_full)(struct session_outlet *outlet);
	/* Sets the language that a source prefers for further replies; "": none. NULL: one language; XLANG is not offered. */
	void (*prefer)(struct session_outlet *outlet, enum language_source whose, const char *language);
	/* POP3: on: sends all replies in UTF-8. Off: only those in a language that the client has chosen. */
	void (*utf8)(struct session_outlet *outlet, bool on);
	/* Sets the domain whose own texts are spoken, as session_language_speak_of() does; "": none. */
	void (*speak_of)(struct session_outlet *outlet, enum language_source whose, const char *domain);
	/* SMTP: sets the text that is spoken in place of that of its reply; it lasts until the next call. NULL: none. */
	void (*speak_text)(struct session_outlet *outlet, const ftg_text *text);
	/* The voice of the next reply. */
	struct ftg_voice (*voice)(struct session_outlet *outlet);
	/* SMTP: calls job->done() on the loop after this many milliseconds. */
	void (*wait)(struct session_outlet *outlet, int64_t milliseconds, struct job *job);
	/* May encrypt() be called now? NULL: never. */
	bool (*can_encrypt)(struct session_outlet *outlet);
	/*
	 * Begins a TLS handshake after the output so far. Octets in clear text that have not been read are dropped, and the
	 * session is fed nothing until it is told that it is encrypted.
	 */
	void (*encrypt)(struct session_outlet *outlet);
	/* The session that was busy can read input again, has more to send, or has closed itself. */
	void (*resume)(struct session_outlet *outlet);
	/*
	 * One event for the log: an event name, then key and value in turn, NULL at the end. Values may hold anything; one
	 * that is NULL is left out with its key.
	 */
	void (*log)(struct session_outlet *outlet, const char *event, ...);
};

#endif
