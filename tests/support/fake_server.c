/* A server of the local machine that behaves as a test wants. */
#include "fake_server.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct connection {
	struct fake_service *fake;
	int socket;
	unsigned number;
};

static void *
speak(void *context)
{
	struct connection connection = *(struct connection *)context;

	free(context);
	connection.fake->speak(connection.fake, connection.socket, connection.number);
	close(connection.socket);
	atomic_fetch_sub(&connection.fake->open, 1);
	return NULL;
}

static void
disperse(struct fake_service *fake)
{
	usleep(100 * 1000);
	for (size_t i = 0; i < fake->crowded; i++)
		close(fake->crowd[i]);
}

static void *
take(void *context)
{
	struct fake_service *fake = context;

	if (fake->crowded > 0)
		disperse(fake);
	for (int socket; (socket = accept(fake->listener, NULL, NULL)) >= 0;) {
		struct connection *connection = malloc(sizeof *connection);
		pthread_t thread;
		if (connection == NULL)
			abort();
		*connection = (struct connection) { fake, socket, atomic_fetch_add(&fake->connections, 1) + 1 };
		atomic_fetch_add(&fake->open, 1);
		if (pthread_create(&thread, NULL, speak, connection) != 0)
			abort();
		pthread_detach(thread);
	}
	return NULL;
}

static int
listen_locally(struct fake_service *fake)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	char folder[sizeof address.sun_path - sizeof "/service"];

	cr_assert_not_null(getcwd(folder, sizeof folder));
	snprintf(address.sun_path, sizeof address.sun_path, "%s/service", folder);
	snprintf(fake->endpoint, sizeof fake->endpoint, "%s", address.sun_path);
	cr_assert_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
	return listener;
}

static int
listen_on_loopback(struct fake_service *fake)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof address;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	cr_assert_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
	cr_assert_eq(getsockname(listener, (struct sockaddr *)&address, &len), 0);
	snprintf(fake->endpoint, sizeof fake->endpoint, "127.0.0.1:%d", ntohs(address.sin_port));
	return listener;
}

static void
begin(struct fake_service *fake)
{
	atomic_init(&fake->connections, 0);
	atomic_init(&fake->open, 0);
	cr_assert_eq(pthread_create(&fake->thread, NULL, take, fake), 0);
}

void
fake_service_open(struct fake_service *fake, bool local)
{
	fake->listener = local ? listen_locally(fake) : listen_on_loopback(fake);
	cr_assert_eq(listen(fake->listener, 64), 0);
	begin(fake);
}

/* Has somebody wait to be taken. False where there is no room. */
static bool
join_crowd(struct fake_service *fake)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int joining = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	cr_assert_lt(fake->crowded, sizeof fake->crowd / sizeof *fake->crowd);
	memcpy(address.sun_path, fake->endpoint, strnlen(fake->endpoint, sizeof address.sun_path - 1));
	if (connect(joining, (const struct sockaddr *)&address, sizeof address) == 0) {
		fake->crowd[fake->crowded++] = joining;
		return true;
	}
	cr_assert_eq(errno, EAGAIN);
	close(joining);
	return false;
}

void
fake_service_open_crowded(struct fake_service *fake)
{
	fake->listener = listen_locally(fake);
	cr_assert_eq(listen(fake->listener, 1), 0);
	while (join_crowd(fake))
		;
	begin(fake);
}

unsigned
fake_service_connections(struct fake_service *fake, unsigned wanted)
{
	for (unsigned waited = 0; atomic_load(&fake->connections) < wanted && waited < 10 * 1000; waited++)
		usleep(1000);
	return atomic_load(&fake->connections);
}

void
fake_service_close(struct fake_service *fake)
{
	shutdown(fake->listener, SHUT_RDWR);
	pthread_join(fake->thread, NULL);
	close(fake->listener);
	while (atomic_load(&fake->open) > 0)
		usleep(1000);
}
