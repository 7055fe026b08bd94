/* A transport to a server in memory; for tests of the client of SMTP and LMTP. */
#include "transport_fixture.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct fake_dialer server;
struct transport transport;
struct transport_recipient to[TRANSPORT_TO];
struct client_pool pool;
static bool ended;

static void
run_job(struct executor *executor, struct job *job)
{
	(void)executor;
	job->work(job);
	job->done(job);
}

static struct executor disk = { .start = run_job };

static void
on_done(struct transport *done)
{
	cr_assert_eq(done, &transport);
	ended = true;
}

void
transport_give_message(const char *octets, size_t len)
{
	transport.message = memfd_create("message", MFD_CLOEXEC);
	cr_assert_eq(write(transport.message, octets, len), len);
}

void
transport_set_up(void)
{
	fake_dialer_open(&server);
	client_pool_open(&pool, &server.dialer, &disk);
	for (size_t i = 0; i < sizeof to / sizeof *to; i++)
		to[i] = (struct transport_recipient) { .address = "bert@example.net" };
	transport = (struct transport) {
		.manner = { .hostname = "mx.example.test", .tls = TRANSPORT_TLS_NONE },
		.times = { 1000, 1000, 1000, 60000 },
		.address = { { "192.0.2.1", 25 }, "mx1.example.net" },
		.done = on_done,
		.sender = "anna@example.test",
		.recipients = to,
		.count = 1,
		.size = 20,
	};
	transport_give_message("Subject: a\n\nb\n", 14);
}

/* Silence lasts until the deadline. */
void
transport_run(void)
{
	ended = false;
	transport.deadline = 0;
	transport_start(&transport, &pool);
	while (!ended && (fake_dialer_run(&server) || fake_dialer_time_out(&server)))
		;
	cr_assert(ended);
}

/* Connections that are idle say goodbye. */
void
transport_close_all(void)
{
	client_pool_close(&pool);
	while (fake_dialer_run(&server))
		;
	cr_expect_eq(server.open, 0);
}

void
transport_tear_down(void)
{
	server.answer_count = 0;
	transport_close_all();
	fake_dialer_close(&server);
	close(transport.message);
	for (size_t i = 0; i < sizeof to / sizeof *to; i++)
		free(to[i].verdict);
}

void
transport_answer(struct fake_answer *answers, size_t count)
{
	server.answers = answers;
	server.answer_count = count;
}

/* Runs on a new connection, and looks at the first recipient. */
void
transport_comes_to(enum transport_result result, const char *verdict)
{
	transport_run();
	transport_close_all();
	cr_expect_eq(to[0].result, result, "%s", to[0].verdict);
	cr_expect_str_eq(to[0].verdict, verdict);
}

size_t
transport_count(const char *what)
{
	size_t times = 0;
	for (const char *at = server.said; (at = strstr(at, what)) != NULL; at += strlen(what))
		times++;
	return times;
}
