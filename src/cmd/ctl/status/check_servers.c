/* Looks for what is wrong with running servers, by their answers. */
#include <errno.h>
#include <ftgate/version.h>
#include <stdio.h>
#include <string.h>

#include "base/text/translate.h"
#include "cmd/ctl/status/status.h"

enum {
	DAY = 24 * 60 * 60,
	EXPIRES_SOON = 14 * DAY, /* as the rules for Prometheus have it */
	EXPIRES_NOW = 2 * DAY,
	QUEUE_OLD = 4 * 60 * 60,
	NEXT_HOPS_DOWN = 20,
};

static bool
has_value(const char *answer, const char *name, const char *value)
{
	int len;
	const char *found = ctl_value(answer, name, &len);
	return (size_t)len == strlen(value) && memcmp(found, value, (size_t)len) == 0;
}

static void
check_running(struct status_report *report, const struct server_state *server)
{
	if (server->running)
		return;
	if (server->error != ENOENT && server->error != ECONNREFUSED)
		/* TRANSLATORS: the name of a server, and a system error. */
		status_add(report, HEALTH_CRITICAL, _("look at the end of its log, and restart it"),
		    _("ftgate-%s does not answer: %s"), server->name, strerror(server->error));
	else if (server->expected)
		status_add(report, HEALTH_CRITICAL, _("look at the end of its log, and start it"),
		    _("ftgate-%s does not run"), server->name);
}

static void
check_version(struct status_report *report, const struct server_state *server)
{
	int len;
	const char *version = ctl_value(server->answer, "version", &len);
	bool other = !has_value(server->answer, "version", FTG_VERSION);
	if (other || ctl_number(server->answer, "program-replaced") > 0)
		/* TRANSLATORS: the name of a server, and two versions. */
		status_add(report, HEALTH_WARNING, _("restart it"),
		    _("ftgate-%s runs as the program of before, %.*s; %s is installed"), server->name,
		    len > 0 ? len : 1, len > 0 ? version : "?", FTG_VERSION);
}

static time_t
expiry_of(const struct server_state *server)
{
	int len;
	char text[32];
	struct tm tm = { 0 };
	const char *date = ctl_value(server->answer, "certificate-expires", &len);
	snprintf(text, sizeof text, "%.*s", len, date);
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return end != NULL && *end == '\0' ? timegm(&tm) : 0;
}

static void
check_certificate(struct status_report *report, const struct server_state *server)
{
	int len;
	time_t expiry = expiry_of(server), left = expiry - report->now;
	const char *error = ctl_value(server->answer, "certificate-error", &len);
	if (len > 0)
		status_add(report, HEALTH_WARNING, _("mend the files, and run ftgatectl reload"),
		    _("ftgate-%s could not load its TLS certificate: %.*s"), server->name, len, error);
	if (expiry == 0 || left >= EXPIRES_SOON)
		return;
	const char *cure = _("renew it, and run ftgatectl reload");
	if (left <= 0)
		status_add(
		    report, HEALTH_CRITICAL, cure, _("the TLS certificate of ftgate-%s has expired"), server->name);
	else
		status_add(report, left <= EXPIRES_NOW ? HEALTH_CRITICAL : HEALTH_WARNING, cure,
		    /* TRANSLATORS: the name of a server, and a number of hours. */
		    _("the TLS certificate of ftgate-%s expires in %ld h"), server->name, (long)(left / 3600));
}

static void
check_reload(struct status_report *report, const struct server_state *server)
{
	const char *cure = _("run ftgatectl reload, which prints each with its cure");
	if (ctl_number(server->answer, "workers-kept") > 0)
		status_add(report, HEALTH_WARNING, cure, _("ftgate-%s kept its texts of before at the last reload"),
		    server->name);
	else if (ctl_number(server->answer, "refused") > 0)
		/* TRANSLATORS: the name of a server, and a number of texts. */
		status_add(report, HEALTH_WARNING, cure, _("ftgate-%s refused texts at the last reload: %lu"),
		    server->name, ctl_number(server->answer, "refused"));
}

static void
check_peers(struct status_report *report, const struct server_state *server)
{
	int len;
	const char *peers = ctl_value(server->answer, "peers-down", &len);
	const char *cure = _("start it; it is asked again by itself");
	if (len > 0 && !has_value(server->answer, "peers-down", "none"))
		/* TRANSLATORS: the name of a server, and a list such as "filter rspamd, service spf". */
		status_add(report, HEALTH_CRITICAL, cure, _("ftgate-%s cannot ask: %.*s"), server->name, len, peers);
	if (ctl_number(server->answer, "mailboxes-down") > 0)
		status_add(report, HEALTH_CRITICAL, cure, _("the LMTP server of the mailboxes is down"));
	if (ctl_number(server->answer, "database-down") > 0)
		status_add(report, HEALTH_CRITICAL,
		    _("its log says why: event=peer-down kind=database, or event=directory-failed"),
		    _("ftgate-%s cannot ask: %.*s"), server->name, (int)strlen("database"), "database");
}

static void
check_queue(struct status_report *report, const struct server_state *server)
{
	const char *cure = _("ftgatectl queue list and queue show name the servers and their last replies");
	unsigned long age = ctl_number(server->answer, "queue-age"),
	              down = ctl_number(server->answer, "next-hops-down");
	if (age > QUEUE_OLD)
		status_add(
		    report, HEALTH_WARNING, cure, _("the oldest message of the queue waits for %lu h"), age / 3600);
	if (ctl_number(server->answer, "dnssec-missing") > 0)
		status_add(report, HEALTH_WARNING, _("name others in dns: servers:, or remove relay: dane: yes"),
		    _("the name servers do not validate by DNSSEC, so DANE does not work"));
	if (down > NEXT_HOPS_DOWN)
		status_add(report, HEALTH_WARNING, _("look at the network, the name servers and port 25"),
		    _("%lu servers that there is mail for cannot be reached"), down);
}

void
status_check_servers(struct status_report *report)
{
	bool any = false;
	for (size_t i = 0; i < STATUS_SERVERS; i++) {
		const struct server_state *server = &report->servers[i];
		check_running(report, server);
		any = any || server->running || server->expected;
		if (!server->running)
			continue;
		check_version(report, server);
		check_certificate(report, server);
		check_reload(report, server);
		check_peers(report, server);
		check_queue(report, server);
	}
	if (!any)
		status_add(report, HEALTH_CRITICAL, _("start one"), _("no server runs"));
}
