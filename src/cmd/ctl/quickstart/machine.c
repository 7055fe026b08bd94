/* What ftgatectl quickstart checks of the machine: ports, clock, space, user, addresses. */
#include <errno.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include "base/text/translate.h"
#include "cmd/ctl/quickstart/addresses.h"
#include "cmd/ctl/quickstart/quickstart.h"

enum { SPACE_MIN = 1024 }; /* MiB */

void
quickstart_note(struct quickstart *q, const char *subject, enum quickstart_state state, const char *format, ...)
{
	va_list arguments;
	if (q->check_count == QUICKSTART_CHECKS_MAX)
		return;
	struct quickstart_check *check = &q->checks[q->check_count++];
	snprintf(check->subject, sizeof check->subject, "%s", subject);
	check->state = state;
	va_start(arguments, format);
	vsnprintf(check->detail, sizeof check->detail, format, arguments);
	va_end(arguments);
}

/* Can a socket be bound to the port at each address of a family? Returns 0, or an errno. */
static int
try_port(int family, unsigned short port)
{
	const int on = 1;
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int error = 0, descriptor = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (descriptor < 0)
		return errno == EAFNOSUPPORT ? 0 : errno;
	setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (family == AF_INET6)
		setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
	const struct sockaddr *address = family == AF_INET ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6;
	if (bind(descriptor, address, family == AF_INET ? sizeof v4 : sizeof v6) < 0 && errno != EADDRNOTAVAIL)
		error = errno;
	close(descriptor);
	return error;
}

/* Does a server of the data folder listen at the port? */
static bool
is_served(const struct quickstart *q, unsigned short port, const char *server)
{
	static char answer[CTL_ANSWER_MAX];
	struct request request = *q->request;
	char end[16];
	request.data = q->data;
	snprintf(end, sizeof end, ":%u ", (unsigned)port);
	if (ctl_try_ask(&request, server, "status\n", answer) < 0)
		return false;
	for (const char *line = answer; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *found = strncmp(line, "listener ", 9) == 0 ? strstr(line, end) : NULL;
		if (found != NULL && found < line + strcspn(line, "\n"))
			return true;
	}
	return false;
}

/* The name of the server of the data folder that has the port; NULL: none has. */
static const char *
find_server(const struct quickstart *q, unsigned short port)
{
	if (is_served(q, port, "smtpd"))
		return "ftgate-smtpd";
	return is_served(q, port, "pop3d") ? "ftgate-pop3d" : NULL;
}

static void
check_port(struct quickstart *q, unsigned short port)
{
	char subject[QUICKSTART_NAME_SIZE];
	const char *server;
	int error = try_port(AF_INET, port);
	if (error == 0)
		error = try_port(AF_INET6, port);
	snprintf(subject, sizeof subject, "port %u", (unsigned)port);
	if (error == 0)
		quickstart_note(q, subject, QUICKSTART_OK, _("port %u is free"), (unsigned)port);
	else if (error == EADDRINUSE && (server = find_server(q, port)) != NULL)
		/* TRANSLATORS: the number of a port, and the name of a program. */
		quickstart_note(q, subject, QUICKSTART_OK, _("port %u is served by %s"), (unsigned)port, server);
	else if (error == EADDRINUSE)
		quickstart_note(q, subject, QUICKSTART_WARNING,
		    _("port %u is taken by another program: stop it, or choose another port; to see it: ss -ltnp"),
		    (unsigned)port);
	else
		quickstart_note(
		    q, subject, QUICKSTART_UNKNOWN, _("port %u cannot be tried: %s"), (unsigned)port, strerror(error));
}

/* TLS, the queue and the dates of mail depend on it. */
static void
check_clock(struct quickstart *q)
{
	struct timex state = { .modes = 0 };
	int result = adjtimex(&state);
	if (result < 0)
		quickstart_note(q, "clock", QUICKSTART_UNKNOWN, _("the clock cannot be read: %s"), strerror(errno));
	else if (result == TIME_ERROR || (state.status & STA_UNSYNC) != 0)
		quickstart_note(q, "clock", QUICKSTART_WARNING,
		    _("the clock is not synchronised: install chrony or systemd-timesyncd"));
	else
		quickstart_note(q, "clock", QUICKSTART_OK, _("the clock is synchronised"));
}

/* The space where the data folder is, or will be. */
static void
check_space(struct quickstart *q)
{
	char path[PATH_MAX];
	struct statvfs status;
	int result;
	snprintf(path, sizeof path, "%s", q->data);
	while ((result = statvfs(path, &status)) < 0 && errno == ENOENT) {
		char *slash = strrchr(path, '/');
		if (slash == NULL)
			snprintf(path, sizeof path, ".");
		else
			slash[slash == path] = '\0';
	}
	if (result < 0) {
		quickstart_note(q, "disk", QUICKSTART_UNKNOWN, "%s: %s", path, strerror(errno));
		return;
	}
	unsigned long long free = (unsigned long long)status.f_bavail * status.f_frsize >> 20;
	if (free < SPACE_MIN)
		quickstart_note(q, "disk", QUICKSTART_WARNING,
		    _("%s has %llu MiB free; mail is deferred when the disk is full"), q->data, free);
	else
		quickstart_note(q, "disk", QUICKSTART_OK, _("%s has %llu MiB free"), q->data, free);
}

static void
check_user(struct quickstart *q)
{
	if (geteuid() != 0)
		quickstart_note(q, "user", QUICKSTART_WARNING,
		    _("this is not root: the servers can use ports below 1024 only if root or systemd starts them"));
	else if (getpwnam(q->user) != NULL)
		quickstart_note(q, "user", QUICKSTART_OK, _("the servers run as the user %s"), q->user);
	else
		quickstart_note(q, "user", QUICKSTART_WARNING,
		    _("there is no user %s; first run: useradd --system --home-dir %s --shell /usr/sbin/nologin %s"),
		    q->user, q->data, q->user);
}

void
quickstart_check_machine(struct quickstart *q)
{
	static const unsigned short ports[] = { 25, 587, 110, 995 };
	for (size_t i = 0; i < sizeof ports / sizeof *ports; i++)
		check_port(q, ports[i]);
	check_clock(q);
	check_space(q);
	check_user(q);
	if (q->has_cert)
		quickstart_note(q, "certificate", QUICKSTART_OK, _("the certificate is %s"), q->cert);
	else
		quickstart_note(q, "certificate", QUICKSTART_WARNING,
		    _("there is no certificate %s with the key %s: until then there is no TLS, and nobody can log in"),
		    q->cert, q->key);
}

void
quickstart_find_addresses(struct quickstart *q)
{
	if (q->address_count == 0)
		q->address_count = addresses_find(q->addresses, QUICKSTART_ADDRESSES_MAX);
}
