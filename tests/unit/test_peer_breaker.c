/* Circuit breakers: when a peer is left alone, when it is tried again, and what the log says. */
#include "peer/peer_breaker.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/log/log.h"

static struct peer_breaker breaker;
static _Atomic uint64_t down;
static int lines[2];

static void
set_up(void)
{
	cr_assert_eq(pipe2(lines, O_CLOEXEC | O_NONBLOCK), 0);
	log_open(lines[1], NULL);
	breaker = (struct peer_breaker) { .kind = "filter", .name = "clamav", .down = &down, .bit = 4 };
	down = 1;
}

TestSuite(peer_breaker, .init = set_up);

/* What has been logged since the last call, without its time. */
static const char *
logged(void)
{
	static char text[4096];
	log_flush();
	ssize_t len = read(lines[0], text, sizeof text - 1);
	text[len > 0 ? len : 0] = '\0';
	return len > 0 ? strchr(text, ' ') + 1 : text;
}

static void
fail_at(int64_t started, int64_t now)
{
	enum peer_pass pass = peer_breaker_admit(&breaker, started);
	cr_assert_neq(pass, PEER_REFUSED, "at %lld", (long long)started);
	peer_breaker_failed(&breaker, pass, started, now, "no answer");
}

Test(peer_breaker, opening_and_closing_are_logged_once_each)
{
	fail_at(1000, 2000);
	cr_expect_str_eq(logged(), "event=peer-down kind=filter peer=clamav detail=\"no answer\"\n");
	cr_expect_eq(down, 5);
	cr_expect_str_eq(breaker.cause, "no answer");
	for (int64_t now = 2000; now < 2000 + PEER_PAUSE_FIRST; now += 10)
		cr_expect_eq(peer_breaker_admit(&breaker, now), PEER_REFUSED);
	fail_at(4000, 5000);
	cr_expect_str_empty(logged());
	enum peer_pass pass = peer_breaker_admit(&breaker, 9000);
	cr_expect_eq(pass, PEER_PROBE);
	peer_breaker_answered(&breaker, pass, 9100);
	cr_expect_str_eq(logged(), "event=peer-up kind=filter peer=clamav seconds=7\n");
	cr_expect_eq(down, 1);
	cr_expect_eq(peer_breaker_admit(&breaker, 9100), PEER_ADMITTED);
	peer_breaker_answered(&breaker, PEER_ADMITTED, 9200);
	cr_expect_str_empty(logged());
}

Test(peer_breaker, one_request_probes_at_a_time)
{
	fail_at(1000, 2000);
	int64_t now = 2000 + PEER_PAUSE_FIRST;
	cr_expect_eq(peer_breaker_admit(&breaker, now), PEER_PROBE);
	cr_expect_eq(peer_breaker_admit(&breaker, now), PEER_REFUSED);
	peer_breaker_unknown(&breaker, PEER_PROBE);
	cr_expect_eq(peer_breaker_admit(&breaker, now), PEER_PROBE, "the first one said nothing of the peer");
}

Test(peer_breaker, the_pause_doubles_up_to_a_limit)
{
	int64_t now = 1000, wanted = PEER_PAUSE_FIRST;
	fail_at(now, now);
	for (int i = 0; i < 20; i++) {
		cr_expect_eq(peer_breaker_admit(&breaker, now + wanted - 1), PEER_REFUSED, "number %d", i);
		now += wanted;
		fail_at(now, now);
		wanted = 2 * wanted < PEER_PAUSE_MAX ? 2 * wanted : PEER_PAUSE_MAX;
	}
	cr_expect_eq(wanted, PEER_PAUSE_MAX);
}

Test(peer_breaker, a_request_that_is_slow_beside_others_does_not_open_it)
{
	enum peer_pass slow = peer_breaker_admit(&breaker, 1000), quick = peer_breaker_admit(&breaker, 2000);
	peer_breaker_answered(&breaker, quick, 2100);
	peer_breaker_failed(&breaker, slow, 1000, 31000, "no answer");
	cr_expect_not(peer_breaker_is_open(&breaker));
	cr_expect_str_empty(logged());
	fail_at(3000, 33000);
	cr_expect(peer_breaker_is_open(&breaker), "nothing was answered since it was asked");
}

Test(peer_breaker, others_are_tried_while_a_request_that_is_slow_probes)
{
	enum peer_pass slow = peer_breaker_admit(&breaker, 1000);
	peer_breaker_timed_out(&breaker, slow, 1000, 31000, "no answer");
	cr_expect(peer_breaker_is_open(&breaker));
	cr_expect_not(peer_breaker_refuses(&breaker));
	cr_expect_eq(peer_breaker_admit(&breaker, 31000), PEER_TRIAL, "in the pause");
	slow = peer_breaker_admit(&breaker, 31000 + PEER_PAUSE_FIRST);
	cr_expect_eq(slow, PEER_PROBE);
	enum peer_pass other = peer_breaker_admit(&breaker, 31000 + PEER_PAUSE_FIRST);
	cr_expect_eq(other, PEER_TRIAL);
	peer_breaker_timed_out(&breaker, other, 32000, 34000, "no answer");
	cr_expect_eq(peer_breaker_admit(&breaker, 34000), PEER_TRIAL);
	peer_breaker_answered(&breaker, PEER_TRIAL, 34001);
	cr_expect_eq(peer_breaker_admit(&breaker, 34001), PEER_ADMITTED);
	peer_breaker_timed_out(&breaker, slow, 31200, 61200, "no answer");
	cr_expect_not(peer_breaker_is_open(&breaker));
}

Test(peer_breaker, a_peer_that_no_longer_accepts_connections_gets_no_trials)
{
	peer_breaker_timed_out(&breaker, peer_breaker_admit(&breaker, 1000), 1000, 2000, "no answer");
	enum peer_pass other = peer_breaker_admit(&breaker, 2000);
	cr_expect_eq(other, PEER_TRIAL);
	peer_breaker_failed(&breaker, other, 2000, 2001, "refused");
	cr_expect_eq(peer_breaker_admit(&breaker, 2001), PEER_REFUSED);
}

Test(peer_breaker, a_trial_gets_little_time)
{
	cr_expect_eq(peer_pass_deadline(PEER_TRIAL, 5000, 35000), 5000 + PEER_TRIAL_TIME);
	cr_expect_eq(peer_pass_deadline(PEER_TRIAL, 5000, 5300), 5300);
	cr_expect_eq(peer_pass_deadline(PEER_PROBE, 5000, 35000), 35000);
	cr_expect_eq(peer_breaker_patience(&breaker, 35000, 30000), 35000);
	peer_breaker_timed_out(&breaker, PEER_ADMITTED, 1000, 2000, "no answer");
	cr_expect_eq(peer_breaker_patience(&breaker, 35000, 30000), 5000 + PEER_TRIAL_TIME);
	cr_expect_eq(peer_breaker_patience(&breaker, 5300, 300), 5300);
}

Test(peer_breaker, requests_that_were_made_before_it_opened_do_not_prolong_the_pause)
{
	enum peer_pass first = peer_breaker_admit(&breaker, 1000), second = peer_breaker_admit(&breaker, 1001);
	peer_breaker_failed(&breaker, first, 1000, 2000, "no answer");
	peer_breaker_failed(&breaker, second, 1001, 2001, "no answer");
	cr_expect_eq(peer_breaker_admit(&breaker, 2000 + PEER_PAUSE_FIRST), PEER_PROBE);
}
