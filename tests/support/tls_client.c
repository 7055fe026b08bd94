/* A client of TLS in memory; for tests. */
#include "tls_client.h"

#include <criterion/criterion.h>
#include <string.h>

void
client_open(struct client *client, struct tls *tls, int protocol, const char *server_name)
{
	client->tls = tls;
	client->context = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_min_proto_version(client->context, protocol);
	SSL_CTX_set_max_proto_version(client->context, protocol);
	client->openssl = SSL_new(client->context);
	SSL_set_bio(client->openssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	BIO_set_mem_eof_return(SSL_get_rbio(client->openssl), -1);
	SSL_set_connect_state(client->openssl);
	if (server_name != NULL)
		SSL_set_tlsext_host_name(client->openssl, server_name);
}

void
client_close(struct client *client)
{
	SSL_free(client->openssl);
	SSL_CTX_free(client->context);
	tls_free(client->tls);
}

size_t
client_take(struct client *client, void *octets, size_t size)
{
	int len = BIO_read(SSL_get_wbio(client->openssl), octets, (int)size);
	return len > 0 ? (size_t)len : 0;
}

static void
read_plain(struct tls *tls, struct plain *plain)
{
	char octets[1000];
	size_t len;
	while ((len = tls_read(tls, octets, sizeof octets)) > 0) {
		cr_assert_not_null(plain, "nobody expects octets");
		cr_assert_leq(plain->used + len, plain->size);
		memcpy(plain->octets + plain->used, octets, len);
		plain->used += len;
	}
}

void
client_carry(struct client *client, size_t step, struct plain *plain)
{
	char octets[70000];
	for (bool moved = true; moved;) {
		size_t up = client_take(client, octets, step), down;
		if (up > 0)
			cr_assert_eq(tls_feed(client->tls, octets, up), up);
		read_plain(client->tls, plain);
		const void *output = tls_output(client->tls, &down);
		if (down > step)
			down = step;
		if (down > 0)
			BIO_write(SSL_get_rbio(client->openssl), output, (int)down);
		tls_sent(client->tls, down);
		if (!SSL_is_init_finished(client->openssl))
			SSL_do_handshake(client->openssl);
		moved = up > 0 || down > 0 || BIO_pending(SSL_get_wbio(client->openssl)) > 0;
	}
}

bool
client_shake_hands(struct client *client, size_t step)
{
	SSL_do_handshake(client->openssl);
	client_carry(client, step, NULL);
	return SSL_is_init_finished(client->openssl) && tls_state(client->tls) == TLS_OPEN;
}
