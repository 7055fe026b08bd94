/* Answers at the control socket: the state of a server, and changes of its blacklist. */
#ifndef PROCESS_STATUS_H
#define PROCESS_STATUS_H

#include "base/log/stats.h"
#include "base/text/text_buffer.h"
#include "net/certificate.h"
#include "port/limiter.h"
#include "process/catalog_holder.h"

/* A program that workers ask: its kind, "service" or "filter", and its name. */
struct status_peer {
	const char *kind, *name;
};

/* An address that the server listens at, and what for: all of it is text for people, without spaces. */
struct status_listener {
	const char *address;  /* as it was bound, with its port */
	const char *role;     /* "mx", "submission", "pop3" */
	const char *tls;      /* "none", "starttls", "required", "implicit" */
	const char *language; /* "": that of the server */
};

/* The subjects of the answers. All of them must outlive the socket. */
struct status {
	const char *server, *protocol; /* "smtpd" and "smtp", "pop3d" and "pop3" */
	const struct stats *stats;
	const struct catalog_holder *catalogs;
	const struct certificate *certificate;
	const struct status_listener *listeners;
	size_t listener_count;
	unsigned workers;
	const char *postmaster;  /* of the setting; "": it is missing */
	struct limiter *limiter; /* NULL: there is no blacklist */
	const struct status_peer *peers;
	size_t peer_count;
};

/*
 * Answers a request, which is a line; context is a struct status. "status" is answered by lines of a name and a value, and
 * a line "listener ADDRESS ROLE TLS LANGUAGE" for each address, and a line "reply REF ID COUNT" for each kind of reply that
 * was sent. "blacklist-remove ADDRESS" and "blacklist-clear"
 * remove addresses from the temporary blacklist, and are answered by a line "removed NUMBER". "refusals NUMBER" is
 * answered by what the last load of the catalogue refused, from this number on, as catalog_refusals_put() writes it. Any
 * other request is answered by a line "error" with an English sentence. The last line is "end".
 */
void status_answer(void *context, const char *request, struct text_buffer *buffer);

#endif
