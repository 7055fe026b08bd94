/* Shared by all encrypted connections of a listener: certificate, key, and TLS parameters. */
#ifndef NET_TLS_CONTEXT_H
#define NET_TLS_CONTEXT_H

#include <stdbool.h>
#include <time.h>

enum { TLS_ERROR_SIZE = 512 };

/* Of one process, for its loop's thread. */
struct tls_context;
struct tls_tickets;

/*
 * Reads a certificate with its chain and its key, both PEM files; TLS 1.2 and up, the server's order of ciphers, no
 * renegotiation, no compression, no early data. Sessions are resumed by tickets, under the keys of tickets, which must
 * outlive the context; NULL: under keys of its own. Returns NULL with an English sentence in error, which names the
 * file, if one cannot be read, is encrypted, is not PEM, is too weak, or the key does not belong to the certificate. An
 * expired certificate is accepted: other mail servers do not look at the date.
 */
struct tls_context *tls_context_new(
    const char *certificate, const char *key, struct tls_tickets *tickets, char error[TLS_ERROR_SIZE]);

/* Connections that were made with it continue. Takes NULL. */
void tls_context_free(struct tls_context *context);

/* Is the certificate valid at this time? If not, error says since or from when. */
bool tls_context_is_current(const struct tls_context *context, char error[TLS_ERROR_SIZE]);

/* When the certificate expires; 0 if its date cannot be read. */
time_t tls_context_expiry(const struct tls_context *context);

/*
 * The names that the certificate is for, with ", " between them: the DNS names and addresses of subjectAltName (RFC 5280
 * section 4.2.1.6), else the common name. Names that do not fit are left out, and so is a name with a NUL in it.
 */
enum { TLS_NAMES_SIZE = 512 };
void tls_context_names(const struct tls_context *context, char names[TLS_NAMES_SIZE]);

/*
 * Makes a new context and replaces *context, which may be NULL, by it. Returns false with a sentence in error, and
 * leaves *context as it was, if that fails or the certificate is not valid at this time.
 */
bool tls_context_reload(struct tls_context **context, const char *certificate, const char *key,
    struct tls_tickets *tickets, char error[TLS_ERROR_SIZE]);

/* The context of OpenSSL, for the tls module. */
struct ssl_ctx_st;
struct ssl_ctx_st *tls_context_openssl(const struct tls_context *context);

#endif
