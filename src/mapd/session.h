/* A client of the map server: reads look-ups in netstrings, writes answers. Uses no socket, no clock and no thread. */
#ifndef MAPD_SESSION_H
#define MAPD_SESSION_H

#include <ftgate/reply.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/log/stats.h"
#include "mapd/languages.h"

enum {
	/* Octets of a look-up: a reply of Postfix has some 2000 at most (line_length_limit), and a name precedes it. */
	MAPD_LOOKUP_MAX = 8192,
};

/* The receiver of a session's output: the network, or a test. */
struct mapd_outlet {
	/* Sends octets as they are. */
	void (*send)(struct mapd_outlet *outlet, const char *octets, size_t len);
	/* Is output waiting because the client does not read? No further look-up is read until it has been sent. */
	bool (*is_full)(struct mapd_outlet *outlet);
	/* The voice of the server, with the values of variables, which are valid until the call returns to the outlet. */
	struct ftg_voice (*voice)(struct mapd_outlet *outlet);
	/* One event for the log: an event name, then key and value in turn, NULL at the end. */
	void (*log)(struct mapd_outlet *outlet, const char *event, ...);
};

enum { MAPD_LANGUAGES = 2 }; /* tables: of a file and of the directory */

/* Shared by all sessions, which it outlives. */
struct mapd_config {
	/* Of domains; the first that has a domain decides. Their owner may replace them between two calls. NULL: none */
	const struct languages *languages[MAPD_LANGUAGES];
	struct stats_slot *stats; /* counts look-ups and replies; NULL: none */
};

struct mapd_session;

/* Makes a session. config and outlet must outlive it. NULL when memory is out. */
struct mapd_session *mapd_session_new(const struct mapd_config *config, struct mapd_outlet *outlet);

/* Takes NULL. */
void mapd_session_free(struct mapd_session *session);

/*
 * Reads octets from the client and answers each whole look-up (socketmap_table(5)): "OK " and the answer, or "NOTFOUND ". What
 * is no netstring, or too long, closes the session. Returns how many were read: all of them, unless the outlet is full or
 * the session closed. The rest must be given again once the client has read the output.
 */
size_t mapd_session_feed(struct mapd_session *session, const char *octets, size_t len);

/* Ends the session, without a word. */
void mapd_session_end(struct mapd_session *session);

/* Has the session ended? The connection must be closed once all output is sent. */
bool mapd_session_closed(const struct mapd_session *session);

#endif
