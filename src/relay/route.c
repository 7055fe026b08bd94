/* Where mail for a domain goes next: by a route of its own, to the smarthost, or to the MX of the domain. */
#include "relay/route.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/address.h"
#include "base/ascii.h"

enum { LINE_MAX_ = 1024, SECRET_MAX = 500 };

static int __attribute__((format(printf, 2, 3))) fail(char error[ROUTE_ERROR_SIZE], const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(error, ROUTE_ERROR_SIZE, format, arguments);
	va_end(arguments);
	return -1;
}

/* The C library's text for a code of its own, as part of a sentence. */
static int
fail_errno(char error[ROUTE_ERROR_SIZE], const char *file)
{
	return fail(error, "%.200s: %s", file, strerror(errno));
}

static char *
lower_copy(const char *text, size_t len)
{
	char *copy = strndup(text, len);
	for (char *c = copy; c != NULL && *c != '\0'; c++)
		*c = ascii_lower(*c);
	return copy;
}

static bool
read_port(unsigned *port, const char *text)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);
	*port = (unsigned)number;
	return ascii_is_digit(*text) && *end == '\0' && number >= 1 && number <= 65535;
}

static bool
read_path(struct route *route, const char *text)
{
	route->host = strlen(text) < CHANNEL_HOST_SIZE ? strdup(text) : NULL;
	return route->host != NULL;
}

/* "[2001:db8::1]:25" and "host:25", with or without a port. */
static bool
read_host(struct route *route, const char *text)
{
	struct network address;
	bool brackets = text[0] == '[';
	const char *begin = text + brackets, *end = brackets ? strchr(begin, ']') : strchrnul(begin, ':');
	if (end == NULL || (end[brackets] != '\0' && end[brackets] != ':'))
		return false;
	if (end[brackets] == ':' && !read_port(&route->port, end + brackets + 1))
		return false;
	route->host = lower_copy(begin, (size_t)(end - begin));
	if (route->host == NULL)
		return false;
	return network_parse_address(&address, route->host) ||
	    (!brackets && dns_name_is_valid(route->host, strlen(route->host)));
}

bool
route_read_place(struct route *route, const char *text)
{
	bool lmtp = strncmp(text, "lmtp:", 5) == 0;
	*route = (struct route) {
		.port = lmtp ? ROUTE_LMTP_PORT : ROUTE_PORT,
		.manner = { .protocol = lmtp ? TRANSPORT_LMTP : TRANSPORT_SMTP,
		    .tls = lmtp ? TRANSPORT_TLS_NONE : TRANSPORT_TLS_STARTTLS },
	};
	text += lmtp ? 5 : 0;
	return lmtp && text[0] == '/' ? read_path(route, text) : read_host(route, text);
}

void
route_clear(struct route *route)
{
	free(route->domain);
	free(route->host);
	free((char *)route->manner.user);
	if (route->manner.password != NULL)
		explicit_bzero((char *)route->manner.password, strlen(route->manner.password));
	free((char *)route->manner.password);
	*route = (struct route) { 0 };
}

/* A line of a file without its end; NULL at the end of the file, or where it is too long. */
static char *
next_line(FILE *file, char line[LINE_MAX_])
{
	if (fgets(line, LINE_MAX_, file) == NULL || (strchr(line, '\n') == NULL && !feof(file)))
		return NULL;
	line[strcspn(line, "\r\n")] = '\0';
	return line;
}

static bool
read_secrets(struct route *route, FILE *file)
{
	char line[LINE_MAX_];
	if (next_line(file, line) != NULL && line[0] != '\0' && strlen(line) < SECRET_MAX)
		route->manner.user = strdup(line);
	if (route->manner.user != NULL && next_line(file, line) != NULL && line[0] != '\0' && strlen(line) < SECRET_MAX)
		route->manner.password = strdup(line);
	explicit_bzero(line, sizeof line);
	return route->manner.password != NULL;
}

static int
read_credentials(struct route *route, const char *path, char error[ROUTE_ERROR_SIZE])
{
	struct stat status;
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return fail_errno(error, path);
	bool open = fstat(fileno(file), &status) == 0 && (status.st_mode & S_IRWXO) != 0;
	bool read = !open && read_secrets(route, file);
	fclose(file);
	if (open)
		return fail(error, "%.200s: others may read it: chmod o= %.60s", path, path);
	if (!read)
		return fail(
		    error, "%.200s: it should hold the user in its first line and the password in its second", path);
	if (route->manner.tls == TRANSPORT_TLS_STARTTLS)
		return fail(error,
		    "%.200s: a password is not sent where TLS may be missing: set tls to required or implicit, or none",
		    path);
	return 0;
}

static enum transport_tls
tls_of(enum relay_tls tls)
{
	static const enum transport_tls meant[] = { [RELAY_TLS_STARTTLS] = TRANSPORT_TLS_STARTTLS,
		[RELAY_TLS_NONE] = TRANSPORT_TLS_NONE,
		[RELAY_TLS_REQUIRED] = TRANSPORT_TLS_REQUIRED,
		[RELAY_TLS_IMPLICIT] = TRANSPORT_TLS_IMPLICIT };
	return meant[tls];
}

/* What the smarthost and the routes of domains are told by: settings of the same names. */
static int
open_route(struct route *route, const struct route_settings *from, char error[ROUTE_ERROR_SIZE])
{
	if (!route_read_place(route, from->place))
		return fail(error, "'%.80s' is no HOST:PORT and no lmtp:PLACE", from->place);
	if (route->manner.protocol == TRANSPORT_SMTP)
		route->manner.tls = tls_of((enum relay_tls)from->tls);
	route->manner.unverified = !from->verify;
	route->manner.authorities = from->authorities;
	return from->credentials == NULL ? 0 : read_credentials(route, from->credentials, error);
}

static int
open_smarthost(struct route *route, const struct relay_settings *from, char error[ROUTE_ERROR_SIZE])
{
	char why[ROUTE_ERROR_SIZE];
	const struct route_settings settings = {
		.place = from->smarthost,
		.tls = from->tls,
		.verify = from->verify,
		.authorities = from->authorities,
		.credentials = from->credentials,
	};
	return open_route(route, &settings, why) < 0 ? fail(error, "smarthost: %.280s", why) : 0;
}

/* Mail is handed over while its sender waits, who is not kept waiting for the DNS, too. */
static int
open_mailboxes(struct route *route, const char *place, char error[ROUTE_ERROR_SIZE])
{
	char text[512];
	struct network address;
	snprintf(text, sizeof text, "lmtp:%s", place);
	if (route_read_place(route, text) && (route->host[0] == '/' || network_parse_address(&address, route->host)))
		return 0;
	return fail(error, "delivery: lmtp: '%.80s' should be ADDRESS:PORT or the path of a socket", place);
}

static int
open_domain(struct route *route, const struct route_settings *from, char error[ROUTE_ERROR_SIZE])
{
	char why[ROUTE_ERROR_SIZE];
	if (!address_domain_valid(from->domain, strlen(from->domain), true))
		return fail(error, "routes: '%.80s' is no domain", from->domain);
	if (open_route(route, from, why) < 0)
		return fail(error, "routes: %.80s: %.200s", from->domain, why);
	route->domain = lower_copy(from->domain, strlen(from->domain));
	return route->domain != NULL ? 0 : fail(error, "no memory");
}

static int
compare(const void *a, const void *b)
{
	return strcmp(((const struct route *)a)->domain, ((const struct route *)b)->domain);
}

static int
open_domains(struct routes *routes, const struct config *config, char error[ROUTE_ERROR_SIZE])
{
	routes->list = calloc(config->routes_count + 1U, sizeof *routes->list);
	if (routes->list == NULL)
		return fail(error, "no memory");
	routes->count = config->routes_count;
	for (size_t i = 0; i < routes->count; i++)
		if (open_domain(&routes->list[i], &config->routes[i], error) < 0)
			return -1;
	qsort(routes->list, routes->count, sizeof *routes->list, compare);
	for (size_t i = 1; i < routes->count; i++)
		if (compare(&routes->list[i - 1], &routes->list[i]) == 0)
			return fail(error, "routes: there are two for %.100s: take one out", routes->list[i].domain);
	return 0;
}

static bool
has_route(const struct router *router, const char *domain)
{
	const struct routes *routes = (const struct routes *)router;
	return routes->mx || route_find(routes, domain) != NULL;
}

int
routes_open(struct routes *routes, const struct config *config, char error[ROUTE_ERROR_SIZE])
{
	*routes = (struct routes) { .router = { has_route }, .mx = config->relay.mx };
	if (config->relay.smarthost != NULL && open_smarthost(&routes->smarthost, &config->relay, error) < 0)
		return -1;
	if (config->delivery.lmtp != NULL && open_mailboxes(&routes->mailboxes, config->delivery.lmtp, error) < 0)
		return -1;
	return open_domains(routes, config, error);
}

void
routes_close(struct routes *routes)
{
	for (size_t i = 0; i < routes->count; i++)
		route_clear(&routes->list[i]);
	free(routes->list);
	route_clear(&routes->smarthost);
	route_clear(&routes->mailboxes);
	*routes = (struct routes) { 0 };
}

const struct route *
route_find(const struct routes *routes, const char *domain)
{
	const struct route wanted = { .domain = (char *)domain };
	const struct route *found = routes->count == 0
	    ? NULL
	    : bsearch(&wanted, routes->list, routes->count, sizeof wanted, compare);
	if (found == NULL && routes->smarthost.host != NULL)
		return &routes->smarthost;
	return found;
}
