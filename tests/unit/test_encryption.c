/* Encryption over an output: each change of the state is reported once. */
#include "net/encryption.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/identity.h"
#include "support/tls_client.h"

static uv_loop_t loop;
static uv_pipe_t socket_;
static struct encryption encryption;
static int peer;
static struct identity identity;
static struct tls_context *context;
static struct client client;

static void
on_sent(struct output *output)
{
	(void)output;
}

static void
set_up(void)
{
	int ends[2];
	char error[TLS_ERROR_SIZE];
	identity_make(&identity, -1, 30);
	context = tls_context_new(identity.certificate, identity.key, NULL, error);
	cr_assert_not_null(context);
	uv_loop_init(&loop);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	uv_pipe_init(&loop, &socket_, 0);
	cr_assert_eq(uv_pipe_open(&socket_, ends[0]), 0);
	peer = ends[1];
	encryption.output = (struct output) { .socket = (uv_stream_t *)&socket_, .sent = on_sent };
	client_open(&client, NULL, 0, NULL);
}

static void
tear_down(void)
{
	client_close(&client);
	encryption_free(&encryption);
	tls_context_free(context);
	identity_remove(&identity);
}

TestSuite(encryption, .init = set_up, .fini = tear_down);

/* Carries the octets of both sides once. Returns how many plain octets were read. */
static size_t
carry(char plain[64])
{
	static char octets[64 * 1024];
	ssize_t got;
	size_t len = client_take(&client, octets, sizeof octets);
	if (len > 0)
		encryption_feed(&encryption, octets, len);
	len = encryption_read(&encryption, plain, 64);
	while ((got = recv(peer, octets, sizeof octets, 0)) > 0)
		BIO_write(SSL_get_rbio(client.openssl), octets, (int)got);
	return len;
}

static void
shake_hands(void)
{
	char plain[64];
	cr_assert_eq(encryption_begin(&encryption, context), 0);
	cr_expect(encryption_is_handshaking(&encryption));
	for (int i = 0; i < 3; i++) {
		SSL_do_handshake(client.openssl);
		carry(plain);
	}
	cr_expect_eq(encryption_event(&encryption), ENCRYPTION_OPENED);
}

Test(encryption, octets_pass_unchanged_before_it_begins)
{
	char got[8];
	encryption_write(&encryption, "plain", 5);
	cr_expect_eq(recv(peer, got, sizeof got, 0), 5);
	cr_expect_eq(memcmp(got, "plain", 5), 0);
	cr_expect_eq(encryption_event(&encryption), ENCRYPTION_NOTHING);
}

Test(encryption, nothing_leaves_in_the_clear_during_the_handshake)
{
	char got[8];
	cr_assert_eq(encryption_begin(&encryption, context), 0);
	encryption_write(&encryption, "secret", 6);
	cr_expect_eq(recv(peer, got, sizeof got, 0), -1);
}

Test(encryption, end_of_the_handshake_is_reported_once)
{
	shake_hands();
	cr_expect_eq(encryption_event(&encryption), ENCRYPTION_NOTHING);
	cr_expect_not(encryption_is_handshaking(&encryption));
}

Test(encryption, octets_go_both_ways)
{
	char plain[64], got[64];
	shake_hands();
	SSL_write(client.openssl, "ask", 3);
	cr_expect_eq(carry(plain), 3);
	cr_expect_eq(memcmp(plain, "ask", 3), 0);
	encryption_write(&encryption, "answer", 6);
	carry(plain);
	cr_expect_eq(SSL_read(client.openssl, got, sizeof got), 6);
	cr_expect_eq(memcmp(got, "answer", 6), 0);
}

Test(encryption, malformed_handshake_fails_for_good)
{
	char plain[64];
	cr_assert_eq(encryption_begin(&encryption, context), 0);
	encryption_feed(&encryption, "EHLO x\r\n", 8);
	cr_expect_eq(encryption_read(&encryption, plain, sizeof plain), 0);
	cr_expect_eq(encryption_event(&encryption), ENCRYPTION_FAILED);
	cr_expect_eq(encryption_event(&encryption), ENCRYPTION_NOTHING);
	cr_expect_neq(tls_error(encryption.tls)[0], '\0');
}

Test(encryption, close_of_the_peer_is_reported_and_our_own_is_not)
{
	char plain[64];
	shake_hands();
	SSL_shutdown(client.openssl);
	carry(plain);
	cr_expect_eq(encryption_event(&encryption), ENCRYPTION_CLOSED);
	encryption_close(&encryption);
	cr_expect_eq(encryption_event(&encryption), ENCRYPTION_NOTHING);
}
