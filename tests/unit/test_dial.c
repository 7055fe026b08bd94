/* Connections to other servers: over sockets of this machine, to a server in a thread. */
#include "peer/dial.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "peer/dial_tls_cache.h"
#include "support/fake_server.h"
#include "support/folder.h"
#include "support/identity.h"

enum { WAIT = 10000, SHORT = 20 };

static uv_loop_t loop;
static struct dial dial;
static struct identity identity;
static struct channel_address server_address = { .host = "127.0.0.1" };
static int listening;

static void
set_up(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof address;
	signal(SIGPIPE, SIG_IGN);
	identity_make(&identity, -1, 30);
	uv_loop_init(&loop);
	cr_assert_eq(dial_open(&dial, &loop), 0);
	listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert_eq(bind(listening, (struct sockaddr *)&address, sizeof address), 0);
	cr_assert_eq(listen(listening, 5), 0);
	cr_assert_eq(getsockname(listening, (struct sockaddr *)&address, &len), 0);
	server_address.port = ntohs(address.sin_port);
}

static void
tear_down(void)
{
	close(listening);
	dial_close(&dial);
	uv_run(&loop, UV_RUN_DEFAULT);
	cr_expect_eq(uv_loop_close(&loop), 0);
	identity_remove(&identity);
}

TestSuite(dial, .init = set_up, .fini = tear_down);

static bool ended;
static ssize_t result;

static void
on_done(struct channel *channel, ssize_t came_to)
{
	(void)channel;
	result = came_to;
	ended = true;
}

/* Runs the loop until the operation has ended. Its result, or -1 with errno. */
static ssize_t
wait_end(void)
{
	cr_expect_not(ended, "a completion came too early");
	while (!ended)
		uv_run(&loop, UV_RUN_ONCE);
	ended = false;
	errno = result < 0 ? (int)-result : 0;
	return result < 0 ? -1 : result;
}

static int64_t
deadline(int wait)
{
	uv_update_time(&loop);
	return dial.dialer.now(&dial.dialer) + wait;
}

static struct channel *
do_dial(const struct channel_address *address, int wait)
{
	struct channel *channel = dial.dialer.dial(&dial.dialer, address, deadline(wait), on_done, NULL);
	if (wait_end() == 0)
		return channel;
	int error = errno;
	channel->ops->close(channel);
	errno = error;
	return NULL;
}

static ssize_t
do_read(struct channel *channel, char *octets, size_t size, int wait)
{
	channel->ops->read(channel, octets, size, deadline(wait));
	return wait_end();
}

static ssize_t
do_write(struct channel *channel, const char *octets, size_t len, int wait)
{
	channel->ops->write(channel, octets, len, deadline(wait));
	return wait_end();
}

static bool
do_encrypt(struct channel *channel, const struct channel_tls *tls, int wait, char error[CHANNEL_ERROR_SIZE])
{
	channel->ops->encrypt(channel, tls, deadline(wait), error);
	return wait_end() == 0;
}

static struct channel *
dial_server(void)
{
	struct channel *channel = do_dial(&server_address, WAIT);
	cr_assert_not_null(channel, "%s", strerror(errno));
	return channel;
}

/* Takes one connection, in TLS, and says back what comes until it is closed. */
static void *
echo_in_tls(void *unused)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	SSL_CTX_use_certificate_file(context, identity.certificate, SSL_FILETYPE_PEM);
	SSL_CTX_use_PrivateKey_file(context, identity.key, SSL_FILETYPE_PEM);
	int taken = accept(listening, NULL, NULL);
	SSL *ssl = SSL_new(context);
	SSL_set_fd(ssl, taken);
	char octets[70000];
	int got;
	if (SSL_accept(ssl) == 1)
		while ((got = SSL_read(ssl, octets, sizeof octets)) > 0 && SSL_write(ssl, octets, got) == got)
			;
	SSL_free(ssl);
	close(taken);
	SSL_CTX_free(context);
	return unused;
}

static bool
encrypt(struct channel *channel, const char *name, bool verify, const char *authorities, char error[CHANNEL_ERROR_SIZE])
{
	const struct channel_tls tls = { .name = name, .authorities = authorities, .verify = verify };
	error[0] = '\0';
	return do_encrypt(channel, &tls, WAIT, error);
}

static bool
is_trusted(const char *name, bool verify, const char *authorities, char error[CHANNEL_ERROR_SIZE])
{
	pthread_t server;
	pthread_create(&server, NULL, echo_in_tls, NULL);
	struct channel *channel = dial_server();
	bool trusted = encrypt(channel, name, verify, authorities, error);
	channel->ops->close(channel);
	pthread_join(server, NULL);
	return trusted;
}

Test(dial, trusts_only_the_configured_authorities)
{
	char error[CHANNEL_ERROR_SIZE];
	cr_expect(is_trusted("mail.example.org", true, identity.certificate, error), "%s", error);
	cr_expect_not(is_trusted("mail.example.org", true, "", error));
	cr_expect_str_eq(error, "its certificate is not good: self-signed certificate");
	cr_expect_not(is_trusted("mail.example.com", true, identity.certificate, error));
	cr_expect_str_eq(error, "its certificate is not good: hostname mismatch");
	cr_expect_not(is_trusted("127.0.0.1", true, identity.certificate, error));
	cr_expect_str_eq(error, "its certificate is not good: IP address mismatch");
	cr_expect_not(is_trusted("mail.example.org", true, "/nowhere.pem", error));
	cr_expect_eq(strncmp(error, "the certificates that are trusted cannot be read", 48), 0);
	cr_expect(is_trusted("mail.example.com", false, "", error), "%s", error);
	cr_expect(is_trusted("127.0.0.1", false, "", error), "%s", error);
}

Test(dial, carries_octets_both_ways_in_tls)
{
	static char out[1 << 20], in[1 << 16];
	char error[CHANNEL_ERROR_SIZE];
	pthread_t server;
	pthread_create(&server, NULL, echo_in_tls, NULL);
	struct channel *channel = dial_server();
	cr_assert(encrypt(channel, "mail.example.org", true, identity.certificate, error));
	for (size_t i = 0; i < sizeof out; i++)
		out[i] = (char)(i * 7 >> 3);
	for (size_t sent = 0; sent < sizeof out; sent += sizeof in) {
		cr_assert_eq(do_write(channel, out + sent, sizeof in, WAIT), 0);
		for (size_t got = 0; got < sizeof in;) {
			ssize_t n = do_read(channel, in + got, sizeof in - got, WAIT);
			cr_assert_gt(n, 0);
			got += (size_t)n;
		}
		cr_expect_eq(memcmp(in, out + sent, sizeof in), 0);
	}
	channel->ops->close(channel);
	pthread_join(server, NULL);
}

Test(dial, waits_no_longer_than_its_deadline)
{
	static char octets[1 << 20];
	struct channel *channel = dial_server();
	cr_expect_eq(do_read(channel, octets, 1, SHORT), -1);
	cr_expect_eq(errno, ETIMEDOUT);
	ssize_t written = 0;
	for (int i = 0; i < 100 && written == 0; i++)
		written = do_write(channel, octets, sizeof octets, SHORT);
	cr_expect_eq(written, -1);
	cr_expect_eq(errno, ETIMEDOUT);
	char error[CHANNEL_ERROR_SIZE];
	const struct channel_tls tls = { .name = "mail.example.org", .authorities = "" };
	cr_expect_not(do_encrypt(channel, &tls, SHORT, error));
	channel->ops->close(channel);
}

Test(dial, reports_that_the_peer_closed)
{
	char octet = 'x';
	struct channel *channel = dial_server();
	close(accept(listening, NULL, NULL));
	cr_expect_eq(do_read(channel, &octet, 1, WAIT), 0);
	while (do_write(channel, &octet, 1, WAIT) == 0)
		;
	cr_expect_eq(errno, EPIPE);
	channel->ops->close(channel);
}

Test(dial, fails_every_connection_once_it_is_stopped)
{
	char octet;
	struct channel *channel = dial_server();
	dial_stop(&dial);
	cr_expect_eq(do_read(channel, &octet, 1, WAIT), -1);
	cr_expect_eq(errno, ECANCELED);
	channel->ops->close(channel);
}

Test(dial, reports_why_connecting_failed)
{
	struct channel_address nowhere = server_address;
	close(listening);
	cr_expect_null(do_dial(&nowhere, WAIT));
	cr_expect_eq(errno, ECONNREFUSED);
	snprintf(nowhere.host, sizeof nowhere.host, "/nowhere/socket");
	cr_expect_null(do_dial(&nowhere, WAIT));
	cr_expect_eq(errno, ENOENT);
	snprintf(nowhere.host, sizeof nowhere.host, "no address");
	cr_expect_null(do_dial(&nowhere, WAIT));
	cr_expect_eq(errno, EADDRNOTAVAIL);
}

Test(dial, reaches_a_socket_of_the_file_system)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct channel_address path = { 0 };
	char octet;
	snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", identity.folder);
	snprintf(path.host, sizeof path.host, "%s", address.sun_path);
	int socket_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert_eq(bind(socket_, (struct sockaddr *)&address, sizeof address), 0);
	cr_assert_eq(listen(socket_, 1), 0);
	struct channel *channel = do_dial(&path, WAIT);
	cr_assert_not_null(channel);
	int taken = accept(socket_, NULL, NULL);
	cr_expect_eq(write(taken, "x", 1), 1);
	cr_expect_eq(do_read(channel, &octet, 1, WAIT), 1);
	cr_expect_eq(octet, 'x');
	channel->ops->close(channel);
	close(taken);
	close(socket_);
	unlink(address.sun_path);
}

static void
send_an_octet(struct fake_service *fake, int connection, unsigned number)
{
	ssize_t written = write(connection, "x", 1);
	(void)fake, (void)number, (void)written;
}

Test(dial, waits_while_the_backlog_of_a_unix_socket_is_full)
{
	struct fake_service fake = { .speak = send_an_octet };
	struct channel_address path = { 0 };
	char octet;
	folder_make();
	fake_service_open_crowded(&fake);
	snprintf(path.host, sizeof path.host, "%.100s", fake.endpoint);
	struct channel *channel = do_dial(&path, WAIT);
	cr_assert_not_null(channel, "%s", strerror(errno));
	cr_expect_eq(do_read(channel, &octet, 1, WAIT), 1, "%s", strerror(errno));
	channel->ops->close(channel);
	fake_service_close(&fake);
	folder_remove();
}

Test(dial, stops_waiting_for_room_in_a_full_backlog)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct channel_address path = { 0 };
	snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", identity.folder);
	snprintf(path.host, sizeof path.host, "%s", address.sun_path);
	int full = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert_eq(bind(full, (struct sockaddr *)&address, sizeof address), 0);
	cr_assert_eq(listen(full, 0), 0);
	struct channel *first = do_dial(&path, WAIT);
	cr_assert_not_null(first);
	cr_expect_null(do_dial(&path, SHORT));
	cr_expect_eq(errno, ETIMEDOUT, "%s", strerror(errno));
	dial_stop(&dial);
	cr_expect_null(do_dial(&path, WAIT));
	cr_expect_eq(errno, ECANCELED, "%s", strerror(errno));
	first->ops->close(first);
	close(full);
	unlink(address.sun_path);
}

/* Takes some connections, one after another, and says on each whether its session was resumed. */
struct counting_server {
	unsigned connections;
	int protocol;
};

static void
answer_once(SSL_CTX *context)
{
	int taken = accept(listening, NULL, NULL);
	SSL *ssl = SSL_new(context);
	char octet;
	int on = 1;
	setsockopt(taken, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	SSL_set_fd(ssl, taken);
	if (SSL_accept(ssl) == 1 && SSL_write(ssl, SSL_session_reused(ssl) == 1 ? "r" : "n", 1) == 1)
		while (SSL_read(ssl, &octet, 1) > 0)
			;
	(void)SSL_shutdown(ssl);
	SSL_free(ssl);
	close(taken);
}

static void *
tell_resumption(void *argument)
{
	const struct counting_server *server = argument;
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	SSL_CTX_set_max_proto_version(context, server->protocol);
	SSL_CTX_use_certificate_file(context, identity.certificate, SSL_FILETYPE_PEM);
	SSL_CTX_use_PrivateKey_file(context, identity.key, SSL_FILETYPE_PEM);
	for (unsigned i = 0; i < server->connections; i++)
		answer_once(context);
	SSL_CTX_free(context);
	return NULL;
}

/* "r" or "n", as the server said. */
static char
resumes(const char *name, bool verify)
{
	char octet = '-', error[CHANNEL_ERROR_SIZE];
	struct channel *channel = dial_server();
	cr_assert(encrypt(channel, name, verify, identity.certificate, error), "%s", error);
	cr_assert_eq(do_read(channel, &octet, 1, WAIT), 1);
	channel->ops->close(channel);
	return octet;
}

Test(dial, resumes_the_session_of_the_same_destination_alone)
{
	static const int protocols[] = { TLS1_2_VERSION, TLS1_3_VERSION };
	for (size_t i = 0; i < 2; i++) {
		struct counting_server server = { .connections = 6, .protocol = protocols[i] };
		pthread_t thread;
		dial_close(&dial);
		uv_run(&loop, UV_RUN_DEFAULT);
		cr_assert_eq(dial_open(&dial, &loop), 0);
		pthread_create(&thread, NULL, tell_resumption, &server);
		cr_expect_eq(resumes("mail.example.org", true), 'n');
		cr_expect_eq(resumes("mail.example.org", true), 'r');
		cr_expect_eq(resumes("mail.example.org", true), 'r');
		cr_expect_eq(resumes("mail.example.org", false), 'n', "it was verified, but is not asked to be");
		cr_expect_eq(resumes("mail.example.net", false), 'n', "it has another name");
		cr_expect_eq(resumes("mail.example.net", false), 'r');
		pthread_join(thread, NULL);
		cr_expect_eq(dial_tls_cache_made(dial.tls), 2, "one context to verify by, one not to");
	}
}

Test(dial, verifies_again_once_the_authorities_have_changed)
{
	struct counting_server server = { .connections = 2, .protocol = TLS1_3_VERSION };
	char error[CHANNEL_ERROR_SIZE];
	struct identity other;
	pthread_t thread;
	pthread_create(&thread, NULL, tell_resumption, &server);
	cr_expect_eq(resumes("mail.example.org", true), 'n');
	identity_make(&other, -1, 30);
	cr_assert_eq(rename(other.certificate, identity.certificate), 0);
	struct channel *channel = dial_server();
	cr_expect_not(encrypt(channel, "mail.example.org", true, identity.certificate, error));
	cr_expect_str_eq(error, "its certificate is not good: self-signed certificate");
	channel->ops->close(channel);
	pthread_join(thread, NULL);
	cr_expect_eq(dial_tls_cache_made(dial.tls), 2);
	identity_remove(&other);
}

static SSL_SESSION *
take_session(unsigned number)
{
	struct dial_tls_destination destination = { .cache = dial.tls };
	snprintf(
	    destination.key, sizeof destination.key, "1 127.0.0.1 %u m%u.example.org", server_address.port, number);
	return dial_tls_cache_take(&destination);
}

Test(dial, keeps_the_sessions_of_a_bounded_number_of_destinations)
{
	enum { MORE = DIAL_TLS_SESSIONS + 3 };
	struct counting_server server = { .connections = MORE, .protocol = TLS1_2_VERSION };
	char name[32];
	unsigned kept = 0;
	pthread_t thread;
	pthread_create(&thread, NULL, tell_resumption, &server);
	for (unsigned i = 0; i < MORE; i++) {
		snprintf(name, sizeof name, "m%u.example.org", i);
		cr_assert_eq(resumes(name, false), 'n');
	}
	pthread_join(thread, NULL);
	for (unsigned i = 0; i < MORE; i++) {
		SSL_SESSION *session = take_session(i);
		cr_expect_eq(session != NULL, i >= MORE - DIAL_TLS_SESSIONS, "number %u", i);
		kept += session != NULL;
		SSL_SESSION_free(session);
	}
	cr_expect_eq(kept, DIAL_TLS_SESSIONS);
}

Test(dial, completes_nothing_once_a_channel_is_cancelled_or_closed)
{
	char octet;
	struct channel *channel = dial_server(), *other = dial_server();
	channel->ops->read(channel, &octet, 1, deadline(SHORT));
	channel->ops->cancel(channel);
	other->ops->read(other, &octet, 1, deadline(SHORT));
	other->ops->close(other);
	uv_run(&loop, UV_RUN_DEFAULT);
	cr_expect_not(ended);
	channel->ops->close(channel);
}

static unsigned answered;

static void
count_ended(struct channel *channel, ssize_t came_to)
{
	(void)channel;
	cr_expect_eq(came_to, -ETIMEDOUT);
	answered++;
}

Test(dial, connects_to_many_servers_at_once)
{
	enum { MANY = 100 };
	static struct channel *channels[MANY];
	static char octets[MANY];
	for (size_t i = 0; i < MANY; i++) {
		channels[i] = dial_server();
		cr_assert_geq(accept(listening, NULL, NULL), 0);
		channels[i]->done = count_ended;
	}
	for (size_t i = 0; i < MANY; i++)
		channels[i]->ops->read(channels[i], &octets[i], 1, deadline(SHORT));
	uv_run(&loop, UV_RUN_DEFAULT);
	cr_expect_eq(answered, MANY);
	for (size_t i = 0; i < MANY; i++)
		channels[i]->ops->close(channels[i]);
}

enum { KEY_CHANGES = 100 };

/* Takes one connection, changes its keys again and again, and then says one octet. */
static void *
change_keys(void *said)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	SSL_CTX_use_certificate_file(context, identity.certificate, SSL_FILETYPE_PEM);
	SSL_CTX_use_PrivateKey_file(context, identity.key, SSL_FILETYPE_PEM);
	int taken = accept(listening, NULL, NULL);
	SSL *ssl = SSL_new(context);
	char octet;
	SSL_set_fd(ssl, taken);
	cr_expect_eq(SSL_accept(ssl), 1);
	for (unsigned i = 0; i < KEY_CHANGES; i++) {
		cr_expect_eq(SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
		cr_expect_eq(SSL_do_handshake(ssl), 1);
	}
	cr_expect_eq(SSL_write(ssl, "x", 1), 1);
	uv_sem_post(said);
	while (SSL_read(ssl, &octet, 1) > 0)
		;
	SSL_free(ssl);
	close(taken);
	SSL_CTX_free(context);
	return NULL;
}

Test(dial, turns_the_loop_while_a_server_changes_its_keys_again_and_again)
{
	char octet = '-', error[CHANNEL_ERROR_SIZE];
	pthread_t server;
	uv_sem_t said;
	unsigned turns = 0;
	uv_sem_init(&said, 0);
	pthread_create(&server, NULL, change_keys, &said);
	struct channel *channel = dial_server();
	cr_assert(encrypt(channel, "mail.example.org", true, identity.certificate, error), "%s", error);
	uv_sem_wait(&said);
	channel->ops->read(channel, &octet, 1, deadline(WAIT));
	for (; !ended; turns++)
		uv_run(&loop, UV_RUN_ONCE);
	cr_expect_eq(result, 1);
	cr_expect_eq(octet, 'x');
	cr_expect_geq(turns, KEY_CHANGES);
	ended = false;
	channel->ops->close(channel);
	pthread_join(server, NULL);
	uv_sem_destroy(&said);
}
