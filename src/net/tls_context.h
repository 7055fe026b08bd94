/* What all encrypted connections of a listener share: certificate, key, and what is agreed to. */
#ifndef NET_TLS_CONTEXT_H
#define NET_TLS_CONTEXT_H

#include <stdbool.h>

enum { TLS_ERROR_SIZE = 512 };

struct tls_context;

/*
 * Reads a certificate with its chain and its key, both PEM files; TLS 1.2 and up, the server's order of ciphers, no
 * renegotiation, no compression, no early data. NULL with an English sentence in error, which names the file, where one
 * cannot be read, is encrypted, is not PEM, is too weak, or the key is not that of the certificate. A certificate that
 * is out of date is taken: mail comes in with it all the same.
 */
struct tls_context *tls_context_new(const char *certificate, const char *key, char error[TLS_ERROR_SIZE]);

/* Connections that were made with it may go on. */
void tls_context_free(struct tls_context *context);

/* Is the certificate valid at this time? If not, error tells since or from when. */
bool tls_context_is_current(const struct tls_context *context, char error[TLS_ERROR_SIZE]);

/*
 * Makes a new context and puts it in the place of *context, which may be NULL. False with a sentence in error, and
 * *context as it was, where that fails or the certificate is not valid at this time.
 */
bool tls_context_reload(
    struct tls_context **context, const char *certificate, const char *key, char error[TLS_ERROR_SIZE]);

/* The context of OpenSSL, for the tls module. */
struct ssl_ctx_st;
struct ssl_ctx_st *tls_context_openssl(const struct tls_context *context);

#endif
