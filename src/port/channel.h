/* Connections to other servers on the event loop: each operation has a deadline and ends in one completion. */
#ifndef PORT_CHANNEL_H
#define PORT_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct tlsa_set;

enum {
	CHANNEL_HOST_SIZE = 108,  /* of an IP address, or of the path of a Unix socket */
	CHANNEL_ERROR_SIZE = 256, /* of an English sentence, or of what TLS is in use */
};

/* Where a server listens: an IP address and a port, or the path of a Unix socket ("/run/..."), which has no port. */
struct channel_address {
	char host[CHANNEL_HOST_SIZE];
	unsigned port;
};

/* Whom TLS expects at the other end. The texts must last until the operation has ended. */
struct channel_tls {
	const char *name;            /* of the server, without a dot at its end */
	const char *authorities;     /* a file of PEM certificates; "": those that the system trusts */
	bool verify;                 /* the certificate must be valid for that name, or for one of the names */
	const char *names;           /* as struct tls_policy has them; NULL: none but the server's */
	const struct tlsa_set *tlsa; /* the certificate must be one of these records instead (RFC 7672); NULL: none */
};

/*
 * One connection. It belongs to whoever dialled it, and is used on the loop's thread only. One operation at a time: the next
 * may start once the completion of the last one was called, from within it too. A completion is never called before the
 * function that started the operation has returned.
 */
struct channel {
	const struct channel_ops *ops;
	/* The completion of every operation. The owner may change it between operations. It may close the channel. */
	void (*done)(struct channel *channel, ssize_t result);
	void *owner;
};

/*
 * Deadlines are in milliseconds of dialer->now(), and count from whatever the caller counts them from. A result below 0 is a
 * negative errno: -ETIMEDOUT at the deadline, -ECANCELED once the process is stopping. After any of these the channel can
 * only be closed, except that a read that timed out may be repeated.
 */
struct channel_ops {
	/* Result: the number of octets, 0 if the other side has closed. The buffer must last until then. */
	void (*read)(struct channel *channel, char *octets, size_t size, int64_t deadline);
	/* Sends all octets. Result: 0. The buffer must last until then. */
	void (*write)(struct channel *channel, const char *octets, size_t len, int64_t deadline);
	/*
	 * Starts TLS as the client. Result: 0 with protocol and cipher in said ("TLSv1.3 TLS_AES_256_GCM_SHA384"), or below 0
	 * with an English sentence in it. It must last until then.
	 */
	void (*encrypt)(
	    struct channel *channel, const struct channel_tls *tls, int64_t deadline, char said[CHANNEL_ERROR_SIZE]);
	/* Gives up a read; its completion will not be called. Nothing happens if none is under way. */
	void (*cancel)(struct channel *channel);
	/* Frees the channel. An operation that is under way ends without its completion. */
	void (*close)(struct channel *channel);
};

/* Opens connections: peer/dial.h, or a fake in tests. */
struct dialer {
	/*
	 * Starts to connect. Returns NULL when memory is out, else a channel whose completion is called with 0 or a negative
	 * errno. The address is copied.
	 */
	struct channel *(*dial)(struct dialer *dialer, const struct channel_address *address, int64_t deadline,
	    void (*done)(struct channel *channel, ssize_t result), void *owner);
	/* Milliseconds of a steady clock, as of the loop's last turn. No system call. */
	int64_t (*now)(const struct dialer *dialer);
};

#endif
