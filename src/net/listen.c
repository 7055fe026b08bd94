/* Listening sockets: binding them, and their addresses as text. */
#include "net/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text/translate.h"
#include "config/endpoint.h"

enum { BACKLOG = 4096 };

static bool
parse(const char *text, union endpoint_address *address)
{
	struct endpoint endpoint;
	if (!endpoint_parse(&endpoint, text))
		return false;
	*address = endpoint.address;
	return true;
}

int
listen_check(const char *text, char error[LISTEN_ERROR_SIZE])
{
	union endpoint_address address;
	if (parse(text, &address) && address.any.sa_family != AF_UNIX)
		return 0;
	snprintf(error, LISTEN_ERROR_SIZE,
	    _("'%.80s' is not ADDRESS:PORT; write 127.0.0.1:2525 or [::1]:2525, or 0.0.0.0:25 for every interface"),
	    text);
	return -1;
}

bool
listen_is_path(const char *text)
{
	union endpoint_address address;
	return parse(text, &address) && address.any.sa_family == AF_UNIX;
}

bool
listen_is_loopback(const char *text)
{
	union endpoint_address address;
	if (!parse(text, &address))
		return false;
	if (address.any.sa_family == AF_UNIX)
		return true;
	if (address.any.sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&address.v6.sin6_addr);
	return ntohl(address.v4.sin_addr.s_addr) >> 24 == 127;
}

static void
print_address(const union endpoint_address *address, char name[LISTEN_NAME_SIZE])
{
	char host[INET6_ADDRSTRLEN] = "";
	if (address->any.sa_family == AF_UNIX) {
		snprintf(name, LISTEN_NAME_SIZE, "%s", address->local.sun_path);
	} else if (address->any.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &address->v6.sin6_addr, host, sizeof host);
		snprintf(name, LISTEN_NAME_SIZE, "[%s]:%d", host, ntohs(address->v6.sin6_port));
	} else {
		inet_ntop(AF_INET, &address->v4.sin_addr, host, sizeof host);
		snprintf(name, LISTEN_NAME_SIZE, "%s:%d", host, ntohs(address->v4.sin_port));
	}
}

static bool
set(int socket, int level, int option)
{
	const int on = 1;
	return setsockopt(socket, level, option, &on, sizeof on) == 0;
}

/* Is the path that of a socket which nobody listens at, as a server leaves it that was killed? */
static bool
is_left(const struct sockaddr_un *address)
{
	struct stat status;
	if (lstat(address->sun_path, &status) < 0 || !S_ISSOCK(status.st_mode))
		return false;
	int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool refused = descriptor >= 0 && connect(descriptor, (const struct sockaddr *)address, sizeof *address) < 0 &&
	    errno == ECONNREFUSED;
	if (descriptor >= 0)
		close(descriptor);
	return refused;
}

static bool
prepare_path(int descriptor, const struct sockaddr_un *address)
{
	if (is_left(address))
		unlink(address->sun_path);
	mode_t mask = umask(0111); /* every user may connect; the folder decides who comes that far */
	bool bound = bind(descriptor, (const struct sockaddr *)address, sizeof *address) == 0;
	umask(mask);
	return bound && listen(descriptor, BACKLOG) == 0;
}

/* Connections inherit TCP_NODELAY from the socket that takes them. IPv6 is for itself, so that 0.0.0.0 can be too. */
static bool
prepare(int descriptor, const union endpoint_address *address)
{
	socklen_t len = address->any.sa_family == AF_INET6 ? sizeof address->v6 : sizeof address->v4;
	if (address->any.sa_family == AF_UNIX)
		return prepare_path(descriptor, &address->local);
	if (!set(descriptor, SOL_SOCKET, SO_REUSEADDR) || !set(descriptor, IPPROTO_TCP, TCP_NODELAY))
		return false;
	if (address->any.sa_family == AF_INET6 && !set(descriptor, IPPROTO_IPV6, IPV6_V6ONLY))
		return false;
	return bind(descriptor, &address->any, len) == 0 && listen(descriptor, BACKLOG) == 0;
}

static const char *
cure_of(int problem, bool path)
{
	if (path && problem != EADDRINUSE)
		return "";
	switch (problem) {
	case EADDRINUSE: return _("; another program listens there: stop it, or choose another port");
	case EADDRNOTAVAIL: return _("; no interface of this machine has that address");
	case EACCES: return _("; ports below 1024 are for root");
	default: return "";
	}
}

int
listen_open(const char *text, char name[LISTEN_NAME_SIZE], char error[LISTEN_ERROR_SIZE])
{
	union endpoint_address address = { 0 };
	socklen_t len = sizeof address;
	if (!listen_is_path(text) && listen_check(text, error) < 0)
		return -1;
	parse(text, &address);
	int descriptor = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (descriptor >= 0 && prepare(descriptor, &address) && getsockname(descriptor, &address.any, &len) == 0) {
		print_address(&address, name);
		return descriptor;
	}
	/* TRANSLATORS: an address, the system's error, and one of the texts that begin with a semicolon. */
	snprintf(error, LISTEN_ERROR_SIZE, _("cannot listen on %s: %s%s"), text, strerror(errno),
	    cure_of(errno, listen_is_path(text)));
	if (descriptor >= 0)
		close(descriptor);
	return -1;
}

static bool
is_listening(int descriptor)
{
	int listening = 0;
	socklen_t len = sizeof listening;
	return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) == 0 && listening != 0;
}

/* Is it a socket of TCP, which is given its options, or a Unix domain socket? */
static bool
is_stream(int descriptor)
{
	int family = AF_UNSPEC;
	socklen_t len = sizeof family;
	if (getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &family, &len) == 0 && family == AF_UNIX)
		return true;
	return set(descriptor, IPPROTO_TCP, TCP_NODELAY);
}

int
listen_adopt(int descriptor, char name[LISTEN_NAME_SIZE], char error[LISTEN_ERROR_SIZE])
{
	union endpoint_address address = { 0 };
	socklen_t len = sizeof address;
	if (!is_listening(descriptor) || !is_stream(descriptor) || fcntl(descriptor, F_SETFD, FD_CLOEXEC) < 0 ||
	    getsockname(descriptor, &address.any, &len) < 0) {
		snprintf(error, LISTEN_ERROR_SIZE, _("descriptor %d, which was passed, is not a listening TCP socket"),
		    descriptor);
		return -1;
	}
	print_address(&address, name);
	return descriptor;
}

static bool
is_equal(const union endpoint_address *a, const union endpoint_address *b)
{
	if (a->any.sa_family != b->any.sa_family)
		return false;
	if (a->any.sa_family == AF_UNIX)
		return strcmp(a->local.sun_path, b->local.sun_path) == 0;
	if (a->any.sa_family == AF_INET6)
		return a->v6.sin6_port == b->v6.sin6_port && IN6_ARE_ADDR_EQUAL(&a->v6.sin6_addr, &b->v6.sin6_addr);
	return a->v4.sin_port == b->v4.sin_port && a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
}

bool
listen_is_same(const char *text, const char *other)
{
	union endpoint_address one, two;
	return parse(text, &one) && parse(other, &two) && is_equal(&one, &two);
}
