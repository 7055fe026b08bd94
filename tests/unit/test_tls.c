/* Encrypted connections, in memory. */
#include "net/tls.h"

#include <criterion/criterion.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/identity.h"
#include "support/tls_client.h"

static struct identity identity;
static struct tls_context *context;
static char error[TLS_ERROR_SIZE];

static void
set_up(void)
{
	identity_make(&identity, -1, 30);
	error[0] = '\0';
	context = tls_context_new(identity.certificate, identity.key, NULL, error);
	cr_assert_not_null(context, "%s", error);
}

static void
tear_down(void)
{
	tls_context_free(context);
	identity_remove(&identity);
}

TestSuite(tls, .init = set_up, .fini = tear_down);

static const int protocols[] = { TLS1_2_VERSION, TLS1_3_VERSION };
#define EACH_PROTOCOL(protocol) for (const int *protocol = protocols; protocol < protocols + 2; protocol++)

static void
open_client(struct client *client, int protocol)
{
	client_open(client, tls_new(context), protocol, NULL);
	cr_assert(client_shake_hands(client, 65536));
}

Test(tls, handshake_works_in_steps_of_any_size)
{
	static const size_t steps[] = { 1, 2, 3, 7, 100, 65536 };
	EACH_PROTOCOL(protocol)
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		struct client client;
		client_open(&client, tls_new(context), *protocol, "mail.example.org");
		cr_expect_eq(tls_state(client.tls), TLS_HANDSHAKING);
		cr_expect_str_empty(tls_version(client.tls));
		cr_expect_str_empty(tls_cipher(client.tls));
		cr_expect(client_shake_hands(&client, steps[i]));
		cr_expect_str_eq(tls_version(client.tls), *protocol == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3");
		cr_expect_str_eq(tls_cipher(client.tls), SSL_get_cipher_name(client.openssl));
		cr_expect_str_eq(tls_server_name(client.tls), "mail.example.org");
		cr_expect_str_empty(tls_error(client.tls));
		client_close(&client);
	}
}

Test(tls, malformed_server_name_is_ignored)
{
	static const char *const odd[] = { "a b", "a\r\nb", "\xC3\xA4.example", "%s/../x", "a\"b" };
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		struct client client;
		client_open(&client, tls_new(context), 0, odd[i]);
		client_shake_hands(&client, 65536);
		cr_expect_str_empty(tls_server_name(client.tls));
		client_close(&client);
	}
}

Test(tls, protocols_before_1_2_are_refused_with_an_alert)
{
	struct client client;
	client_open(&client, tls_new(context), TLS1_1_VERSION, NULL);
	SSL_set_cipher_list(client.openssl, "ALL:@SECLEVEL=0");
	cr_expect_not(client_shake_hands(&client, 65536));
	cr_expect_eq(tls_state(client.tls), TLS_FAILED);
	cr_expect_str_eq(tls_error(client.tls), "unsupported protocol");
	cr_expect_eq(ERR_GET_REASON(ERR_peek_error()), SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, "the client was told");
	client_close(&client);
}

/* Both ways, a megabyte; the server's octets are taken by the client in steps. */
static void
send_a_megabyte_up(struct client *client, const char *data, size_t step)
{
	enum { SIZE = 1 << 20 };
	static char octets[SIZE];
	struct plain plain = { octets, 0, SIZE };
	for (size_t sent = 0; sent < SIZE;) {
		size_t part = SIZE - sent < 30000 ? SIZE - sent : 30000, written;
		cr_assert_eq(SSL_write_ex(client->openssl, data + sent, part, &written), 1);
		sent += written;
		client_carry(client, step, &plain);
	}
	cr_expect_eq(plain.used, SIZE);
	cr_expect_eq(memcmp(octets, data, SIZE), 0);
}

static void
send_a_megabyte_down(struct client *client, const char *data, size_t step)
{
	enum { SIZE = 1 << 20 };
	static char octets[SIZE];
	size_t sent = 0, got = 0, len;
	while (got < SIZE) {
		sent += tls_write(client->tls, data + sent, SIZE - sent);
		tls_output(client->tls, &len);
		cr_assert_leq(len, TLS_OUTPUT_MAX);
		client_carry(client, step, NULL);
		while (SSL_read_ex(client->openssl, octets + got, SIZE - got, &len) == 1)
			got += len;
		cr_assert_eq(tls_state(client->tls), TLS_OPEN);
	}
	cr_expect_eq(memcmp(octets, data, SIZE), 0);
}

Test(tls, a_megabyte_goes_through_small_steps)
{
	enum { SIZE = 1 << 20 };
	char *data = malloc(SIZE);
	for (size_t i = 0; i < SIZE; i++)
		data[i] = (char)(i * 2654435761U >> 13);
	EACH_PROTOCOL(protocol)
	{
		struct client client;
		open_client(&client, *protocol);
		send_a_megabyte_up(&client, data, 37);
		send_a_megabyte_down(&client, data, 41);
		send_a_megabyte_up(&client, data, 65536);
		send_a_megabyte_down(&client, data, 65536);
		client_close(&client);
	}
	free(data);
}

Test(tls, nothing_is_written_before_the_handshake)
{
	struct tls *tls = tls_new(context);
	size_t len;
	cr_expect_eq(tls_write(tls, "220 ", 4), 0);
	cr_expect_null(tls_output(tls, &len));
	tls_free(tls);
}

Test(tls, output_is_bounded)
{
	static char octets[300000];
	struct client client;
	open_client(&client, TLS1_3_VERSION);
	size_t taken = tls_write(client.tls, octets, sizeof octets), len;
	cr_expect_gt(taken, 32768);
	cr_expect_lt(taken, TLS_OUTPUT_MAX);
	cr_expect_eq(tls_write(client.tls, octets, sizeof octets), 0);
	tls_output(client.tls, &len);
	cr_expect_leq(len, TLS_OUTPUT_MAX);
	client_close(&client);
}

Test(tls, input_is_bounded)
{
	static char octets[300000];
	struct client client;
	open_client(&client, TLS1_3_VERSION);
	cr_expect_eq(tls_feed(client.tls, octets, sizeof octets), TLS_INPUT_MAX);
	cr_expect_eq(tls_feed(client.tls, octets, sizeof octets), 0);
	client_close(&client);
}

/* The client asks for new keys again and again, and reads nothing. */
Test(tls, key_updates_do_not_fill_memory)
{
	char octets[4096];
	struct client client;
	open_client(&client, TLS1_3_VERSION);
	for (int i = 0; i < 20000 && tls_state(client.tls) == TLS_OPEN; i++) {
		size_t len;
		SSL_key_update(client.openssl, SSL_KEY_UPDATE_REQUESTED);
		SSL_do_handshake(client.openssl);
		len = client_take(&client, octets, sizeof octets);
		tls_feed(client.tls, octets, len);
		tls_read(client.tls, octets, sizeof octets);
		tls_output(client.tls, &len);
		cr_assert_leq(len, TLS_OUTPUT_MAX);
	}
	client_close(&client);
}

Test(tls, the_clients_close_is_answered)
{
	EACH_PROTOCOL(protocol)
	{
		struct client client;
		char octets[16];
		size_t written;
		struct plain plain = { octets, 0, sizeof octets };
		open_client(&client, *protocol);
		SSL_write_ex(client.openssl, "QUIT\r\n", 6, &written);
		cr_expect_eq(SSL_shutdown(client.openssl), 0);
		client_carry(&client, 65536, &plain);
		cr_expect_eq(plain.used, 6, "what came before it is read");
		cr_expect_eq(tls_state(client.tls), TLS_CLOSED);
		cr_expect_eq(SSL_shutdown(client.openssl), 1, "both have closed");
		cr_expect_eq(tls_write(client.tls, "x", 1), 0);
		cr_expect_eq(tls_feed(client.tls, "x", 1), 1, "taken and thrown away");
		cr_expect_eq(tls_read(client.tls, octets, sizeof octets), 0);
		client_close(&client);
	}
}

Test(tls, close_notify_follows_the_last_octets)
{
	EACH_PROTOCOL(protocol)
	{
		struct client client;
		char octets[16];
		size_t len;
		open_client(&client, *protocol);
		cr_expect_eq(tls_write(client.tls, "221 bye\r\n", 9), 9);
		tls_close(client.tls);
		cr_expect_eq(tls_state(client.tls), TLS_CLOSED);
		client_carry(&client, 65536, NULL);
		cr_expect_eq(SSL_read_ex(client.openssl, octets, sizeof octets, &len), 1);
		cr_expect_eq(len, 9);
		cr_expect_eq(SSL_read_ex(client.openssl, octets, sizeof octets, &len), 0);
		cr_expect_eq(SSL_get_error(client.openssl, 0), SSL_ERROR_ZERO_RETURN);
		client_close(&client);
	}
}

Test(tls, closing_before_the_handshake_is_no_error)
{
	struct tls *tls = tls_new(context);
	tls_close(tls);
	cr_expect_eq(tls_state(tls), TLS_CLOSED);
	tls_close(tls);
	tls_free(tls);
	tls_free(NULL);
}

Test(tls, garbage_for_a_hello_fails_with_a_cause)
{
	static const char *const garbage[] = { "EHLO client.example.org\r\n", "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"\x16\x03\x01\xFF\xFF", "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00",
		"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80", "\x15\x03\x03\x00\x02\x02\x28",
		"\x17\x03\x03\x00\x05hello" };
	for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
		char octets[64];
		size_t len = i == 2 ? 5 : i == 3 ? 10 : i == 5 || i == 6 ? 5 + (i == 5 ? 2 : 5) : strlen(garbage[i]);
		struct tls *tls = tls_new(context);
		cr_expect_eq(tls_feed(tls, garbage[i], len), len);
		cr_expect_eq(tls_read(tls, octets, sizeof octets), 0);
		cr_expect_eq(tls_state(tls), TLS_FAILED, "number %zu", i);
		cr_expect_str_not_empty(tls_error(tls));
		cr_expect_eq(tls_feed(tls, "x", 1), 1);
		cr_expect_eq(tls_read(tls, octets, sizeof octets), 0);
		tls_close(tls);
		cr_expect_eq(tls_state(tls), TLS_FAILED);
		tls_free(tls);
	}
}

Test(tls, a_record_cut_short_gives_nothing)
{
	EACH_PROTOCOL(protocol)
	{
		struct client client;
		char octets[256], plain[64];
		size_t written;
		open_client(&client, *protocol);
		SSL_write_ex(client.openssl, "MAIL FROM:<>\r\n", 14, &written);
		size_t len = client_take(&client, octets, sizeof octets);
		for (size_t i = 0; i < len - 1; i++) {
			tls_feed(client.tls, octets + i, 1);
			cr_assert_eq(tls_read(client.tls, plain, sizeof plain), 0);
		}
		cr_expect_eq(tls_state(client.tls), TLS_OPEN);
		tls_feed(client.tls, octets + len - 1, 1);
		cr_expect_eq(tls_read(client.tls, plain, sizeof plain), 14);
		client_close(&client);
	}
}

Test(tls, a_damaged_record_fails_with_an_alert)
{
	EACH_PROTOCOL(protocol)
	{
		struct client client;
		char octets[256], plain[64];
		size_t written, waiting;
		open_client(&client, *protocol);
		SSL_write_ex(client.openssl, "MAIL FROM:<>\r\n", 14, &written);
		size_t len = client_take(&client, octets, sizeof octets);
		octets[len - 3] ^= 1;
		tls_feed(client.tls, octets, len);
		cr_expect_eq(tls_read(client.tls, plain, sizeof plain), 0);
		cr_expect_eq(tls_state(client.tls), TLS_FAILED);
		cr_expect_str_eq(tls_error(client.tls), "decryption failed or bad record mac");
		cr_expect_not_null(tls_output(client.tls, &waiting));
		client_close(&client);
	}
}

Test(tls, renegotiation_is_refused)
{
	struct client client;
	open_client(&client, TLS1_2_VERSION);
	SSL_renegotiate(client.openssl);
	SSL_do_handshake(client.openssl);
	client_carry(&client, 65536, NULL);
	cr_expect_neq(SSL_do_handshake(client.openssl), 1);
	cr_expect_eq(SSL_num_renegotiations(client.openssl), 1, "it was tried");
	client_close(&client);
}

Test(tls, a_connection_outlives_its_context)
{
	struct client client;
	char octets[16];
	size_t written;
	struct plain plain = { octets, 0, sizeof octets };
	open_client(&client, TLS1_3_VERSION);
	tls_context_free(context);
	context = NULL;
	SSL_write_ex(client.openssl, "NOOP\r\n", 6, &written);
	client_carry(&client, 65536, &plain);
	cr_expect_eq(plain.used, 6);
	client_close(&client);
}

Test(tls, a_file_that_is_not_there_is_named)
{
	cr_expect_null(tls_context_new("/nonexistent/cert.pem", identity.key, NULL, error));
	cr_expect_str_eq(error, "certificate /nonexistent/cert.pem: No such file or directory");
	cr_expect_null(tls_context_new(identity.certificate, "/nonexistent/key.pem", NULL, error));
	cr_expect_str_eq(error, "key /nonexistent/key.pem: No such file or directory");
	cr_expect_null(tls_context_new("/tmp", identity.key, NULL, error));
	cr_expect_str_eq(error, "certificate /tmp: it is not a regular file");
	cr_assert_eq(unlink(identity.key) + mkfifo(identity.key, 0600), 0);
	cr_expect_null(tls_context_new(identity.certificate, identity.key, NULL, error));
	cr_expect_neq(strstr(error, ": it is not a regular file"), NULL, "%s", error);
}

Test(tls, a_file_of_another_kind_is_named)
{
	cr_expect_null(tls_context_new(identity.key, identity.key, NULL, error));
	cr_expect_not_null(strstr(error, "the file has none in PEM form"), "%s", error);
	cr_expect_null(tls_context_new(identity.certificate, identity.certificate, NULL, error));
	cr_expect_not_null(strstr(error, "the file has none in PEM form"), "%s", error);
	identity_write(identity.certificate, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
	cr_expect_null(tls_context_new(identity.certificate, identity.key, NULL, error));
	cr_expect_not_null(strstr(error, identity.certificate), "%s", error);
}

Test(tls, a_key_of_another_certificate_is_refused)
{
	struct identity other;
	identity_make(&other, -1, 30);
	cr_expect_null(tls_context_new(identity.certificate, other.key, NULL, error));
	cr_expect_not_null(strstr(error, "it is not that of the certificate"), "%s", error);
	cr_expect_not_null(strstr(error, other.key), "%s", error);
	identity_remove(&other);
}

Test(tls, an_encrypted_key_asks_nobody_for_its_passphrase)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	FILE *file = fopen(identity.key, "w");
	PEM_write_PKCS8PrivateKey(file, key, EVP_aes_128_cbc(), "secret", 6, NULL, NULL);
	fclose(file);
	EVP_PKEY_free(key);
	cr_expect_null(tls_context_new(identity.certificate, identity.key, NULL, error));
	cr_expect_not_null(strstr(error, "without a passphrase"), "%s", error);
}

Test(tls, an_expired_certificate_is_used_but_not_reloaded)
{
	struct identity old, early;
	struct tls_context *kept = context;
	cr_expect(tls_context_is_current(context, error));
	identity_make(&old, -30, -1);
	identity_make(&early, 1, 30);
	cr_expect_not(tls_context_reload(&context, old.certificate, old.key, NULL, error));
	cr_expect_not_null(strstr(error, "it has expired, 20"), "%s", error);
	cr_expect_not(tls_context_reload(&context, early.certificate, early.key, NULL, error));
	cr_expect_not_null(strstr(error, "it is not valid before 20"), "%s", error);
	cr_expect_eq(context, kept);
	struct tls_context *expired = tls_context_new(old.certificate, old.key, NULL, error);
	cr_expect_not_null(expired);
	tls_context_free(expired);
	identity_remove(&old);
	identity_remove(&early);
}

Test(tls, old_context_is_kept_if_the_new_files_are_bad)
{
	struct tls_context *kept = context;
	cr_expect_not(tls_context_reload(&context, "/nonexistent", identity.key, NULL, error));
	cr_expect_eq(context, kept);
	struct client client;
	open_client(&client, TLS1_3_VERSION);
	client_close(&client);
}

Test(tls, a_new_certificate_is_shown_after_a_reload)
{
	struct identity other;
	identity_make(&other, -1, 60);
	cr_expect(tls_context_reload(&context, other.certificate, other.key, NULL, error), "%s", error);
	struct client client;
	open_client(&client, TLS1_3_VERSION);
	FILE *file = fopen(other.certificate, "r");
	X509 *wanted = PEM_read_X509(file, NULL, NULL, NULL), *shown = SSL_get1_peer_certificate(client.openssl);
	fclose(file);
	cr_expect_eq(X509_cmp(wanted, shown), 0);
	X509_free(wanted);
	X509_free(shown);
	client_close(&client);
	identity_remove(&other);
}

/* Lets the client change its keys so many times. Returns the length of the octets that say so to the server. */
static size_t
change_keys(struct client *client, unsigned times, char *octets, size_t size)
{
	size_t len = 0;
	for (unsigned i = 0; i < times; i++) {
		cr_assert_eq(SSL_key_update(client->openssl, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
		cr_assert_eq(SSL_do_handshake(client->openssl), 1);
		len += client_take(client, octets + len, size - len);
	}
	return len;
}

Test(tls, client_may_change_its_keys_between_octets)
{
	struct client client;
	char octets[256], plain[16];
	size_t written;
	open_client(&client, TLS1_3_VERSION);
	for (unsigned i = 0; i < 100; i++) {
		size_t len = change_keys(&client, 2, octets, sizeof octets);
		SSL_write_ex(client.openssl, "NOOP\r\n", 6, &written);
		len += client_take(&client, octets + len, sizeof octets - len);
		tls_feed(client.tls, octets, len);
		cr_assert_eq(tls_read(client.tls, plain, sizeof plain), 6);
	}
	client_close(&client);
}

Test(tls, client_that_changes_its_keys_again_and_again_is_not_read_on)
{
	static char octets[TLS_INPUT_MAX];
	struct client client;
	char plain[16];
	open_client(&client, TLS1_3_VERSION);
	size_t len = change_keys(&client, 1000, octets, sizeof octets);
	cr_assert_eq(tls_feed(client.tls, octets, len), len);
	cr_expect_eq(tls_read(client.tls, plain, sizeof plain), 0);
	cr_expect_eq(tls_state(client.tls), TLS_FAILED);
	cr_expect_str_eq(tls_error(client.tls), "too many records without octets");
	client_close(&client);
}
