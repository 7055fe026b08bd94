/* Makes connections to PostgreSQL, with a limit of time for all hosts of the setting. */
#include "directory/postgres/connect.h"

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/text/translate.h"

enum {
	HOSTS_MAX = 16,
	PART_SIZE = 512,
	LEAST = 1000,
	RESERVE = 1000,
	MILLISECONDS = 1000,
	EACH_MAX = 60 /* seconds */
};

/* What a connection to one host needs; NULL: as in the URL. */
struct host {
	const char *name, *address, *port, *session;
};

/* The parameters as libpq reads them from the URL, the service file and the environment. */
struct hosts {
	char names[PART_SIZE], addresses[PART_SIZE], ports[PART_SIZE], session[32];
	int64_t each; /* milliseconds for one; 0: the URL does not say */
	int count;    /* 1: libpq tries the only host, or hosts that cannot be told apart */
	int passes;   /* how often all are tried */
};

static int64_t
now(void)
{
	return (int64_t)(uv_hrtime() / 1000000);
}

/* Keywords before the URL are defaults for it; keywords after it override it. */
static PGconn *
start(const struct libpq *libpq, const struct connect_settings *settings, const struct host *host)
{
	const char *const keywords[] = { "keepalives_idle", "target_session_attrs", "dbname", "client_encoding",
		"fallback_application_name", "host", "hostaddr", "port", "target_session_attrs", NULL };
	const char *const values[] = { "30", settings->session, settings->database, "UTF8", settings->program,
		host->name, host->address, host->port, host->session, NULL };
	PGconn *connection = libpq->PQconnectStartParams(keywords, values, 1);
	if (connection == NULL)
		return NULL;
	(void)libpq->PQsetErrorVerbosity(connection, PQERRORS_VERBOSE);
	(void)libpq->PQsetNoticeReceiver(connection, libpq_ignore_notice, NULL);
	return connection;
}

static int
count_parts(const char *list)
{
	int count = 1;
	for (; *list != '\0'; list++)
		count += *list == ',';
	return count;
}

/* Cuts a part of a list out, by its number from 0. Returns NULL if it is empty. */
static const char *
cut_part(char part[PART_SIZE], const char *list, int number)
{
	for (; number > 0; number--)
		list = strchr(list, ',') + 1;
	snprintf(part, PART_SIZE, "%.*s", (int)strcspn(list, ","), list);
	return *part == '\0' ? NULL : part;
}

/* Returns seconds in milliseconds, EACH_MAX at most: a thread of the executor waits so long. 0: no limit of its own. */
static int64_t
read_seconds(const char *value)
{
	long seconds = strtol(value, NULL, 10);
	if (seconds <= 0)
		return 0;
	return MILLISECONDS * (int64_t)(seconds < EACH_MAX ? seconds : EACH_MAX);
}

static void
keep_option(struct hosts *hosts, const PQconninfoOption *option)
{
	const char *value = option->val == NULL ? "" : option->val;
	char *to = strcmp(option->keyword, "host") == 0 ? hosts->names
	    : strcmp(option->keyword, "hostaddr") == 0  ? hosts->addresses
	    : strcmp(option->keyword, "port") == 0      ? hosts->ports
	                                                : NULL;
	if (to != NULL)
		snprintf(to, PART_SIZE, "%s", value);
	if (strcmp(option->keyword, "target_session_attrs") == 0)
		snprintf(hosts->session, sizeof hosts->session, "%s", value);
	if (strcmp(option->keyword, "connect_timeout") == 0)
		hosts->each = read_seconds(value);
}

/* Can each host be named alone? A host without a name has its own default, and cannot. */
static bool
can_part(const struct hosts *hosts)
{
	char part[PART_SIZE];
	const char *list = hosts->names[0] != '\0' ? hosts->names : hosts->addresses;
	int count = count_parts(list), ports = count_parts(hosts->ports);
	bool fits = count <= HOSTS_MAX && strlen(list) + 1 < PART_SIZE && (ports == 1 || ports == count) &&
	    (hosts->addresses[0] == '\0' || count_parts(hosts->addresses) == count);
	for (int i = 0; fits && i < count; i++)
		fits = cut_part(part, list, i) != NULL;
	return fits;
}

static void
read_hosts(struct hosts *hosts, const struct libpq *libpq, PGconn *connection)
{
	PQconninfoOption *options = libpq->PQconninfo(connection);
	*hosts = (struct hosts) { .count = 1, .passes = 1 };
	for (const PQconninfoOption *option = options; option != NULL && option->keyword != NULL; option++)
		keep_option(hosts, option);
	libpq->PQconninfoFree(options);
	if (can_part(hosts))
		hosts->count = count_parts(hosts->names[0] != '\0' ? hosts->names : hosts->addresses);
}

/* Waits until a connection is made, or fails. Returns false with a reason. */
static bool
finish(const struct libpq *libpq, PGconn *connection, int64_t limit, char why[CONNECT_WHY_SIZE])
{
	int64_t until = now() + limit;
	PostgresPollingStatusType status = PGRES_POLLING_WRITING;
	if (connection == NULL || libpq->PQstatus(connection) == CONNECTION_BAD)
		status = PGRES_POLLING_FAILED;
	while (status == PGRES_POLLING_READING || status == PGRES_POLLING_WRITING) {
		int64_t left = until - now();
		struct pollfd socket = { .fd = libpq->PQsocket(connection),
			.events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT };
		if (left <= 0) {
			snprintf(why, CONNECT_WHY_SIZE, "no connection to %.200s within %lld ms",
			    libpq->PQhost(connection), (long long)limit);
			return false;
		}
		if (poll(&socket, 1, (int)left) > 0)
			status = libpq->PQconnectPoll(connection);
	}
	if (status == PGRES_POLLING_OK)
		return true;
	libpq_first_line(
	    why, CONNECT_WHY_SIZE, connection == NULL ? "memory is out" : libpq->PQerrorMessage(connection));
	return false;
}

/* Is it an error of this SQLSTATE? libpq writes it as "FATAL:  53300: "; messages are translated. */
static bool
has_state(const char *why, const char *state)
{
	char pattern[16];
	snprintf(pattern, sizeof pattern, ":  %s: ", state);
	return strstr(why, pattern) != NULL;
}

/* What cures a failure; NULL: it is not known. */
static const char *
find_cure(const struct libpq *libpq, const PGconn *connection, const char *why)
{
	static const struct {
		const char *state, *word, *cure;
	} cures[] = {
		{ "53300", "", N_("raise its max_connections, or use a pooler") },
		{ "28P01", "", N_("check the file that passfile names") },
		{ "28000", "", N_("see its pg_hba.conf") },
		{ "3D000", "", N_("create the database") },
		{ "08P01", "startup parameter", N_("take it out of the URL, or name it in ignore_startup_parameters") },
	};
	if (connection != NULL && libpq->PQconnectionNeedsPassword(connection) == 1)
		return N_(
		    "the file that passfile names must belong to the server's user and have mode 600, with an entry"
		    " for this host and port");
	for (size_t i = 0; i < sizeof cures / sizeof *cures; i++)
		if (has_state(why, cures[i].state) && strstr(why, cures[i].word) != NULL)
			return cures[i].cure;
	return NULL;
}

static void
tell_cure(const struct connect_settings *settings, const char *cure, char why[CONNECT_WHY_SIZE])
{
	size_t len = strlen(why);
	if (settings->cure != NULL)
		*settings->cure = cure != NULL ? _(cure) : NULL;
	else if (cure != NULL)
		snprintf(why + len, CONNECT_WHY_SIZE - len, "; %s", cure);
}

/* Replaces a connection. Returns true if the new one can be used. */
static bool
try_host(const struct libpq *libpq, const struct connect_settings *settings, const struct host *host, int64_t limit,
    PGconn **connection, char why[CONNECT_WHY_SIZE])
{
	libpq->PQfinish(*connection);
	*connection = start(libpq, settings, host);
	return finish(libpq, *connection, limit, why);
}

/* Tries each host. session: what it must be; NULL: what the URL says. */
static bool
try_hosts(const struct libpq *libpq, const struct connect_settings *settings, const struct hosts *hosts,
    const char *session, PGconn **connection, char why[CONNECT_WHY_SIZE])
{
	char name[PART_SIZE], address[PART_SIZE], port[PART_SIZE];
	int64_t each = (settings->limit - RESERVE) / (hosts->count * hosts->passes);
	if (each < LEAST)
		each = LEAST;
	if (hosts->each > 0)
		each = hosts->each;
	for (int i = 0; i < hosts->count; i++) {
		struct host host = { .session = session };
		if (hosts->names[0] != '\0')
			host.name = cut_part(name, hosts->names, i);
		if (hosts->addresses[0] != '\0')
			host.address = cut_part(address, hosts->addresses, i);
		if (count_parts(hosts->ports) > 1 && (host.port = cut_part(port, hosts->ports, i)) == NULL)
			host.port = "5432";
		if (try_host(libpq, settings, &host, each, connection, why))
			return true;
	}
	return false;
}

PGconn *
postgres_connect(const struct libpq *libpq, const struct connect_settings *settings, char why[CONNECT_WHY_SIZE])
{
	struct hosts hosts;
	PGconn *connection = start(libpq, settings, &(struct host) { .name = NULL });
	read_hosts(&hosts, libpq, connection);
	bool made, standby = strcmp(hosts.session, "prefer-standby") == 0;
	hosts.passes += settings->writes || standby;
	if (hosts.count == 1)
		made = finish(libpq, connection, hosts.each > 0 ? hosts.each : settings->limit, why);
	else if (settings->writes)
		made = try_hosts(libpq, settings, &hosts, "read-write", &connection, why) ||
		    try_hosts(libpq, settings, &hosts, "any", &connection, why);
	else if (standby)
		made = try_hosts(libpq, settings, &hosts, "standby", &connection, why) ||
		    try_hosts(libpq, settings, &hosts, "any", &connection, why);
	else
		made = try_hosts(libpq, settings, &hosts, NULL, &connection, why);
	if (made)
		(void)libpq->PQsetErrorVerbosity(connection, PQERRORS_DEFAULT);
	else
		tell_cure(settings, find_cure(libpq, connection, why), why);
	return connection;
}
