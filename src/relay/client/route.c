/* The next hop of mail for a domain: by a route of its own, to the smarthost, or to the MX of the domain. */
#include "relay/client/route.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/address/address.h"
#include "base/address/idna.h"
#include "base/system/file.h"
#include "base/text/ascii.h"
#include "base/text/translate.h"
#include "port/store_name.h"
#include "relay/client/socketmap.h"

enum { LINE_MAX_ = 1024, SECRET_MAX = 500 };

static int __attribute__((format(printf, 2, 3))) fail(char error[ROUTE_ERROR_SIZE], const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(error, ROUTE_ERROR_SIZE, format, arguments);
	va_end(arguments);
	return -1;
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

/* Gives the name of a host its A-label form, which the DNS and certificates have. */
static bool
fold_host(struct route *route)
{
	char name[DNS_NAME_SIZE];
	if (!idna_to_ascii(name, route->host))
		return false;
	free(route->host);
	route->host = strdup(name);
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
	return network_parse_address(&address, route->host) || (!brackets && fold_host(route));
}

bool
route_parse(struct route *route, const char *text)
{
	bool lmtp = strncmp(text, "lmtp:", 5) == 0;
	*route = (struct route) {
		.port = lmtp ? ROUTE_LMTP_PORT : ROUTE_PORT,
		.manner = { .protocol = lmtp ? TRANSPORT_LMTP : TRANSPORT_SMTP,
		    .tls = lmtp ? TRANSPORT_TLS_NONE : TRANSPORT_TLS_STARTTLS },
	};
	route->mx = strcmp(text, "mx") == 0;
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

/* A line of a file without its end; NULL at the end of the file, or if it is too long. */
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
	const char *why;
	FILE *file = file_open(path, &why);
	if (file == NULL)
		return fail(error, _("%.200s: %s; name a file that the server can read"), path, why);
	setvbuf(file, NULL, _IONBF, 0); /* no copy of the password is left in a buffer */
	bool open = fstat(fileno(file), &status) == 0 && (status.st_mode & S_IRWXO) != 0;
	bool read = !open && read_secrets(route, file);
	fclose(file);
	if (open)
		return fail(error, _("%.200s: others may read it: chmod o= %.60s"), path, path);
	if (!read)
		return fail(
		    error, _("%.200s: it should hold the user in its first line and the password in its second"), path);
	if (route->manner.tls == TRANSPORT_TLS_STARTTLS && !route->manner.dane_only)
		return fail(error,
		    _("%.200s: a password is not sent where TLS may be missing: set tls to required or implicit, or none"),
		    path);
	return 0;
}

static enum transport_tls
tls_of(enum relay_tls tls)
{
	static const enum transport_tls meant[] = { [RELAY_TLS_STARTTLS] = TRANSPORT_TLS_STARTTLS,
		[RELAY_TLS_NONE] = TRANSPORT_TLS_NONE,
		[RELAY_TLS_REQUIRED] = TRANSPORT_TLS_REQUIRED,
		[RELAY_TLS_IMPLICIT] = TRANSPORT_TLS_IMPLICIT,
		[RELAY_TLS_DANE_ONLY] = TRANSPORT_TLS_STARTTLS };
	return meant[tls];
}

/* The file is read when the first connection needs it; a name that is wrong must not wait until then. */
static int
check_authorities(const char *path, char error[ROUTE_ERROR_SIZE])
{
	const char *why;
	FILE *file = file_open(path, &why);
	if (file == NULL)
		return fail(
		    error, _("%.200s: %s; name a PEM file of certificates that the server can read"), path, why);
	fclose(file);
	return 0;
}

static int
check_names(const struct route *route, char error[ROUTE_ERROR_SIZE])
{
	const struct transport_manner *manner = &route->manner;
	if (manner->tls < TRANSPORT_TLS_REQUIRED || manner->unverified)
		return fail(error, _("names are verified only with tls: required or implicit, and verify: yes"));
	if (!tls_policy_names_valid(manner->names))
		return fail(error,
		    _("'%.200s' is not a list of names with spaces between, such as mx.example.org .example.net"),
		    manner->names);
	return 0;
}

/*
 * Opens the smarthost or the route of a domain; place is the name of the setting with its address. Returns the name of
 * the setting that is wrong, with a text in error; NULL: none is.
 */
static const char *
open_route(struct route *route, const struct route_settings *from, const char *place, char error[ROUTE_ERROR_SIZE])
{
	if (!route_parse(route, from->place)) {
		fail(error, _("'%.80s' is neither HOST:PORT nor lmtp:PLACE"), from->place);
		return place;
	}
	if (route->manner.protocol == TRANSPORT_SMTP)
		route->manner.tls = tls_of((enum relay_tls)from->tls);
	route->manner.dane_only = route->manner.protocol == TRANSPORT_SMTP && from->tls == RELAY_TLS_DANE_ONLY;
	route->manner.unverified = !from->verify;
	route->manner.authorities = from->authorities;
	route->manner.names = from->names;
	if (from->names != NULL && check_names(route, error) < 0)
		return "tls-names";
	if (from->authorities != NULL && check_authorities(from->authorities, error) < 0)
		return "tls-ca";
	bool read = from->credentials == NULL || read_credentials(route, from->credentials, error) == 0;
	return read ? NULL : "credentials";
}

/* Routes that are being opened. */
struct opening {
	struct routes *routes;
	const struct config *config;
	config_report *report;
	void *context;
	bool faulty;
};

static void __attribute__((format(printf, 5, 6)))
report_fault(struct opening *opening, const char *section, size_t item, const char *setting, const char *format, ...)
{
	char text[ROUTE_ERROR_SIZE];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	opening->report(opening->context, opening->config->path,
	    config_line(opening->config, section, (unsigned)item, setting), text);
	opening->faulty = true;
}

static void
check_policies(struct opening *opening)
{
	struct socketmap_place place;
	const char *text = opening->config->relay.tls_policy;
	if (text != NULL && !socketmap_parse(&place, text))
		report_fault(opening, "relay", 0, "tls-policy",
		    _("tls-policy: '%.120s' should be socketmap:inet:ADDRESS:PORT:NAME or socketmap:unix:PATH:NAME"),
		    text);
}

static void
check_srs(struct opening *opening)
{
	char name[ADDRESS_DOMAIN_MAX + 1];
	const char *text = opening->config->relay.srs_domain;
	if (text != NULL && !address_parse_domain(name, text, strlen(text)))
		report_fault(opening, "relay", 0, "srs-domain", _("srs-domain: '%.80s' is not a domain"), text);
}

static void
open_smarthost(struct opening *opening)
{
	char why[ROUTE_ERROR_SIZE];
	const struct relay_settings *from = &opening->config->relay;
	const struct route_settings settings = {
		.place = from->smarthost,
		.tls = from->tls,
		.verify = from->verify,
		.authorities = from->authorities,
		.names = from->names,
		.credentials = from->credentials,
	};
	if (from->smarthost == NULL)
		return;
	const char *wrong = open_route(&opening->routes->smarthost, &settings, "smarthost", why);
	if (wrong != NULL)
		report_fault(opening, "relay", 0, wrong, "%s: %.280s", wrong, why);
	else if (opening->routes->smarthost.mx)
		report_fault(opening, "relay", 0, "smarthost",
		    _("smarthost: 'mx' is not a server: leave the setting out to send mail to the MX of each domain"));
}

/* A sender waits while its mail is handed over. It must not wait for the DNS, too. */
static void
open_mailboxes(struct opening *opening)
{
	char text[STORE_NAME_SIZE];
	struct channel_address address;
	struct route *route = &opening->routes->mailboxes;
	const char *place = opening->config->delivery.lmtp;
	if (place == NULL)
		return;
	bool fits = snprintf(text, sizeof text, "lmtp:%s", place) < (int)sizeof text;
	if (!fits || store_name_parse(text, &address) != STORE_LMTP || !route_parse(route, text))
		report_fault(opening, "delivery", 0, "lmtp",
		    _("delivery: lmtp: '%.80s' should be ADDRESS:PORT or the path of a socket"), place);
}

/* The domain of a route as addresses have it: an address literal in lower case, or an A-label form. */
static bool
fold_domain(char name[ADDRESS_DOMAIN_MAX + 1], const char *text)
{
	size_t len = strlen(text);
	if (text[0] != '[' || !address_domain_valid(text, len, false))
		return address_parse_domain(name, text, len);
	for (size_t i = 0; i <= len; i++)
		name[i] = ascii_lower(text[i]);
	return true;
}

/* Returns false if memory is out. */
static bool
open_domain(struct opening *opening, size_t item)
{
	char why[ROUTE_ERROR_SIZE];
	const struct route_settings *from = &opening->config->routes[item];
	struct route *route = &opening->routes->list[item];
	char domain[ADDRESS_DOMAIN_MAX + 1] = "";
	if (!fold_domain(domain, from->domain))
		report_fault(opening, "routes", item, "domain", _("routes: '%.80s' is not a domain"), from->domain);
	const char *wrong = open_route(route, from, "to", why);
	if (wrong != NULL)
		report_fault(opening, "routes", item, wrong, "routes: %.80s: %s: %.200s", from->domain, wrong, why);
	route->domain = strdup(domain[0] != '\0' ? domain : from->domain);
	return route->domain != NULL;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(((const struct route *)a)->domain, ((const struct route *)b)->domain);
}

/* The last route in the file for a domain, of which there are several. */
static size_t
find_last(const struct config *config, const char *domain)
{
	size_t last = config->routes_count;
	char name[ADDRESS_DOMAIN_MAX + 1];
	while (last-- > 0)
		if (fold_domain(name, config->routes[last].domain) && strcmp(name, domain) == 0)
			break;
	return last;
}

/* Returns false if memory is out. */
static bool
open_domains(struct opening *opening)
{
	struct routes *routes = opening->routes;
	routes->list = calloc(opening->config->routes_count + 1U, sizeof *routes->list);
	if (routes->list == NULL)
		return false;
	routes->count = opening->config->routes_count;
	for (size_t i = 0; i < routes->count; i++)
		if (!open_domain(opening, i))
			return false;
	qsort(routes->list, routes->count, sizeof *routes->list, compare);
	for (size_t i = 1; i < routes->count; i++)
		if (compare(&routes->list[i - 1], &routes->list[i]) == 0)
			report_fault(opening, "routes", find_last(opening->config, routes->list[i].domain), "domain",
			    _("routes: there are two for %.100s: leave one out"), routes->list[i].domain);
	return true;
}

static bool
demands_dane(const char *place, unsigned tls)
{
	return place != NULL && tls == RELAY_TLS_DANE_ONLY && strncmp(place, "lmtp:", 5) != 0;
}

size_t
routes_without_dane(const struct config *config, config_report *report, void *context)
{
	static const char *const words[] = {
		[RELAY_DANE_AUTO] = "auto", [RELAY_DANE_YES] = "yes", [RELAY_DANE_NO] = "no"
	};
	struct opening opening = { .config = config, .report = report, .context = context };
	char why[ROUTE_ERROR_SIZE];
	size_t count = 0;
	/* TRANSLATORS: dane-only, dane, relay, yes, tls and required are words of the configuration. */
	snprintf(why, sizeof why,
	    _("dane-only sends nothing with dane: %s in relay: set that to yes if the name servers validate by DNSSEC, or tls "
	      "to required"),
	    words[config->relay.dane]);
	if (demands_dane(config->relay.smarthost, config->relay.tls)) {
		report_fault(&opening, "relay", 0, "tls", "tls: %s", why);
		count++;
	}
	for (unsigned i = 0; i < config->routes_count; i++) {
		const struct route_settings *route = &config->routes[i];
		if (!demands_dane(route->place, route->tls))
			continue;
		report_fault(&opening, "routes", i, "tls", "routes: %.80s: tls: %s", route->domain, why);
		count++;
	}
	return count;
}

static bool
has_route(const struct router *router, const char *domain)
{
	const struct routes *routes = (const struct routes *)router;
	return routes->mx || route_find(routes, domain) != NULL;
}

int
routes_open(struct routes *routes, const struct config *config, config_report *report, void *context)
{
	struct opening opening = { .routes = routes, .config = config, .report = report, .context = context };
	*routes = (struct routes) { .router = { has_route }, .mx = config->relay.mx };
	check_policies(&opening);
	check_srs(&opening);
	open_smarthost(&opening);
	open_mailboxes(&opening);
	if (config->relay.dane == RELAY_DANE_NO && routes_without_dane(config, report, context) > 0)
		opening.faulty = true;
	if (!open_domains(&opening))
		report_fault(&opening, "routes", 0, "", _("memory is out"));
	return opening.faulty ? -1 : 0;
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
