/* The protocol of a listener: the functions and limits of its sessions that a stream needs. */
#ifndef NET_PROTOCOL_H
#define NET_PROTOCOL_H

#include <ftgate/reply.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stream;

/* The functions are as those in smtp/session.h, where their contracts are. session is the result of open(). */
struct protocol {
	/*
	 * May the client enter? If not, *words is the reply that turns it away. leave() follows when the stream ends.
	 */
	bool (*enter)(const struct protocol *protocol, const struct stream *stream, struct ftg_reply *words);
	void (*leave)(const struct protocol *protocol, const struct stream *stream);
	/*
	 * Turns the voice of the process into that of a session, or of the
	 * listener if session is NULL. The generation changes with the catalogue.
	 */
	void (*speak)(const struct protocol *protocol, void *session, unsigned generation, struct ftg_voice *voice);
	/* Makes a session for a stream, which outlives it. NULL if memory is out. */
	void *(*open)(const struct protocol *protocol, struct stream *stream);
	void (*free)(void *session);
	void (*greet)(void *session);
	void (*encrypted)(void *session, const char *version, const char *cipher);
	size_t (*feed)(void *session, const char *bytes, size_t len);
	/*
	 * Shows a busy session the octets after its last command, which are fed
	 * later. NULL: the protocol does not look ahead.
	 */
	void (*look_ahead)(void *session, const char *bytes, size_t len);
	bool (*busy)(const void *session);
	/*
	 * Is a long answer under way? Then more() sends its next part. It is called when the client has taken the parts
	 * before, within the stream's share of a turn. Both are NULL if no answer is long.
	 */
	bool (*sending)(const void *session);
	void (*more)(void *session);
	bool (*closed)(const void *session);
	/*
	 * Is a message or a long answer under way? Then commands are not cut from its octets, and a stop waits for it.
	 */
	bool (*in_transaction)(const void *session);
	/*
	 * Has the client done the step that it must do within the time of
	 * admission (a login, a transaction)? NULL: never.
	 */
	bool (*admitted)(const void *session);
	void (*end)(void *session, enum ftg_id last);
	/*
	 * Last replies; early is for a client that talks before the greeting.
	 * FTG_IDS: the session ends without a reply.
	 */
	enum ftg_id timeout, shutdown, overload, early;
	/* Limits in milliseconds, 0 is none. All are checked once a second. */
	uint64_t idle;           /* without an octet from the client */
	uint64_t whole;          /* of a session */
	uint64_t admission;      /* from the connection until admitted() */
	uint64_t greeting_delay; /* before the greeting; a client that talks meanwhile is sent away */
	uint64_t min_rate;       /* octets a second of a message that comes in */
	int send_buffer;         /* octets that the system buffers for a client that does not read; 0: its default */
};

#endif
