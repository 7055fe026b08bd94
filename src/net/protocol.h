/* A protocol that is spoken at a listener: what a connection needs of its sessions, whatever they talk about. */
#ifndef NET_PROTOCOL_H
#define NET_PROTOCOL_H

#include <ftgate/reply.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stream;

/* Functions as of smtp/session.h, which tells their contracts. session is what open() has returned. */
struct protocol {
	/* May the client come in? If not, *words turn it away. One that has come in leaves when its stream ends. */
	bool (*enter)(const struct protocol *protocol, const struct stream *stream, struct ftg_reply *words);
	void (*leave)(const struct protocol *protocol, const struct stream *stream);
	/*
	 * Turns the voice of the process into that of a session, or of the listener where session is NULL. The number of a
	 * generation changes with its catalogue.
	 */
	void (*speak)(const struct protocol *protocol, void *session, unsigned generation, struct ftg_voice *voice);
	/* A session for a stream, which outlives it. NULL when memory is out. */
	void *(*open)(const struct protocol *protocol, struct stream *stream);
	void (*free)(void *session);
	void (*greet)(void *session);
	void (*encrypted)(void *session, const char *version, const char *cipher);
	size_t (*feed)(void *session, const char *bytes, size_t len);
	bool (*busy)(const void *session);
	/*
	 * Is the session in the midst of a long answer? more() then says a part of the rest: it is called whenever the client
	 * has taken what was said before. Both are NULL where no answer is long.
	 */
	bool (*sending)(const void *session);
	void (*more)(void *session);
	bool (*closed)(const void *session);
	/* Is a message or a long answer under way? Then commands are not cut from its octets, and a stop waits for it. */
	bool (*in_transaction)(const void *session);
	/* Has the client come as far as it must within the time of admission (a login, a transaction)? NULL: never. */
	bool (*admitted)(const void *session);
	void (*end)(void *session, enum ftg_id last);
	/* Last words; early is for a client that talks before the greeting. FTG_IDS: the session ends without a word. */
	enum ftg_id timeout, shutdown, overload, early;
	/* Limits, of milliseconds: 0 is none. All are looked at once a second. */
	uint64_t idle;           /* without a word from the client */
	uint64_t whole;          /* of a session */
	uint64_t admission;      /* from the connection until admitted() */
	uint64_t greeting_delay; /* before the greeting; who talks meanwhile is sent away */
	uint64_t min_rate;       /* octets a second of a message that comes in */
	int send_buffer;         /* octets that the system keeps for a client that does not read; 0: as it likes */
};

#endif
