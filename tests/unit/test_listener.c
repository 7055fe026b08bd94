/* A listening socket that two loops share, as two workers do. */
#include "net/listener.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static unsigned accepted;
static _Atomic pid_t hung_thread;

static void
take(struct listener *listener, int descriptor)
{
	(void)listener;
	cr_assert(descriptor >= 0);
	accepted++;
	close(descriptor);
}

/* A worker that the system wakes for a connection, and that then hangs: it does not accept the connection. */
static void *
hang(void *set)
{
	struct epoll_event event;
	hung_thread = gettid();
	cr_assert_eq(epoll_wait(*(int *)set, &event, 1, -1), 1);
	return NULL;
}

/* Is a thread of this process in epoll_wait()? Linux tells the number of the call that a thread waits in. */
static bool
waits(pid_t thread)
{
	char path[64];
	long call = -1;
	snprintf(path, sizeof path, "/proc/self/task/%d/syscall", (int)thread);
	FILE *file = fopen(path, "re");
	cr_assert_not_null(file);
	bool known = fscanf(file, "%ld", &call) == 1;
	fclose(file);
#ifdef SYS_epoll_wait
	if (call == SYS_epoll_wait)
		return true;
#endif
	return known && call == SYS_epoll_pwait;
}

Test(listener, connection_of_a_worker_that_hangs_is_accepted_by_another)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof address;
	int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	cr_assert_eq(bind(descriptor, (struct sockaddr *)&address, len), 0);
	cr_assert_eq(getsockname(descriptor, (struct sockaddr *)&address, &len), 0);

	uv_loop_t loops[2];
	struct listener listeners[2] = { { .accepted = take }, { .accepted = take } };
	for (size_t i = 0; i < 2; i++) {
		uv_loop_init(&loops[i]);
		cr_assert_eq(listener_open(&listeners[i], &loops[i], i == 0 ? descriptor : dup(descriptor), 0), 0);
		uv_run(&loops[i], UV_RUN_NOWAIT);
		listener_look(&listeners[i]);
	}
	pthread_t hung;
	int set = uv_backend_fd(&loops[0]);
	cr_assert_eq(pthread_create(&hung, NULL, hang, &set), 0);
	while (hung_thread == 0 || !waits(hung_thread))
		usleep(1000);
	int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert_eq(connect(client, (struct sockaddr *)&address, len), 0);
	pthread_join(hung, NULL);

	uv_run(&loops[1], UV_RUN_NOWAIT);
	cr_expect_eq(accepted, 0);
	listener_look(&listeners[1]);
	uv_run(&loops[1], UV_RUN_NOWAIT);
	cr_expect_eq(accepted, 1);

	close(client);
	for (size_t i = 0; i < 2; i++) {
		listener_close(&listeners[i]);
		uv_run(&loops[i], UV_RUN_DEFAULT);
		cr_expect_eq(uv_loop_close(&loops[i]), 0);
	}
}

Test(listener, listener_that_pauses_does_not_look)
{
	uv_loop_t loop;
	struct listener listener = { .accepted = take };
	uv_loop_init(&loop);
	int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	cr_assert_eq(listener_open(&listener, &loop, descriptor, 0), 0);
	struct sockaddr_in address;
	socklen_t len = sizeof address;
	cr_assert_eq(getsockname(descriptor, (struct sockaddr *)&address, &len), 0);
	listener_pause(&listener);
	int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert_eq(connect(client, (struct sockaddr *)&address, len), 0);
	listener_look(&listener);
	uv_run(&loop, UV_RUN_NOWAIT);
	cr_expect_eq(accepted, 0);
	listener_resume(&listener);
	uv_run(&loop, UV_RUN_NOWAIT);
	cr_expect_eq(accepted, 1);
	close(client);
	listener_close(&listener);
	listener_look(&listener);
	uv_run(&loop, UV_RUN_DEFAULT);
	cr_expect_eq(uv_loop_close(&loop), 0);
}
