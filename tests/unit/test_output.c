/* Output to a socket: what it does not take is kept, in order; gathered replies leave at once. */
#include "net/gather.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static uv_loop_t loop;
static uv_pipe_t sockets[2];
static struct encryption writers[2];
static int peers[2];
static unsigned sent;
static struct gather gather;

static void
on_sent(struct output *output)
{
	(void)output;
	sent++;
}

static void
set_up(void)
{
	signal(SIGPIPE, SIG_IGN);
	uv_loop_init(&loop);
	for (int i = 0; i < 2; i++) {
		int ends[2], size = 8192;
		cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
		setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
		uv_pipe_init(&loop, &sockets[i], 0);
		cr_assert_eq(uv_pipe_open(&sockets[i], ends[0]), 0);
		peers[i] = ends[1];
		writers[i].output = (struct output) { .socket = (uv_stream_t *)&sockets[i], .sent = on_sent };
	}
}

TestSuite(output, .init = set_up);

static size_t
receive(int peer, char *octets, size_t size)
{
	ssize_t got = recv(peer, octets, size, 0);
	return got > 0 ? (size_t)got : 0;
}

Test(output, octets_that_the_socket_does_not_take_follow_in_order)
{
	static char octets[256 * 1024], got[sizeof octets + 2];
	struct output *output = &writers[0].output;
	for (size_t i = 0; i < sizeof octets; i++)
		octets[i] = (char)(i * 31 >> 3);
	output_write(output, octets, sizeof octets - 1);
	cr_expect(output_is_full(output));
	output_write(output, octets + sizeof octets - 1, 1);
	size_t len = 0;
	for (int i = 0; i < 10000 && len < sizeof octets; i++) {
		len += receive(peers[0], got + len, sizeof got - len);
		uv_run(&loop, UV_RUN_NOWAIT);
	}
	cr_expect_eq(len, sizeof octets);
	cr_expect_eq(memcmp(got, octets, sizeof octets), 0);
	cr_expect_not(output_is_full(output));
	cr_expect_eq(sent, 2);
	cr_expect_eq(output->error, 0);
}

Test(output, reset_is_an_error_at_once_and_for_good)
{
	struct output *output = &writers[0].output;
	close(peers[0]);
	output_write(output, "x", 1);
	cr_expect_eq(output->error, UV_EPIPE);
	output_write(output, "x", 1);
	cr_expect_not(output_is_full(output));
	cr_expect_eq(sent, 0);
}

Test(output, reset_of_what_was_kept_is_reported)
{
	static char octets[256 * 1024];
	struct output *output = &writers[0].output;
	output_write(output, octets, sizeof octets);
	cr_expect(output_is_full(output));
	close(peers[0]);
	for (int i = 0; i < 10 && sent == 0; i++)
		uv_run(&loop, UV_RUN_NOWAIT);
	cr_expect_eq(sent, 1);
	cr_expect_neq(output->error, 0);
	cr_expect_not(output_is_full(output));
}

Test(output, gathered_octets_leave_when_they_are_flushed_or_another_writes)
{
	char got[64] = "";
	gather_put(&gather, &writers[0], "one ", 4);
	gather_put(&gather, &writers[0], "two", 3);
	cr_expect_eq(receive(peers[0], got, sizeof got), 0);
	gather_put(&gather, &writers[1], "other", 5);
	cr_expect_eq(receive(peers[0], got, sizeof got), 7);
	cr_expect_eq(memcmp(got, "one two", 7), 0);
	gather_flush(&gather, &writers[0]);
	cr_expect_eq(receive(peers[1], got, sizeof got), 0);
	gather_flush(&gather, &writers[1]);
	cr_expect_eq(receive(peers[1], got, sizeof got), 5);
}

Test(output, more_than_the_buffer_holds_is_gathered_in_parts)
{
	static char octets[3 * GATHER_SIZE + 5], got[sizeof octets];
	memset(octets, 'x', sizeof octets);
	gather_put(&gather, &writers[0], "y", 1);
	gather_put(&gather, &writers[0], octets, sizeof octets - 1);
	gather_flush(&gather, &writers[0]);
	size_t len = 0;
	for (int i = 0; i < 10000 && len < sizeof octets; i++) {
		len += receive(peers[0], got + len, sizeof got - len);
		uv_run(&loop, UV_RUN_NOWAIT);
	}
	cr_expect_eq(len, sizeof octets);
	cr_expect_eq(got[0], 'y');
	cr_expect_eq(memcmp(got + 1, octets, sizeof octets - 1), 0);
}

Test(output, writer_that_is_forgotten_is_never_written_to)
{
	char got[64];
	gather_put(&gather, &writers[0], "gone", 4);
	gather_forget(&gather, &writers[0]);
	gather_put(&gather, &writers[1], "here", 4);
	gather_flush(&gather, &writers[1]);
	cr_expect_eq(receive(peers[0], got, sizeof got), 0);
	cr_expect_eq(receive(peers[1], got, sizeof got), 4);
}
