/* The server's side of a TLS connection, by OpenSSL over buffers of our own. */
#include "net/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/ascii.h"

enum {
	RECORD_MAX = SSL3_RT_MAX_PLAIN_LENGTH,
	RECORD_ROOM = SSL3_RT_MAX_PACKET_SIZE + 1024, /* of a record, and of what may come before it */
	SERVER_NAME_SIZE = 256,
	BARE_RECORDS_MAX = 4, /* records without octets that are read at a time */
};

/* A queue of octets; it holds memory only while it holds octets. */
struct buffer {
	unsigned char *octets;
	size_t at;   /* the first that has not been consumed */
	size_t used; /* behind the last */
	size_t room;
};

struct tls {
	SSL *openssl;
	enum tls_state state;
	struct buffer input, output;
	const char *error;
	char server_name[SERVER_NAME_SIZE];
};

static size_t
count_of(const struct buffer *buffer)
{
	return buffer->used - buffer->at;
}

static void
empty(struct buffer *buffer)
{
	free(buffer->octets);
	*buffer = (struct buffer) { 0 };
}

static bool
make_room(struct buffer *buffer, size_t len)
{
	if (buffer->at > 0) {
		memmove(buffer->octets, buffer->octets + buffer->at, count_of(buffer));
		buffer->used -= buffer->at;
		buffer->at = 0;
	}
	if (buffer->room - buffer->used >= len)
		return true;
	size_t room = (buffer->used + len + 1023) / 1024 * 1024;
	unsigned char *octets = realloc(buffer->octets, room);
	if (octets == NULL)
		return false;
	buffer->octets = octets;
	buffer->room = room;
	return true;
}

static bool
put(struct buffer *buffer, const void *octets, size_t len)
{
	if (buffer->room - buffer->used < len && !make_room(buffer, len))
		return false;
	memcpy(buffer->octets + buffer->used, octets, len);
	buffer->used += len;
	return true;
}

static void
drop(struct buffer *buffer, size_t len)
{
	buffer->at += len;
	if (buffer->at == buffer->used)
		empty(buffer);
}

/* Called by OpenSSL to read octets of the client. */
static int
read_input(BIO *bio, char *octets, int size)
{
	struct tls *tls = BIO_get_data(bio);
	size_t len = count_of(&tls->input);
	BIO_clear_retry_flags(bio);
	if (len == 0 || size <= 0) {
		BIO_set_retry_read(bio);
		return -1;
	}
	if (len > (size_t)size)
		len = (size_t)size;
	memcpy(octets, tls->input.octets + tls->input.at, len);
	drop(&tls->input, len);
	return (int)len;
}

/* Called by OpenSSL to write octets for the client. */
static int
write_output(BIO *bio, const char *octets, int size)
{
	struct tls *tls = BIO_get_data(bio);
	BIO_clear_retry_flags(bio);
	if (size <= 0 || count_of(&tls->output) + (size_t)size > TLS_OUTPUT_MAX) {
		BIO_set_retry_write(bio);
		return -1;
	}
	return put(&tls->output, octets, (size_t)size) ? size : -1;
}

static long
control(BIO *bio, int command, long number, void *pointer)
{
	(void)bio;
	(void)number;
	(void)pointer;
	return command == BIO_CTRL_FLUSH;
}

/* Made once, for the life of the process. */
static const BIO_METHOD *
buffer_method(void)
{
	static BIO_METHOD *method;
	if (method == NULL)
		method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "ftgate");
	if (method != NULL) {
		BIO_meth_set_read(method, read_input);
		BIO_meth_set_write(method, write_output);
		BIO_meth_set_ctrl(method, control);
	}
	return method;
}

static bool
open_openssl(struct tls *tls, const struct tls_context *context)
{
	const BIO_METHOD *method = buffer_method();
	BIO *bio = method != NULL ? BIO_new(method) : NULL;
	tls->openssl = SSL_new(tls_context_openssl(context));
	if (bio == NULL || tls->openssl == NULL) {
		BIO_free(bio);
		SSL_free(tls->openssl);
		ERR_clear_error();
		return false;
	}
	BIO_set_data(bio, tls);
	BIO_set_init(bio, 1);
	SSL_set_bio(tls->openssl, bio, bio);
	SSL_set_accept_state(tls->openssl);
	return true;
}

struct tls *
tls_new(const struct tls_context *context)
{
	struct tls *tls = calloc(1, sizeof *tls);
	if (tls == NULL)
		return NULL;
	if (!open_openssl(tls, context)) {
		free(tls);
		return NULL;
	}
	tls->error = "";
	return tls;
}

void
tls_free(struct tls *tls)
{
	if (tls == NULL)
		return;
	SSL_free(tls->openssl);
	empty(&tls->input);
	empty(&tls->output);
	free(tls);
}

enum tls_state
tls_state(const struct tls *tls)
{
	return tls->state;
}

/* Sends close_notify, once; if the output is full it is left out, for the client does not read anyway. */
static void
end_tls(struct tls *tls)
{
	ERR_clear_error();
	SSL_shutdown(tls->openssl);
	ERR_clear_error();
	empty(&tls->input);
	tls->state = TLS_CLOSED;
}

static void
fail_because(struct tls *tls, const char *reason)
{
	tls->error = reason;
	ERR_clear_error();
	empty(&tls->input);
	tls->state = TLS_FAILED;
}

static void
fail(struct tls *tls)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());
	fail_because(tls, reason != NULL ? reason : "no memory");
}

/* Handles a result of OpenSSL that is not success. */
static void
handle_result(struct tls *tls, int result)
{
	switch (SSL_get_error(tls->openssl, result)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE: break;
	case SSL_ERROR_ZERO_RETURN: end_tls(tls); break;
	default: fail(tls);
	}
}

static void
note_server_name(struct tls *tls)
{
	const char *name = SSL_get_servername(tls->openssl, TLSEXT_NAMETYPE_host_name);
	size_t len = name != NULL ? strnlen(name, SERVER_NAME_SIZE) : SERVER_NAME_SIZE;
	if (len == SERVER_NAME_SIZE)
		return;
	for (size_t i = 0; i < len; i++)
		if (!ascii_is_alnum(name[i]) && strchr(".-_", name[i]) == NULL)
			return;
	memcpy(tls->server_name, name, len + 1);
}

static void
continue_handshake(struct tls *tls)
{
	ERR_clear_error();
	int result = SSL_do_handshake(tls->openssl);
	if (result == 1) {
		tls->state = TLS_OPEN;
		note_server_name(tls);
	} else {
		handle_result(tls, result);
	}
}

size_t
tls_feed(struct tls *tls, const void *octets, size_t len)
{
	if (tls->state == TLS_CLOSED || tls->state == TLS_FAILED)
		return len;
	size_t room = TLS_INPUT_MAX - count_of(&tls->input);
	if (len > room)
		len = room;
	if (len > 0 && !put(&tls->input, octets, len))
		fail(tls);
	return len;
}

bool
tls_is_waiting(const struct tls *tls)
{
	return count_of(&tls->input) > 0;
}

/* Reads one record, which may hold no octets for the session. */
static size_t
read_record(struct tls *tls, void *octets, size_t size)
{
	size_t len = 0;
	ERR_clear_error();
	int result = SSL_read_ex(tls->openssl, octets, size, &len);
	if (result == 1)
		return len;
	handle_result(tls, result);
	return 0;
}

/*
 * A change of keys (RFC 8446 section 4.6.3) costs as much as the decryption of thousands of octets, and holds none. OpenSSL
 * reads any number of them, so their number is limited here.
 */
size_t
tls_read(struct tls *tls, void *octets, size_t size)
{
	size_t len = 0;
	if (tls->state == TLS_HANDSHAKING)
		continue_handshake(tls);
	for (unsigned bare = 0; tls->state == TLS_OPEN && size > 0; bare++) {
		len = read_record(tls, octets, size);
		if (len > 0 || !tls_is_waiting(tls))
			break;
		if (bare == BARE_RECORDS_MAX)
			fail_because(tls, "too many records without octets");
	}
	return len;
}

size_t
tls_write(struct tls *tls, const void *octets, size_t len)
{
	size_t taken = 0;
	while (tls->state == TLS_OPEN && taken < len && count_of(&tls->output) + RECORD_ROOM <= TLS_OUTPUT_MAX) {
		size_t wanted = len - taken < RECORD_MAX ? len - taken : RECORD_MAX, written = 0;
		ERR_clear_error();
		if (SSL_write_ex(tls->openssl, (const char *)octets + taken, wanted, &written) != 1)
			fail(tls);
		taken += written;
	}
	return taken;
}

const void *
tls_output(const struct tls *tls, size_t *len)
{
	*len = count_of(&tls->output);
	return *len > 0 ? tls->output.octets + tls->output.at : NULL;
}

void
tls_sent(struct tls *tls, size_t len)
{
	drop(&tls->output, len);
}

void
tls_close(struct tls *tls)
{
	if (tls->state == TLS_OPEN || tls->state == TLS_HANDSHAKING)
		end_tls(tls);
}

static bool
is_agreed(const struct tls *tls)
{
	return SSL_is_init_finished(tls->openssl) == 1;
}

const char *
tls_version(const struct tls *tls)
{
	return is_agreed(tls) ? SSL_get_version(tls->openssl) : "";
}

const char *
tls_cipher(const struct tls *tls)
{
	return is_agreed(tls) ? SSL_get_cipher_name(tls->openssl) : "";
}

const char *
tls_server_name(const struct tls *tls)
{
	return tls->server_name;
}

const char *
tls_error(const struct tls *tls)
{
	return tls->error;
}
