/* TLS as a client, over a socket that does not block. */
#include "peer/dial_tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address/dns_name.h"
#include "peer/dial_tls_cache.h"
#include "port/tlsa.h"

struct dial_tls {
	SSL *openssl;
	struct dial_tls_destination destination; /* of its session in the cache */
};

static bool
is_address(const char *name)
{
	struct in6_addr address;
	return inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1;
}

/*
 * RFC 7672: a certificate of DANE-EE(3) is good whatever its name and its dates (section 3.1.1); one of DANE-TA(2) is for
 * the name of the records or for that of the domain (section 3.2.3).
 */
static bool
set_records(SSL *openssl, const struct channel_tls *tls)
{
	size_t at = 0;
	struct tlsa record;
	bool any = false;
	if (SSL_dane_enable(openssl, tls->tlsa->base) != 1)
		return false;
	if (tls->tlsa->also[0] != '\0' && SSL_add1_host(openssl, tls->tlsa->also) != 1)
		return false;
	while (tlsa_set_next(tls->tlsa, &at, &record))
		any = SSL_dane_tlsa_add(openssl, (uint8_t)record.usage, (uint8_t)record.selector,
		          (uint8_t)record.matching, record.data, record.len) == 1 ||
		    any;
	SSL_dane_set_flags(openssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
	SSL_set_verify(openssl, SSL_VERIFY_PEER, NULL);
	return any;
}

/* A name with a dot before it stands for all below it, as OpenSSL has it too. */
static bool
set_names(SSL *openssl, const struct channel_tls *tls)
{
	char name[DNS_NAME_SIZE + 1];
	SSL_set_hostflags(openssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	for (const char *at = tls->names + strspn(tls->names, " "); *at != '\0'; at += strspn(at, " ")) {
		size_t len = strcspn(at, " ");
		if (len >= sizeof name)
			return false;
		snprintf(name, sizeof name, "%.*s", (int)len, at);
		if (SSL_add1_host(openssl, strcmp(name, "hostname") == 0 ? tls->name : name) != 1)
			return false;
		at += len;
	}
	return true;
}

/* Sends the name in the handshake, unless it is an address (RFC 6066 section 3), and expects it in the certificate. */
static bool
set_name(SSL *openssl, const struct channel_tls *tls)
{
	const char *sent = tls->tlsa != NULL ? tls->tlsa->base : tls->name;
	if (!is_address(sent) && SSL_set_tlsext_host_name(openssl, sent) != 1)
		return false;
	if (tls->tlsa != NULL)
		return set_records(openssl, tls);
	if (!tls->verify)
		return true;
	X509_VERIFY_PARAM *wanted = SSL_get0_param(openssl);
	SSL_set_verify(openssl, SSL_VERIFY_PEER, NULL);
	if (tls->names != NULL)
		return set_names(openssl, tls);
	if (is_address(tls->name))
		return X509_VERIFY_PARAM_set1_ip_asc(wanted, tls->name) == 1;
	X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return X509_VERIFY_PARAM_set1_host(wanted, tls->name, 0) == 1;
}

static void
describe(char error[CHANNEL_ERROR_SIZE], const char *what)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());
	snprintf(error, CHANNEL_ERROR_SIZE, "%s%s%s", what, reason != NULL ? ": " : "", reason != NULL ? reason : "");
	ERR_clear_error();
}

static void
resume(struct dial_tls *tls)
{
	SSL_SESSION *session = dial_tls_cache_take(&tls->destination);
	if (session == NULL)
		return;
	(void)SSL_set_session(tls->openssl, session);
	SSL_SESSION_free(session);
}

/* A key that does not fit would be that of another destination. */
static void
set_destination(struct dial_tls_destination *destination, struct dial_tls_cache *cache, unsigned context,
    const struct channel_address *address, const struct channel_tls *tls)
{
	char *key = destination->key;
	destination->cache = cache;
	bool named = tls->verify && tls->names != NULL;
	int len = snprintf(key, sizeof destination->key, "%u %s %u %s%s%s", context, address->host, address->port,
	    tls->name, named ? " " : "", named ? tls->names : "");
	if (len < 0 || (size_t)len >= sizeof destination->key)
		key[0] = '\0';
}

static bool
set_up(struct dial_tls *made, SSL_CTX *context, int socket, const struct channel_tls *tls)
{
	made->openssl = SSL_new(context);
	return made->openssl != NULL && SSL_set_app_data(made->openssl, &made->destination) == 1 &&
	    SSL_set_fd(made->openssl, socket) == 1 && set_name(made->openssl, tls);
}

struct dial_tls *
dial_tls_new(struct dial_tls_cache *cache, int socket, const struct channel_address *address,
    const struct channel_tls *tls, char error[CHANNEL_ERROR_SIZE])
{
	struct dial_tls *made = calloc(1, sizeof *made);
	if (made == NULL) {
		snprintf(error, CHANNEL_ERROR_SIZE, "no memory");
		return NULL;
	}
	struct dial_tls_context context = dial_tls_cache_context(
	    cache, tls->authorities, tls->verify && tls->tlsa == NULL, error);
	if (context.openssl == NULL) {
		free(made);
		return NULL;
	}
	ERR_clear_error();
	if (tls->tlsa == NULL)
		set_destination(&made->destination, cache, context.number, address, tls);
	bool ready = set_up(made, context.openssl, socket, tls);
	SSL_CTX_free(context.openssl);
	if (!ready && tls->tlsa != NULL) {
		describe(error, "no TLSA record of it can be used");
		dial_tls_free(made);
		return NULL;
	}
	if (!ready) {
		describe(error, "TLS cannot be set up");
		dial_tls_free(made);
		return NULL;
	}
	resume(made);
	return made;
}

void
dial_tls_free(struct dial_tls *tls)
{
	if (tls == NULL)
		return;
	if (tls->openssl != NULL && SSL_is_init_finished(tls->openssl))
		(void)SSL_shutdown(tls->openssl);
	ERR_clear_error();
	SSL_free(tls->openssl);
	free(tls);
}

/* Sets errno; EAGAIN with *want. Returns 0 if the other side has sent close_notify. */
static ssize_t
outcome(const struct dial_tls *tls, int result, enum dial_want *want)
{
	int error = SSL_get_error(tls->openssl, result);
	switch (error) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		*want = error == SSL_ERROR_WANT_READ ? DIAL_WANTS_READ : DIAL_WANTS_WRITE;
		errno = EAGAIN;
		return -1;
	case SSL_ERROR_ZERO_RETURN: return 0;
	case SSL_ERROR_SYSCALL: errno = errno != 0 && errno != EAGAIN ? errno : ECONNRESET; return -1;
	default: errno = ECONNRESET; return -1;
	}
}

int
dial_tls_handshake(struct dial_tls *tls, enum dial_want *want, char error[CHANNEL_ERROR_SIZE])
{
	ERR_clear_error();
	errno = 0;
	int result = SSL_connect(tls->openssl);
	if (result == 1)
		return 1;
	if (outcome(tls, result, want) < 0 && errno == EAGAIN)
		return 0;
	long verdict = SSL_get_verify_result(tls->openssl);
	if (verdict != X509_V_OK && SSL_get_verify_mode(tls->openssl) != SSL_VERIFY_NONE)
		snprintf(error, CHANNEL_ERROR_SIZE, "its certificate is not good: %s",
		    X509_verify_cert_error_string(verdict));
	else
		describe(error, "the handshake failed");
	return -1;
}

void
dial_tls_describe(const struct dial_tls *tls, char said[CHANNEL_ERROR_SIZE])
{
	snprintf(said, CHANNEL_ERROR_SIZE, "%s %s", SSL_get_version(tls->openssl), SSL_get_cipher_name(tls->openssl));
}

const char *
dial_tls_version(const struct dial_tls *tls)
{
	return SSL_get_version(tls->openssl);
}

ssize_t
dial_tls_read(struct dial_tls *tls, char *octets, size_t size, enum dial_want *want)
{
	ERR_clear_error();
	errno = 0;
	int got = SSL_read(tls->openssl, octets, (int)size);
	return got > 0 ? got : outcome(tls, got, want);
}

ssize_t
dial_tls_write(struct dial_tls *tls, const char *octets, size_t len, enum dial_want *want)
{
	ERR_clear_error();
	errno = 0;
	int sent = SSL_write(tls->openssl, octets, (int)len);
	if (sent > 0)
		return sent;
	ssize_t result = outcome(tls, sent, want);
	if (result == 0)
		errno = EPIPE;
	return -1;
}
