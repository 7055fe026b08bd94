/* Watches the sockets of c-ares on the loop. */
#include <ares.h>
#include <stdlib.h>

#include "peer/dns.h"

struct dns_socket {
	uv_poll_t poll;
	struct dns *dns;
	struct dns_socket *next;
	int descriptor;
};

static void
on_closed(uv_handle_t *handle)
{
	free(handle);
}

/* After an error, c-ares reads the socket and finds it. */
static void
on_ready(uv_poll_t *poll, int status, int events)
{
	const struct dns_socket *watched = (const struct dns_socket *)poll;
	struct dns *dns = watched->dns;
	int descriptor = watched->descriptor;
	bool readable = status < 0 || (events & UV_READABLE), writable = status < 0 || (events & UV_WRITABLE);
	ares_process_fd(dns->channel, readable ? descriptor : ARES_SOCKET_BAD, writable ? descriptor : ARES_SOCKET_BAD);
	dns->after(dns);
}

static struct dns_socket **
find(struct dns *dns, int descriptor)
{
	struct dns_socket **at = &dns->sockets;
	while (*at != NULL && (*at)->descriptor != descriptor)
		at = &(*at)->next;
	return at;
}

/* If a socket cannot be watched, its questions time out. */
static struct dns_socket *
add(struct dns *dns, int descriptor)
{
	struct dns_socket *added = malloc(sizeof *added);
	if (added == NULL || uv_poll_init(dns->loop, &added->poll, descriptor) < 0) {
		free(added);
		return NULL;
	}
	added->dns = dns;
	added->descriptor = descriptor;
	added->next = dns->sockets;
	dns->sockets = added;
	return added;
}

void
dns_watch(void *context, int descriptor, int readable, int writable)
{
	struct dns *dns = context;
	struct dns_socket **at = find(dns, descriptor), *watched = *at;
	int events = (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);
	if (events != 0 && watched == NULL)
		watched = add(dns, descriptor);
	if (watched == NULL)
		return;
	if (events != 0) {
		uv_poll_start(&watched->poll, events, on_ready);
		return;
	}
	*at = watched->next;
	uv_poll_stop(&watched->poll);
	uv_close((uv_handle_t *)&watched->poll, on_closed);
}
