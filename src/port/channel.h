/* Connections to other servers, for jobs: what the mail layer needs of the network. All of it blocks. */
#ifndef PORT_CHANNEL_H
#define PORT_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum {
	CHANNEL_PLACE_SIZE = 108, /* of an IP address, or of the path of a socket */
	CHANNEL_ERROR_SIZE = 256,
};

/* Where a server listens: an IP address and a port, or the path of a socket ("/run/..."), which has none. */
struct channel_place {
	char address[CHANNEL_PLACE_SIZE];
	unsigned port;
};

/* Who is at the other end of TLS; name is that of the server, without a dot at its end. */
struct channel_tls {
	const char *name;
	const char *authorities; /* a file of PEM certificates; "": those that the system trusts */
	bool verify;             /* the certificate has to be good for that name */
};

struct channel {
	const struct channel_ops *ops;
};

/* Times are in milliseconds, and are limits of the call. */
struct channel_ops {
	/* Octets that were read, one at least; 0 where the other side has closed; -1 with errno, ETIMEDOUT among them. */
	ssize_t (*read)(struct channel *channel, char *octets, size_t size, int wait);
	/* Sends all of it: 0, or -1 with errno. */
	int (*write)(struct channel *channel, const char *octets, size_t len, int wait);
	/* Goes on in TLS, as its client. False with an English sentence; the channel can then only be closed. */
	bool (*encrypt)(
	    struct channel *channel, const struct channel_tls *tls, int wait, char error[CHANNEL_ERROR_SIZE]);
	void (*close)(struct channel *channel);
};

/* Opens connections: peer/dial.h, or a stand-in for tests. From any thread. */
struct dialer {
	/* NULL with errno. */
	struct channel *(*dial)(struct dialer *dialer, const struct channel_place *place, int wait);
};

#endif
