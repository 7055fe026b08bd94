/* One connection to a server of SMTP or LMTP. */
#ifndef RELAY_CLIENT_H
#define RELAY_CLIENT_H

#include "relay/client/transport.h"

struct client;

/*
 * Connects, opens a session and hands the message of a transport over; or does the last on a connection that is idle, after
 * RSET. done() is called on the loop when every recipient has its result, and never before these return. client_new() returns
 * NULL when memory is out. The manner is transport_next_manner(); the disk runs the jobs that read the message.
 */
struct client *client_new(
    struct dialer *dialer, struct executor *disk, struct transport *transport, void (*done)(struct client *client));
void client_reuse(struct client *client, struct transport *transport, void (*done)(struct client *client));

/* The transport whose done() is called. */
struct transport *client_transport(const struct client *client);

/*
 * After done(): the connection was idle and is of no use, and the transport has no result. TLS failed: STARTTLS was
 * refused, or the connection failed from STARTTLS on, before a reply came over TLS.
 */
bool client_is_stale(const struct client *client);
bool client_tls_failed(const struct client *client);

/*
 * After done(): the server has ended the connection, and recipients have no result that another connection may bring.
 * client_give_up() gives them one: they are deferred.
 */
bool client_is_unfinished(const struct client *client);
void client_give_up(struct client *client);

/* After done(): can another message go over the connection? Does it lead to the server of a transport, in its manner? */
bool client_is_reusable(const struct client *client);
bool client_fits(const struct client *client, const struct transport *transport);

/* Watches an idle connection, whose gone() is called at the deadline or when the server closes it. The caller then closes it. */
void client_watch(struct client *client, int64_t deadline, void (*gone)(struct client *client), void *owner);
void *client_owner(const struct client *client);

/* Frees it, with QUIT if the connection still works. Only after done(), and not while a transport runs on it. */
void client_close(struct client *client);

#endif
