/* The names of mailbox stores, as domains and accounts have them in the field delivery. */
#ifndef PORT_STORE_NAME_H
#define PORT_STORE_NAME_H

#include "port/channel.h"

enum {
	STORE_NAME_SIZE = CHANNEL_HOST_SIZE + 8, /* "lmtp:" and a path, with a NUL */
	STORE_LMTP_PORT = 24,                    /* if an address has none */
};

enum store_kind {
	STORE_CONFIGURED, /* "": the one of the configuration */
	STORE_MAILDIR,    /* "maildir": the Maildirs of this server */
	STORE_LMTP,       /* "lmtp:ADDRESS:PORT", or "lmtp:" and the path of a Unix socket */
	STORE_UNFIT,
};

/*
 * Parses a name. An address is an IP address, that of IPv6 in brackets, with or without a port: a delivery must not
 * wait for the DNS. *address is set for STORE_LMTP, and else unchanged.
 */
enum store_kind store_name_parse(const char *name, struct channel_address *address);

#endif
