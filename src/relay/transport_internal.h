/* What the parts of the client of SMTP and LMTP share: one connection of a transport. */
#ifndef RELAY_TRANSPORT_INTERNAL_H
#define RELAY_TRANSPORT_INTERNAL_H

#include <ftgate/reply.h>

#include "relay/peer.h"
#include "relay/transport.h"

enum extension {
	EXTENSION_PIPELINING = 1 << 0,
	EXTENSION_8BITMIME = 1 << 1,
	EXTENSION_SMTPUTF8 = 1 << 2,
	EXTENSION_DSN = 1 << 3,
	EXTENSION_SIZE = 1 << 4,
	EXTENSION_STARTTLS = 1 << 5,
	EXTENSION_AUTH = 1 << 6,
};

struct exchange {
	struct transport *transport;
	const struct transport_place *place;
	struct peer peer;
	struct peer_reply reply;
	unsigned extensions;
	uint64_t size_max;    /* 0: none was told */
	char mechanisms[512]; /* of AUTH, with spaces between */
	bool secure;
	bool tls_failed;
	bool begun; /* MAIL has been accepted: what follows is about the message */
};

/* The reply to what has been sent. */
bool exchange_read(struct exchange *e, int wait);

/* Sends a command alone and reads the reply to it; its class, 2 to 5, or 0. */
int exchange_ask(struct exchange *e, const char *command);

/* Settles all recipients that nothing has been said of yet; detail "" for none. */
void exchange_settle(struct exchange *e, enum transport_result result, enum ftg_id reason, const char *detail);

/*
 * Settles them, or one, by the last reply: done by 2xx, failed by 5xx, later by others and where there is none. _put_off
 * settles later whatever was said, for what is said of us and not of the message.
 */
void exchange_settle_by_reply(struct exchange *e);
void exchange_settle_one(struct exchange *e, struct transport_recipient *recipient);
void exchange_put_off(struct exchange *e);

/* Greeting, EHLO, STARTTLS, AUTH. False where there is no going on; all is settled then. */
bool exchange_open(struct exchange *e);

/* Logs in. False where that fails; all is settled then. */
bool exchange_login(struct exchange *e);

/* Sends the message with the dot that ends it. */
bool exchange_send_message(struct exchange *e);

#endif
