/*
 * Asks a service for policies of TLS by Postfix's socketmap protocol (socketmap_table(5)): a netstring "MAP DOMAIN", answered
 * by a netstring "OK POLICY", "NOTFOUND ", or "TEMP", "TIMEOUT" or "PERM" and why.
 */
#ifndef RELAY_SOCKETMAP_H
#define RELAY_SOCKETMAP_H

#include "port/channel.h"
#include "port/tls_policy.h"

enum {
	SOCKETMAP_LINES = 8,         /* connections at most; one question at a time on each */
	SOCKETMAP_ANSWER_MAX = 4096, /* octets of an answer without its frame */
	SOCKETMAP_NAME_SIZE = 64,    /* of the name of a map */
	SOCKETMAP_TIMEOUT = 30 *
	    1000 /* milliseconds for an answer: the service may fetch a policy by HTTPS meanwhile */
};

/* Where the service is. */
struct socketmap_place {
	struct channel_address address;
	char map[SOCKETMAP_NAME_SIZE];
};

/* Parses "socketmap:inet:127.0.0.1:8461:postfix" and "socketmap:unix:/run/sts/socket:postfix". False if it is neither. */
bool socketmap_parse(struct socketmap_place *place, const char *text);

struct socketmap;

/* Returns NULL if memory is out. The dialer must outlive it. */
struct socketmap *socketmap_new(struct dialer *dialer, const struct socketmap_place *place);
struct tls_policies *socketmap_policies(struct socketmap *socketmap);

/* Questions under way are answered that there is no answer. Takes NULL. */
void socketmap_free(struct socketmap *socketmap);

#endif
