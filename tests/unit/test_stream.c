/* Streams over socket pairs, by a clock that stands still: what a session gets, what a client gets, who has to wait. */
#include "net/streams.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <ftgate/catalog.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/fake_clock.h"
#include "support/fake_protocol.h"
#include "support/identity.h"
#include "support/tls_client.h"

enum { CLIENTS = 16, ANSWER = 256 * 1024 };

static uv_loop_t loop;
static struct streams streams;
static struct stream_listener listener;
static struct voice_source source;
static struct certificate certificate;
static struct stats_slot stats;
static unsigned emptied;

static void
on_emptied(struct streams *of)
{
	(void)of;
	emptied++;
}

static void
set_up(void)
{
	fake_protocol_reset();
	fake_clock_pass(1000000);
	uv_loop_init(&loop);
	source.voice = (struct ftg_voice) { .catalog = ftg_catalog_english(FTG_PUBLISHED), .encoding = FTG_ASCII };
	streams = (struct streams) {
		.host = { .loop = &loop,
		    .clock = &fake_clock,
		    .source = &source,
		    .certificate = &certificate,
		    .stats = &stats },
		.max = CLIENTS,
		.descriptors = 1000,
		.emptied = on_emptied,
	};
	cr_assert_eq(streams_open(&streams), 0);
	listener = (struct stream_listener) { .streams = &streams, .protocol = &fake_protocol };
}

/* One turn of the loop, or several. */
static void
turn(int count)
{
	for (int i = 0; i < count; i++)
		uv_run(&loop, UV_RUN_NOWAIT);
}

static int
join(void)
{
	int ends[2];
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
	cr_assert_eq(streams_adopt(&streams, &listener, ends[0]), 0);
	return ends[1];
}

static void
write_all(int client, const char *octets, size_t len)
{
	cr_assert_eq(send(client, octets, len, MSG_NOSIGNAL), (ssize_t)len, "%s", strerror(errno));
}

static void
say(int client, const char *text)
{
	write_all(client, text, strlen(text));
}

/* What the client has got since the last question; "END" behind it if the connection has ended. */
static const char *
heard(int client)
{
	static char answer[ANSWER + 4];
	size_t len = 0;
	ssize_t got;
	while (len < ANSWER && (got = recv(client, answer + len, ANSWER - len, 0)) > 0)
		len += (size_t)got;
	strcpy(answer + len, got == 0 ? "END" : "");
	return answer;
}

static const char *
thousand_commands(void)
{
	static char many[2 * 1000 + 1];
	for (size_t i = 0; i < sizeof many - 1; i++)
		many[i] = i % 2 == 0 ? 'x' : '\n';
	return many;
}

static unsigned
count_lines(const char *text)
{
	unsigned lines = 0;
	for (; (text = strchr(text, '\n')) != NULL; text++)
		lines++;
	return lines;
}

/* Every session that came in has left and was freed once. */
static void
expect_all_gone(unsigned sessions)
{
	turn(4);
	cr_expect_eq(streams.count, 0);
	cr_expect_eq(fake.entered, sessions);
	cr_expect_eq(fake.left, sessions);
	cr_expect_eq(fake.freed, sessions);
	cr_expect(turns_are_empty(&streams.host.turns));
}

TestSuite(stream, .init = set_up);

Test(stream, each_command_is_answered_in_its_order)
{
	int client = join();
	turn(1);
	cr_expect_str_eq(heard(client), "hello\n");
	say(client, "x\ny");
	turn(1);
	cr_expect_str_eq(heard(client), "ok\n");
	say(client, "\nq\n");
	turn(3);
	cr_expect_str_eq(heard(client), "ok\nok\nEND");
	expect_all_gone(1);
}

Test(stream, session_that_waits_is_shown_what_follows_once)
{
	int client = join();
	turn(1);
	say(client, "x\nw\nd\nm\n");
	turn(1);
	cr_expect_str_eq(fake.first->ahead, "d\nm\n");
	fake.first->ahead[0] = '\0';
	say(client, "n\n");
	fake_finish(fake.first);
	turn(3);
	cr_expect_str_eq(fake.first->ahead, "");
}

Test(stream, client_that_pipelines_leaves_others_their_turn)
{
	int busy = join(), other = join();
	struct fake_session *pipelining = fake.first->next;
	turn(1);
	heard(busy), heard(other);
	say(busy, thousand_commands());
	say(other, "x\n");
	for (int i = 0; i < 10 && strcmp(heard(other), "ok\n") != 0; i++)
		turn(1);
	cr_expect_leq(pipelining->commands, 2 * TURN_COMMANDS);
	unsigned answers = 0;
	for (int i = 0; i < 100; i++) {
		unsigned before = pipelining->commands;
		turn(1);
		cr_expect_leq(pipelining->commands - before, TURN_COMMANDS);
		answers += count_lines(heard(busy));
	}
	cr_expect_eq(pipelining->commands, 1000);
	cr_expect_eq(answers, 1000);
}

Test(stream, message_that_comes_fast_has_its_share_of_each_turn)
{
	int client = join();
	static char text[100 * 1024];
	memset(text, 'x', sizeof text);
	say(client, "d\n");
	turn(1);
	for (size_t sent = 0, turns = 0; sent < 40 * sizeof text && turns < 1000; turns++) {
		ssize_t got = send(client, text, sizeof text, MSG_NOSIGNAL);
		sent += got > 0 ? (size_t)got : 0;
		size_t before = fake.first->octets;
		turn(1);
		cr_expect_leq(fake.first->octets - before, TURN_OCTETS + STREAM_INPUT);
	}
	turn(100);
	say(client, "\n.\n");
	turn(10);
	cr_expect_str_eq(heard(client), "hello\ntaken\n");
	cr_expect_geq(fake.first->octets, 40 * sizeof text);
}

Test(stream, long_answer_stops_while_the_client_does_not_read)
{
	int client = join();
	fake.parts = 10000;
	say(client, "l\nx\n");
	turn(100);
	unsigned sent = fake.first->sent;
	turn(100);
	cr_expect_eq(fake.first->sent, sent);
	cr_expect_lt(sent, 2000);
	cr_expect(stream_is_full(fake.first->stream));
	size_t octets = 0;
	for (int i = 0; i < 10000 && fake.first->parts > 0; i++) {
		static char got[ANSWER];
		ssize_t len = recv(client, got, sizeof got, 0);
		octets += len > 0 ? (size_t)len : 0;
		turn(1);
	}
	cr_expect_eq(fake.first->sent, 10000);
	cr_expect_eq(fake.first->commands, 2);
	cr_expect_gt(octets, 9000 * FAKE_PART);
}

Test(stream, long_answer_has_its_share_of_each_turn)
{
	int client = join();
	fake.parts = 100000;
	say(client, "l\n");
	for (int i = 0; i < 20; i++) {
		unsigned before = fake.first->sent;
		turn(1);
		heard(client);
		cr_expect_leq((fake.first->sent - before) * FAKE_PART, TURN_OCTETS + GATHER_SIZE);
	}
	cr_expect_gt(fake.first->sent, 0);
}

Test(stream, client_that_has_ended_its_half_gets_all_answers)
{
	int client = join();
	say(client, thousand_commands());
	shutdown(client, SHUT_WR);
	unsigned answers = 0;
	const char *last = "";
	for (int i = 0; i < 200 && strstr(last, "END") == NULL; i++) {
		turn(1);
		last = heard(client);
		answers += count_lines(last);
	}
	cr_expect_eq(answers, 1 + 1000);
	expect_all_gone(1);
}

Test(stream, input_behind_the_end_is_discarded_and_the_last_reply_arrives)
{
	int client = join();
	say(client, "q\nx\nx\n");
	turn(2);
	cr_expect_str_eq(heard(client), "hello\nok\nEND");
	cr_expect_eq(streams.first->phase, STREAM_LINGERING);
	say(client, "more\n");
	turn(2);
	cr_expect_eq(streams.count, 1);
	fake_clock_pass(2001);
	streams_sweep(&streams);
	expect_all_gone(1);
}

Test(stream, no_time_limit_means_none)
{
	int client = join();
	fake_clock_pass(1000 * 3600 * 24 * 20);
	streams_sweep(&streams);
	turn(2);
	cr_expect_str_eq(heard(client), "hello\n");
	say(client, "x\n");
	turn(1);
	cr_expect_str_eq(heard(client), "ok\n");
}

Test(stream, only_idle_clients_are_timed_out)
{
	fake_protocol.idle = 5000;
	int silent = join(), talking = join();
	for (int i = 0; i < 4; i++) {
		fake_clock_pass(2000);
		say(talking, "x\n");
		turn(1);
		streams_sweep(&streams);
		turn(2);
	}
	cr_expect_str_eq(heard(silent), "hello\nbye\nEND");
	cr_expect_str_eq(heard(talking), "hello\nok\nok\nok\nok\n");
}

Test(stream, slow_octets_do_not_extend_the_time_before_admission)
{
	fake_protocol.idle = 5000;
	fake_protocol.admission = 20000;
	int slow = join(), admitted = join();
	say(admitted, "a\n");
	for (int i = 0; i < 10; i++) {
		fake_clock_pass(2000);
		if (streams.count == 2)
			say(slow, "x");
		say(admitted, "x");
		turn(1);
		streams_sweep(&streams);
		turn(2);
	}
	cr_expect_str_eq(heard(slow), "hello\nbye\nEND");
	cr_expect_str_eq(heard(admitted), "hello\nok\n");
	fake_clock_pass(4000);
	streams_sweep(&streams);
	turn(2);
	cr_expect_eq(streams.count, 1);
}

Test(stream, session_that_works_is_ended_by_no_time_limit)
{
	fake_protocol.idle = 5000;
	fake_protocol.whole = 10000;
	int client = join();
	say(client, "w\n");
	turn(1);
	fake_clock_pass(60000);
	streams_sweep(&streams);
	turn(2);
	cr_expect_str_eq(heard(client), "hello\n");
	fake_finish(fake.first);
	turn(1);
	cr_expect_str_eq(heard(client), "done\n");
	streams_sweep(&streams);
	turn(2);
	cr_expect_str_eq(heard(client), "bye\nEND");
}

Test(stream, job_of_a_client_that_has_gone_is_marked_and_waited_for)
{
	int client = join();
	say(client, "w\n");
	turn(1);
	struct stream *stream = streams.first;
	cr_expect_not(stream->owner.gone);
	close(client);
	turn(2);
	cr_expect(stream->owner.gone);
	cr_expect_eq(fake.freed, 0);
	fake_finish(fake.first);
	expect_all_gone(1);
}

Test(stream, stop_ends_idle_sessions_and_lets_messages_through)
{
	int idle = join(), message = join(), working = join();
	say(message, "d\nx\n");
	say(working, "w\n");
	turn(1);
	streams_stop(&streams);
	turn(2);
	cr_expect_str_eq(heard(idle), "hello\nbye\nEND");
	cr_expect_str_eq(heard(message), "hello\n");
	say(message, ".\n");
	turn(2);
	cr_expect_str_eq(heard(message), "taken\nbye\nEND");
	cr_expect_eq(emptied, 0);
	fake_finish(fake.first);
	turn(3);
	cr_expect_str_eq(heard(working), "hello\ndone\nbye\nEND");
	cr_expect_eq(emptied, 1);
	expect_all_gone(3);
}

Test(stream, end_of_the_grace_ends_messages_and_counts_what_is_cut)
{
	int message = join(), working = join();
	say(message, "d\nx\n");
	say(working, "w\n");
	turn(1);
	streams_stop(&streams);
	streams_end(&streams);
	turn(2);
	cr_expect_str_eq(heard(message), "hello\nbye\nEND");
	struct streams_cut cut = streams_cut(&streams);
	cr_expect_eq(cut.working, 1);
	cr_expect_eq(cut.unsent, 0);
	fake_finish(fake.first);
	expect_all_gone(2);
}

Test(stream, header_of_a_proxy_names_the_client)
{
	static const char header[] = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0C\xC0\0\2\7\xC0\0\2\1\x9C\x40\0\x19";
	listener.mode.proxied = true;
	int client = join();
	turn(1);
	cr_expect_eq(fake.entered, 0);
	write_all(client, header, sizeof header - 1);
	say(client, "x\n");
	turn(2);
	cr_expect_str_eq(streams.first->peer, "192.0.2.7");
	cr_expect_str_eq(heard(client), "hello\nok\n");
}

Test(stream, proxy_that_says_nothing_or_rubbish_is_closed_unanswered)
{
	listener.mode.proxied = true;
	int silent = join(), mad = join();
	say(mad, "EHLO x\n");
	turn(2);
	cr_expect_str_eq(heard(mad), "END");
	fake_clock_pass(PREAMBLE_PROXY_TIMEOUT);
	streams_sweep(&streams);
	turn(2);
	cr_expect_str_eq(heard(silent), "END");
	expect_all_gone(0);
}

Test(stream, early_talker_is_rejected_during_the_greeting_delay)
{
	fake_protocol.greeting_delay = 3000;
	int early = join(), patient = join();
	turn(1);
	say(early, "x\n");
	turn(3);
	cr_expect_str_eq(heard(early), "bye\nEND");
	cr_expect_str_eq(heard(patient), "");
	fake_clock_pass(3000);
	streams_sweep(&streams);
	turn(1);
	cr_expect_str_eq(heard(patient), "hello\n");
}

Test(stream, session_over_the_limit_gets_a_reply)
{
	for (int i = 0; i < CLIENTS; i++)
		join();
	int late = join();
	turn(3);
	cr_expect_eq(strncmp(heard(late), "421 ", 4), 0);
	cr_expect_eq(fake.entered, CLIENTS);
	cr_expect_eq(streams.count, CLIENTS);
}

Test(stream, refused_client_is_not_counted)
{
	fake.refuse = 1;
	int client = join();
	turn(3);
	cr_expect_eq(strncmp(heard(client), "421 ", 4), 0);
	expect_all_gone(0);
}

Test(stream, encryption_without_a_certificate_ends_the_stream)
{
	int client = join();
	say(client, "s\nx\n");
	turn(3);
	heard(client);
	expect_all_gone(1);
}

/* A TLS client whose octets go through a socket. */
static struct client tls_client;

static void
carry(int client)
{
	static char octets[64 * 1024];
	BIO *out = SSL_get_wbio(tls_client.openssl), *in = SSL_get_rbio(tls_client.openssl);
	int len;
	SSL_do_handshake(tls_client.openssl);
	while ((len = BIO_read(out, octets, sizeof octets)) > 0)
		write_all(client, octets, (size_t)len);
	turn(1);
	ssize_t got;
	while ((got = recv(client, octets, sizeof octets, 0)) > 0)
		BIO_write(in, octets, (int)got);
}

static struct identity identity;

static void
set_up_tls(void)
{
	char error[TLS_ERROR_SIZE];
	set_up();
	identity_make(&identity, -1, 30);
	certificate.context = tls_context_new(identity.certificate, identity.key, NULL, error);
	cr_assert_not_null(certificate.context, "%s", error);
}

static void
tear_down_tls(void)
{
	tls_context_free(certificate.context);
	identity_remove(&identity);
}

TestSuite(encrypted_stream, .init = set_up_tls, .fini = tear_down_tls);

static void
open_tls_client(void)
{
	client_open(&tls_client, NULL, 0, NULL);
}

Test(encrypted_stream, clear_text_after_starttls_is_not_executed)
{
	char line[32] = "";
	int client = join();
	say(client, "s\nx\nx\n");
	turn(2);
	cr_expect_str_eq(heard(client), "hello\nok\n");
	open_tls_client();
	for (int i = 0; i < 4; i++)
		carry(client);
	cr_expect_eq(fake.encrypted, 1);
	cr_expect_eq(fake.first->commands, 1);
	SSL_write(tls_client.openssl, "y\n", 2);
	carry(client), carry(client);
	cr_expect_eq(SSL_read(tls_client.openssl, line, sizeof line - 1), 3);
	cr_expect_str_eq(line, "ok\n");
	client_close(&tls_client);
}

Test(encrypted_stream, octets_behind_the_end_of_the_encryption_keep_nothing_open)
{
	int client = join();
	say(client, "s\n");
	turn(2);
	heard(client);
	open_tls_client();
	for (int i = 0; i < 4; i++)
		carry(client);
	SSL_shutdown(tls_client.openssl);
	carry(client);
	(void)send(client, "rubbish", 7, MSG_NOSIGNAL);
	expect_all_gone(1);
	client_close(&tls_client);
}

Test(encrypted_stream, session_over_many_turns_reads_all_that_was_encrypted)
{
	int client = join();
	say(client, "s\n");
	turn(2);
	heard(client);
	open_tls_client();
	for (int i = 0; i < 4; i++)
		carry(client);
	for (int i = 0; i < 10; i++)
		SSL_write(tls_client.openssl, thousand_commands(), 200);
	carry(client);
	turn(30);
	cr_expect_eq(fake.first->commands, 1 + 1000);
	cr_expect(turns_are_empty(&streams.host.turns));
	client_close(&tls_client);
}

Test(encrypted_stream, handshakes_of_a_turn_are_bounded_and_in_order)
{
	int clients[CLIENTS];
	char hello[4096];
	open_tls_client();
	listener.mode.encrypted = true;
	SSL_do_handshake(tls_client.openssl);
	int len = BIO_read(SSL_get_wbio(tls_client.openssl), hello, sizeof hello);
	for (int i = 0; i < CLIENTS; i++) {
		clients[i] = join();
		write_all(clients[i], hello, (size_t)len);
	}
	int answered = 0;
	for (int i = 0; i < 3 * CLIENTS && answered < CLIENTS; i++) {
		int before = answered;
		turn(1);
		while (answered < CLIENTS && heard(clients[answered])[0] != '\0')
			answered++;
		cr_expect_leq(answered - before, 2 * TURN_HANDSHAKES);
		for (int later = answered + TURN_HANDSHAKES; later < CLIENTS; later++)
			cr_expect_str_empty(heard(clients[later]));
	}
	cr_expect_eq(answered, CLIENTS);
	client_close(&tls_client);
}

Test(encrypted_stream, client_that_leaves_early_costs_no_handshake)
{
	open_tls_client();
	listener.mode.encrypted = true;
	streams.host.turns.handshakes = 0;
	int client = join();
	carry(client);
	close(client);
	streams.host.turns.handshakes = 0;
	turn(2);
	expect_all_gone(1);
	client_close(&tls_client);
}
