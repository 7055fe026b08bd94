/* The resolver of a worker, on a loop with a name server of its own. */
#include "peer/dns.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/dns_packet.h"

/* What the name server does with a question. */
enum manner { ANSWERS, KEEPS_SILENT, IS_IN_TROUBLE, IS_SLOW, ANSWERS_ANOTHER };

static uv_loop_t loop;
static struct dns dns;
static uv_udp_t server;
static uv_timer_t slow;
static enum manner manner;
static unsigned heard; /* questions */
static struct sockaddr_storage client;
static struct packet answer;
static char buffer[1024];
static unsigned given; /* times that the loop has given answers */

static void
after(struct dns *dns_)
{
	(void)dns_;
	given++;
}

static void
send_answer(void)
{
	uv_buf_t buf = uv_buf_init((char *)answer.octets, (unsigned)answer.len);
	cr_assert_eq(uv_udp_try_send(&server, &buf, 1, (struct sockaddr *)&client), (int)answer.len);
}

static void
on_slow(uv_timer_t *timer)
{
	(void)timer;
	send_answer();
}

static void
on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
	(void)handle, (void)size;
	*buf = uv_buf_init(buffer, sizeof buffer);
}

/* The question is sent back as it came, with an address behind it. */
static void
on_question(uv_udp_t *handle, ssize_t len, const uv_buf_t *buf, const struct sockaddr *from, unsigned flags)
{
	(void)handle, (void)flags;
	if (len <= 12 || from == NULL)
		return;
	heard++;
	memcpy(&client, from, sizeof(struct sockaddr_in));
	packet_begin(&answer, manner == IS_IN_TROUBLE ? 0x8182 : 0x8180, manner != IS_IN_TROUBLE, 0);
	memcpy(answer.octets, buf->base, 2);
	packet_add(&answer, buf->base + 12, (size_t)len - 12);
	answer.octets[13] = (unsigned char)(manner == ANSWERS_ANOTHER ? 'z' : answer.octets[13]);
	if (manner != IS_IN_TROUBLE)
		packet_record(&answer, 1, 300, "\xC0\x00\x02\x01", 4);
	if (manner == IS_SLOW)
		uv_timer_start(&slow, on_slow, 150, 0);
	else if (manner != KEEPS_SILENT)
		send_answer();
}

static void
open_server(char servers[32])
{
	struct sockaddr_in address;
	int len = sizeof address;
	uv_ip4_addr("127.0.0.1", 0, &address);
	cr_assert_eq(uv_udp_init(&loop, &server), 0);
	cr_assert_eq(uv_udp_bind(&server, (struct sockaddr *)&address, 0), 0);
	cr_assert_eq(uv_udp_getsockname(&server, (struct sockaddr *)&address, &len), 0);
	cr_assert_eq(uv_udp_recv_start(&server, on_alloc, on_question), 0);
	snprintf(servers, 32, "127.0.0.1:%u", ntohs(address.sin_port));
}

static void
set_up(void)
{
	char servers[32];
	cr_assert_eq(uv_loop_init(&loop), 0);
	uv_timer_init(&loop, &slow);
	open_server(servers);
	const struct dns_config config = { .servers = servers, .timeout = 400 };
	cr_assert_eq(dns_open(&dns, &loop, &config, after), 0);
}

static void
close_handle(uv_handle_t *handle, void *context)
{
	(void)context;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

static void
tear_down(void)
{
	dns_close(&dns);
	uv_walk(&loop, close_handle, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	cr_expect_eq(uv_loop_close(&loop), 0);
}

TestSuite(dns, .init = set_up, .fini = tear_down, .timeout = 60);

Test(dns, servers_are_local_if_all_are_on_loopback)
{
	cr_expect(dns_servers_are_local("127.0.0.1"));
	cr_expect(dns_servers_are_local("127.0.0.53:5353 ::1"));
	cr_expect_not(dns_servers_are_local("127.0.0.1 192.0.2.53"));
	cr_expect_not(dns_servers_are_local("[2001:db8::1]:53"));
	cr_expect_eq(heard, 0);
}

struct asked {
	struct resolver_question question;
	unsigned times;
	enum resolver_outcome outcome;
	size_t count;
	const char *then; /* what is asked next, by the same question */
};

static void
on_done(struct resolver_question *question, const struct resolver_answer *given_answer)
{
	struct asked *asked = (struct asked *)question;
	const char *then = asked->then;
	asked->times++;
	asked->outcome = given_answer->outcome;
	asked->count = given_answer->count;
	asked->then = NULL;
	if (then != NULL)
		resolver_ask(&dns.resolver, RESOLVER_A, then, question);
}

static void
ask(struct asked *asked, const char *name)
{
	asked->question.done = on_done;
	resolver_ask(&dns.resolver, RESOLVER_A, name, &asked->question);
}

static void
wait_for(const struct asked *asked)
{
	while (asked->times == 0)
		uv_run(&loop, UV_RUN_ONCE);
}

Test(dns, a_question_is_answered)
{
	struct asked asked = { .times = 0 };
	ask(&asked, "Mx.example.org");
	cr_expect_eq(asked.times, 0);
	wait_for(&asked);
	cr_expect_eq(asked.outcome, RESOLVER_FOUND);
	cr_expect_eq(asked.count, 1);
	cr_expect_gt(given, 0);
}

Test(dns, the_same_question_is_sent_once)
{
	struct asked asked[3] = { 0 };
	ask(&asked[0], "example.org");
	ask(&asked[1], "EXAMPLE.org");
	wait_for(&asked[0]);
	cr_expect_eq(asked[1].times, 1);
	ask(&asked[2], "example.org");
	cr_expect_eq(asked[2].times, 1);
	cr_expect_eq(asked[2].outcome, RESOLVER_FOUND);
	cr_expect_eq(heard, 1);
}

Test(dns, callback_may_ask_again)
{
	struct asked asked = { .then = "second.example" };
	ask(&asked, "first.example");
	while (asked.times < 2)
		uv_run(&loop, UV_RUN_ONCE);
	cr_expect_eq(asked.outcome, RESOLVER_FOUND);
	cr_expect_eq(heard, 2);
}

Test(dns, silent_server_fails_at_the_deadline)
{
	struct asked asked = { .times = 0 };
	manner = KEEPS_SILENT;
	ask(&asked, "example.org");
	wait_for(&asked);
	cr_expect_eq(asked.outcome, RESOLVER_FAILED);
	cr_expect_geq(heard, 2);
}

Test(dns, servfail_is_a_failure)
{
	struct asked asked = { .times = 0 };
	manner = IS_IN_TROUBLE;
	ask(&asked, "example.org");
	wait_for(&asked);
	cr_expect_eq(asked.outcome, RESOLVER_FAILED);
}

Test(dns, unsolicited_answer_is_ignored)
{
	struct asked asked = { .times = 0 };
	manner = ANSWERS_ANOTHER;
	ask(&asked, "example.org");
	wait_for(&asked);
	cr_expect_eq(asked.outcome, RESOLVER_FAILED);
}

Test(dns, a_slow_server_is_waited_for)
{
	struct asked asked = { .times = 0 };
	manner = IS_SLOW;
	ask(&asked, "example.org");
	wait_for(&asked);
	cr_expect_eq(asked.outcome, RESOLVER_FOUND);
}

Test(dns, questions_over_the_limit_are_queued)
{
	enum { MANY = 3 * DNS_UNDER_WAY };
	static struct asked asked[MANY];
	char name[32];
	dns.timeout = 30000;
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof name, "n%d.example", i);
		ask(&asked[i], name);
		cr_assert_leq(dns.under_way, DNS_UNDER_WAY);
	}
	for (int i = 0; i < MANY; i++) {
		wait_for(&asked[i]);
		cr_assert_eq(asked[i].outcome, RESOLVER_FOUND);
		cr_assert_leq(dns.under_way, DNS_UNDER_WAY);
	}
}

Test(dns, waiting_questions_fail_when_it_closes)
{
	struct asked asked[2] = { { .then = "more.example" }, { .times = 0 } };
	manner = KEEPS_SILENT;
	ask(&asked[0], "example.org");
	ask(&asked[1], "example.net");
	uv_run(&loop, UV_RUN_NOWAIT);
	dns_close(&dns);
	cr_expect_eq(asked[0].times, 2);
	cr_expect_eq(asked[0].outcome, RESOLVER_FAILED);
	cr_expect_eq(asked[1].outcome, RESOLVER_FAILED);
}

Test(dns, timer_stops_without_questions)
{
	struct asked asked = { .times = 0 };
	ask(&asked, "example.org");
	wait_for(&asked);
	while (uv_is_active((uv_handle_t *)&dns.timer))
		uv_run(&loop, UV_RUN_ONCE);
	cr_expect_null(dns.sockets);
}

Test(dns_closed, has_failed_at_once)
{
	struct asked asked = { .times = 0 };
	const struct dns_config config = { .servers = "nonsense", .timeout = 400 };
	cr_assert_eq(uv_loop_init(&loop), 0);
	cr_assert_eq(dns_open(&dns, &loop, &config, after), 0);
	ask(&asked, "example.org");
	cr_expect_eq(asked.outcome, RESOLVER_FAILED);
	dns_close(&dns);
	uv_walk(&loop, close_handle, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	cr_expect_eq(uv_loop_close(&loop), 0);
}
