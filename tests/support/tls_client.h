/* A client of TLS in memory; for tests. */
#ifndef SUPPORT_TLS_CLIENT_H
#define SUPPORT_TLS_CLIENT_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

#include "net/tls.h"

/* The client's end of a connection to tls; protocol is TLS1_2_VERSION or TLS1_3_VERSION, or 0 for any. */
struct client {
	SSL_CTX *context;
	SSL *openssl;
	struct tls *tls;
};
void client_open(struct client *client, struct tls *tls, int protocol, const char *server_name);
void client_close(struct client *client);

/* Carries octets both ways until nothing moves, at most step at a time; what the server reads goes to plain. */
struct plain {
	char *octets;
	size_t used, size;
};
void client_carry(struct client *client, size_t step, struct plain *plain);

/* Shakes hands; did both sides agree? */
bool client_shake_hands(struct client *client, size_t step);

/* Takes from the client what it wants to send, at most size octets. */
size_t client_take(struct client *client, void *octets, size_t size);

#endif
