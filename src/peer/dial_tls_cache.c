/* Shared by the outgoing TLS connections of a process: authorities that are read once, and sessions to resume. */
#include "peer/dial_tls_cache.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Identifies a version of a file. All zero: there is no such file. */
struct version {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed;
};

struct context {
	SSL_CTX *openssl; /* NULL: the slot is free */
	char *authorities;
	bool verify;
	struct version version;
	unsigned number;
	uint64_t used;
};

struct session {
	char *key; /* NULL: the slot is free */
	SSL_SESSION *openssl;
	uint64_t used;
};

struct dial_tls_cache {
	pthread_mutex_t lock;
	uint64_t uses; /* so far: orders the slots by their last use */
	unsigned made;
	struct context contexts[DIAL_TLS_CONTEXTS];
	struct session sessions[DIAL_TLS_SESSIONS];
};

struct dial_tls_cache *
dial_tls_cache_new(void)
{
	struct dial_tls_cache *cache = calloc(1, sizeof *cache);
	if (cache != NULL)
		pthread_mutex_init(&cache->lock, NULL);
	return cache;
}

static void
clear_context(struct context *context)
{
	SSL_CTX_free(context->openssl);
	free(context->authorities);
	*context = (struct context) { 0 };
}

static void
clear_session(struct session *session)
{
	SSL_SESSION_free(session->openssl);
	free(session->key);
	*session = (struct session) { 0 };
}

void
dial_tls_cache_free(struct dial_tls_cache *cache)
{
	if (cache == NULL)
		return;
	for (size_t i = 0; i < DIAL_TLS_CONTEXTS; i++)
		clear_context(&cache->contexts[i]);
	for (size_t i = 0; i < DIAL_TLS_SESSIONS; i++)
		clear_session(&cache->sessions[i]);
	pthread_mutex_destroy(&cache->lock);
	free(cache);
}

/* The slot of the session; if there is none, the one to be replaced. */
static struct session *
find_session(struct dial_tls_cache *cache, const char *key)
{
	struct session *oldest = &cache->sessions[0];
	for (size_t i = 0; i < DIAL_TLS_SESSIONS; i++) {
		struct session *session = &cache->sessions[i];
		if (session->key != NULL && strcmp(session->key, key) == 0)
			return session;
		if (session->used < oldest->used)
			oldest = session;
	}
	return oldest;
}

static bool
is_used_once(const SSL_SESSION *session)
{
	return SSL_SESSION_get_protocol_version(session) >= TLS1_3_VERSION;
}

SSL_SESSION *
dial_tls_cache_take(const struct dial_tls_destination *destination)
{
	struct dial_tls_cache *cache = destination->cache;
	const char *key = destination->key;
	SSL_SESSION *taken = NULL;
	if (*key == '\0')
		return NULL;
	pthread_mutex_lock(&cache->lock);
	struct session *session = find_session(cache, key);
	if (session->key != NULL && strcmp(session->key, key) == 0) {
		taken = session->openssl;
		SSL_SESSION_up_ref(taken);
		session->used = ++cache->uses;
		if (is_used_once(taken) || SSL_SESSION_is_resumable(taken) != 1)
			clear_session(session);
	}
	pthread_mutex_unlock(&cache->lock);
	return taken;
}

/* OpenSSL hands over a session that the server has sent; TLS 1.3 sends it behind the handshake. 1: it is ours now. */
static int
on_session(SSL *openssl, SSL_SESSION *session)
{
	const struct dial_tls_destination *destination = SSL_get_app_data(openssl);
	char *key = destination != NULL && destination->key[0] != '\0' ? strdup(destination->key) : NULL;
	if (key == NULL)
		return 0;
	struct dial_tls_cache *cache = destination->cache;
	pthread_mutex_lock(&cache->lock);
	struct session *slot = find_session(cache, key);
	clear_session(slot);
	*slot = (struct session) { key, session, ++cache->uses };
	pthread_mutex_unlock(&cache->lock);
	return 1;
}

static const char *
system_authorities(void)
{
	const char *file = getenv(X509_get_default_cert_file_env());
	return file != NULL ? file : X509_get_default_cert_file();
}

static struct version
version_of(const char *authorities)
{
	struct stat status;
	if (stat(*authorities != '\0' ? authorities : system_authorities(), &status) < 0)
		return (struct version) { 0 };
	return (struct version) { status.st_dev, status.st_ino, status.st_size, status.st_ctim };
}

static bool
is_same_version(const struct version *a, const struct version *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	    a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

static bool
load_authorities(SSL_CTX *openssl, const char *authorities)
{
	if (*authorities != '\0')
		return SSL_CTX_load_verify_file(openssl, authorities) == 1;
	return SSL_CTX_set_default_verify_paths(openssl) == 1;
}

static void
describe(char error[CHANNEL_ERROR_SIZE], const char *what)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());
	snprintf(error, CHANNEL_ERROR_SIZE, "%s%s%s", what, reason != NULL ? ": " : "", reason != NULL ? reason : "");
	ERR_clear_error();
}

/* Sessions are stored by on_session(), and not by OpenSSL. */
static SSL_CTX *
make_openssl(const char *authorities, bool verify, char error[CHANNEL_ERROR_SIZE])
{
	ERR_clear_error();
	SSL_CTX *openssl = SSL_CTX_new(TLS_client_method());
	if (openssl == NULL || SSL_CTX_set_min_proto_version(openssl, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_dane_enable(openssl) != 1) {
		describe(error, "TLS cannot be set up");
		SSL_CTX_free(openssl);
		return NULL;
	}
	if (verify && !load_authorities(openssl, authorities)) {
		describe(error, "the certificates that are trusted cannot be read");
		SSL_CTX_free(openssl);
		return NULL;
	}
	SSL_CTX_sess_set_new_cb(openssl, on_session);
	SSL_CTX_set_session_cache_mode(openssl, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_set_options(openssl, SSL_OP_CLEANSE_PLAINTEXT);
	SSL_CTX_set_mode(
	    openssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	/*
	 * A record that holds no octets ends the read: otherwise a server that sends such records endlessly would block
	 * the loop.
	 */
	SSL_CTX_clear_mode(openssl, SSL_MODE_AUTO_RETRY);
	return openssl;
}

static bool
is_for(const struct context *context, const char *authorities, bool verify)
{
	return context->openssl != NULL && context->verify == verify && strcmp(context->authorities, authorities) == 0;
}

/* The slot of the context; if there is none, the one to be replaced. */
static struct context *
find_context(struct dial_tls_cache *cache, const char *authorities, bool verify)
{
	struct context *oldest = &cache->contexts[0];
	for (size_t i = 0; i < DIAL_TLS_CONTEXTS; i++) {
		struct context *context = &cache->contexts[i];
		if (is_for(context, authorities, verify))
			return context;
		if (context->used < oldest->used)
			oldest = context;
	}
	return oldest;
}

static bool
make_context(struct dial_tls_cache *cache, struct context *context, const char *authorities, bool verify,
    const struct version *version, char error[CHANNEL_ERROR_SIZE])
{
	SSL_CTX *openssl = make_openssl(authorities, verify, error);
	char *copy = strdup(authorities);
	if (openssl == NULL || copy == NULL) {
		if (openssl != NULL)
			snprintf(error, CHANNEL_ERROR_SIZE, "no memory");
		SSL_CTX_free(openssl);
		free(copy);
		return false;
	}
	clear_context(context);
	*context = (struct context) { openssl, copy, verify, *version, ++cache->made, 0 };
	return true;
}

struct dial_tls_context
dial_tls_cache_context(
    struct dial_tls_cache *cache, const char *authorities, bool verify, char error[CHANNEL_ERROR_SIZE])
{
	struct dial_tls_context found = { 0 };
	const char *wanted = verify ? authorities : "";
	const struct version version = verify ? version_of(wanted) : (struct version) { 0 };
	pthread_mutex_lock(&cache->lock);
	struct context *context = find_context(cache, wanted, verify);
	bool usable = is_for(context, wanted, verify) && is_same_version(&context->version, &version);
	if (usable || make_context(cache, context, wanted, verify, &version, error)) {
		context->used = ++cache->uses;
		SSL_CTX_up_ref(context->openssl);
		found = (struct dial_tls_context) { context->openssl, context->number };
	}
	pthread_mutex_unlock(&cache->lock);
	return found;
}

unsigned
dial_tls_cache_made(struct dial_tls_cache *cache)
{
	pthread_mutex_lock(&cache->lock);
	unsigned made = cache->made;
	pthread_mutex_unlock(&cache->lock);
	return made;
}
