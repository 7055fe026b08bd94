/* The control socket, over local sockets. */
#include "process/control.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/system/local_socket.h"

static uv_loop_t loop;
static struct control control;
static char folder[64];
static unsigned asked;

static void
answer(void *context, const char *request, struct text_buffer *buffer)
{
	(void)context;
	asked++;
	text_buffer_put(buffer, "you said %zu octets\n", strlen(request));
}

static void
set_up(void)
{
	strcpy(folder, "/tmp/ftgate-control-XXXXXX");
	cr_assert_not_null(mkdtemp(folder));
	uv_loop_init(&loop);
	control.end = "\n";
	control.answer = answer;
	int descriptor = local_listen(folder, "control");
	cr_assert_geq(descriptor, 0);
	cr_assert_eq(control_open(&control, &loop, descriptor, true), 0);
}

static void
tear_down(void)
{
	char path[96];
	snprintf(path, sizeof path, "%s/control", folder);
	unlink(path);
	rmdir(folder);
}

TestSuite(control, .init = set_up, .fini = tear_down, .timeout = 60);

static int
join(void)
{
	int client = local_connect(folder, "control", 5);
	cr_assert_geq(client, 0);
	for (int i = 0; i < 3; i++)
		uv_run(&loop, UV_RUN_NOWAIT);
	return client;
}

/* What a client has got; "" if nothing has come yet, "closed" if the connection has ended without an answer. */
static const char *
heard(int client)
{
	static char text[256];
	for (int i = 0; i < 3; i++)
		uv_run(&loop, UV_RUN_NOWAIT);
	ssize_t len = recv(client, text, sizeof text - 1, MSG_DONTWAIT);
	text[len > 0 ? len : 0] = '\0';
	return len == 0 ? "closed" : text;
}

Test(control, request_is_answered_once_it_is_whole_and_the_connection_closed)
{
	int client = join();
	cr_assert_eq(send(client, "sta", 3, 0), 3);
	cr_expect_str_empty(heard(client));
	cr_assert_eq(send(client, "tus\nmore", 8, 0), 8);
	cr_expect_str_eq(heard(client), "you said 11 octets\n");
	cr_expect_str_eq(heard(client), "closed");
	cr_expect_eq(asked, 1);
}

Test(control, silent_clients_make_room_in_the_order_of_their_coming)
{
	int silent[CONTROL_CLIENTS + 4];
	for (int i = 0; i < CONTROL_CLIENTS + 4; i++)
		silent[i] = join();
	for (int i = 0; i < CONTROL_CLIENTS + 4; i++)
		cr_expect_str_eq(heard(silent[i]), i < 4 ? "closed" : "", "%d", i);
	int client = join();
	cr_assert_eq(send(client, "status\n", 7, 0), 7);
	cr_expect_str_eq(heard(client), "you said 7 octets\n");
}

Test(control, clients_that_have_asked_are_answered_before_one_that_is_silent_is_kept)
{
	int asking = join(), silent[CONTROL_CLIENTS];
	cr_assert_eq(send(asking, "status", 6, 0), 6);
	for (int i = 0; i < CONTROL_CLIENTS - 1; i++)
		silent[i] = join();
	cr_assert_eq(send(asking, "\n", 1, 0), 1);
	cr_expect_str_eq(heard(asking), "you said 7 octets\n");
	cr_expect_str_empty(heard(silent[0]));
}

Test(control, request_that_is_too_long_is_answered_without_its_end)
{
	static char text[CONTROL_REQUEST];
	int client = join();
	memset(text, 'x', sizeof text);
	cr_assert_eq(send(client, text, sizeof text, 0), sizeof text);
	cr_expect_str_eq(heard(client), "you said 4095 octets\n");
}

Test(control, closing_ends_the_clients)
{
	int client = join();
	control_close(&control);
	cr_expect_str_eq(heard(client), "closed");
	control_close(&control);
}
