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
#include <time.h>

struct dial_tls {
	SSL_CTX *context;
	SSL *openssl;
};

int64_t
dial_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool
is_address(const char *name)
{
	struct in6_addr address;
	return inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1;
}

static bool
trust(SSL_CTX *context, const char *authorities)
{
	if (*authorities != '\0')
		return SSL_CTX_load_verify_file(context, authorities) == 1;
	return SSL_CTX_set_default_verify_paths(context) == 1;
}

/* The name goes into the handshake, and has to be in the certificate; an address cannot do the first (RFC 6066 section 3). */
static bool
expect(SSL *openssl, const struct channel_tls *tls)
{
	if (!is_address(tls->name) && SSL_set_tlsext_host_name(openssl, tls->name) != 1)
		return false;
	if (!tls->verify)
		return true;
	X509_VERIFY_PARAM *wanted = SSL_get0_param(openssl);
	SSL_set_verify(openssl, SSL_VERIFY_PEER, NULL);
	if (is_address(tls->name))
		return X509_VERIFY_PARAM_set1_ip_asc(wanted, tls->name) == 1;
	X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return X509_VERIFY_PARAM_set1_host(wanted, tls->name, 0) == 1;
}

static void
say_openssl(char error[CHANNEL_ERROR_SIZE], const char *what)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());
	snprintf(error, CHANNEL_ERROR_SIZE, "%s%s%s", what, reason != NULL ? ": " : "", reason != NULL ? reason : "");
	ERR_clear_error();
}

struct dial_tls *
dial_tls_new(int socket, const struct channel_tls *tls, char error[CHANNEL_ERROR_SIZE])
{
	struct dial_tls *made = calloc(1, sizeof *made);
	if (made == NULL) {
		snprintf(error, CHANNEL_ERROR_SIZE, "no memory");
		return NULL;
	}
	ERR_clear_error();
	made->context = SSL_CTX_new(TLS_client_method());
	bool fine = made->context != NULL && SSL_CTX_set_min_proto_version(made->context, TLS1_2_VERSION) == 1;
	if (fine && tls->verify && !trust(made->context, tls->authorities)) {
		say_openssl(error, "the certificates that are trusted cannot be read");
		dial_tls_free(made);
		return NULL;
	}
	made->openssl = fine ? SSL_new(made->context) : NULL;
	if (made->openssl != NULL && SSL_set_fd(made->openssl, socket) == 1 && expect(made->openssl, tls)) {
		SSL_set_mode(made->openssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
		return made;
	}
	say_openssl(error, "TLS cannot be set up");
	dial_tls_free(made);
	return NULL;
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
	SSL_CTX_free(tls->context);
	free(tls);
}

/* Sets errno, EAGAIN with what is wanted. 0 is the end that the other side has told. */
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
		say_openssl(error, "the handshake failed");
	return -1;
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
