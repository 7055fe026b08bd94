/* Shared by the outgoing TLS connections of a process: authorities that are read once, and sessions to resume. */
#ifndef PEER_DIAL_TLS_CACHE_H
#define PEER_DIAL_TLS_CACHE_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include "port/channel.h"

enum {
	DIAL_TLS_CONTEXTS = 16, /* contexts, one for each set of authorities; the least recently used one is replaced */
	DIAL_TLS_SESSIONS = 256, /* sessions, one for each destination; the least recently used one is replaced */
	DIAL_TLS_KEY_SIZE = 512,
};

/*
 * A context costs 150 ms of CPU time with a bundle of 140 authorities, so that it is made once and not for each
 * connection. Threads: all functions may be called from any thread at a time; one lock protects the cache, and is held
 * while a context is made. No connection is needed to hold the cache: contexts and sessions are counted references of
 * OpenSSL. The cache must outlive the connections that were opened with it.
 */
struct dial_tls_cache;

/* Returns NULL and errno ENOMEM if there is no memory. dial_tls_cache_free() takes NULL. */
struct dial_tls_cache *dial_tls_cache_new(void);
void dial_tls_cache_free(struct dial_tls_cache *cache);

/* A context, and its number, which no other context of the cache has or will have. */
struct dial_tls_context {
	SSL_CTX *openssl; /* a reference, which the caller frees; NULL on failure */
	unsigned number;
};

/*
 * Finds the context for a set of authorities, or makes it. If verify is false the authorities do not matter. A file of
 * authorities that has changed since (device, inode, size or time of change) is read again. On failure openssl is NULL
 * and error holds an English sentence.
 */
struct dial_tls_context dial_tls_cache_context(
    struct dial_tls_cache *cache, const char *authorities, bool verify, char error[CHANNEL_ERROR_SIZE]);

/*
 * The key under which the session of a connection is stored. The owner of a connection sets it by SSL_set_app_data();
 * it must live as long as the SSL does. A session that the server sends is stored under the key. The key must hold all
 * that the verdict on a certificate depends on, for a resumed session is not verified again (RFC 8446 section 2.2): the
 * number of the context, the address, the name of the server and the names that are accepted. "": sessions are not stored.
 */
struct dial_tls_destination {
	struct dial_tls_cache *cache;
	char key[DIAL_TLS_KEY_SIZE];
};

/*
 * Returns the session that is stored for a destination, as a reference that the caller frees, or NULL. A session of TLS
 * 1.3 leaves the cache by this: it is used once (RFC 8446 appendix C.4).
 */
SSL_SESSION *dial_tls_cache_take(const struct dial_tls_destination *destination);

/* How many contexts were made so far; for tests. */
unsigned dial_tls_cache_made(struct dial_tls_cache *cache);

#endif
