/* The interface of a service manager: sd_listen_fds(3) and sd_notify(3), without its library. */
#include "process/systemd.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { FIRST = 3 }; /* SD_LISTEN_FDS_START */

static unsigned long
number_of(const char *variable)
{
	char *end;
	const char *value = getenv(variable);
	unsigned long number = value == NULL ? 0 : strtoul(value, &end, 10);
	return value == NULL || *end != '\0' ? 0 : number;
}

size_t
systemd_count(void)
{
	unsigned long count = number_of("LISTEN_FDS");
	if (number_of("LISTEN_PID") != (unsigned long)getpid())
		return 0;
	return count < LISTEN_MAX ? count : LISTEN_MAX;
}

int
systemd_socket(size_t number, char name[LISTEN_NAME_SIZE], char error[LISTEN_ERROR_SIZE])
{
	return listen_adopt(FIRST + (int)number, name, error);
}

int64_t
systemd_watchdog(void)
{
	unsigned long process = number_of("WATCHDOG_PID");
	if (process != 0 && process != (unsigned long)getpid())
		return 0;
	return (int64_t)(number_of("WATCHDOG_USEC") / 2000);
}

/* A name that begins with @ is of the abstract kind: unix(7). */
void
systemd_notify(const char *state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len = path == NULL ? 0 : strlen(path);
	if (len < 2 || len >= sizeof address.sun_path || (*path != '/' && *path != '@'))
		return;
	memcpy(address.sun_path, path, len);
	if (*path == '@')
		address.sun_path[0] = '\0';
	int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (descriptor < 0)
		return;
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	sendto(descriptor, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&address, size);
	close(descriptor);
}

void
systemd_notify_reloading(void)
{
	char state[64];
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
	    (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	systemd_notify(state);
}
