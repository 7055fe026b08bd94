/* ftgatectl status: the health of the servers of a data folder at a glance. */
#include "cmd/ctl/status/status.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cmd/ctl/folder.h"
#include "directory/schema_version.h"

void
status_add(struct status_report *report, enum health severity, const char *cure, const char *format, ...)
{
	va_list arguments;
	if (report->problem_count == STATUS_PROBLEMS)
		return;
	struct problem *problem = &report->problems[report->problem_count++];
	problem->severity = severity;
	snprintf(problem->cure, sizeof problem->cure, "%s", cure);
	va_start(arguments, format);
	vsnprintf(problem->text, sizeof problem->text, format, arguments);
	va_end(arguments);
}

enum health
status_health(const struct status_report *report)
{
	enum health worst = HEALTH_OK;
	for (size_t i = 0; i < report->problem_count; i++)
		if (report->problems[i].severity > worst)
			worst = report->problems[i].severity;
	return worst;
}

const char *
status_word(enum health health)
{
	static const char *const words[] = {
		[HEALTH_OK] = "healthy",
		[HEALTH_WARNING] = "warning",
		[HEALTH_CRITICAL] = "critical",
		[HEALTH_UNKNOWN] = "unknown",
	};
	return words[health];
}

/* The protocols of ctl_servers, and the sections of the configuration that are one server's alone; "": there is none. */
static const struct {
	enum config_protocol protocol;
	const char *section;
} servers[STATUS_SERVERS] = { { CONFIG_SMTP, "" }, { CONFIG_POP3, "pop3" }, { CONFIG_MAP, "map" } };

/*
 * Without a listener, the SMTP server takes its default address, if the folder is not the map server's alone; the others are
 * there only if something says so.
 */
static bool
is_configured(const struct config *config, const char *data, size_t server)
{
	bool found = servers[server].protocol == CONFIG_SMTP && config->listeners_count == 0 &&
	    !ctl_has_maps_alone(data);
	for (size_t i = 0; i < config->entries_count && servers[server].section[0] != '\0'; i++)
		found = found || strcmp(config->entries[i].section->name, servers[server].section) == 0;
	for (unsigned i = 0; i < config->listeners_count; i++)
		found = found || config_protocol_of(config->listeners[i].role) == servers[server].protocol;
	return found;
}

static void
ask(struct status_report *report, size_t number)
{
	struct server_state *server = &report->servers[number];
	server->name = ctl_servers[number];
	server->running = ctl_try_ask(report->request, server->name, "status\n", server->answer) == 0;
	server->error = server->running ? 0 : errno;
	server->expected = is_configured(report->config, report->request->data, number) ||
	    ctl_has_socket(report->request->data, server->name);
	if (!server->running)
		server->answer[0] = '\0';
}

static void
measure_disk(struct status_report *report)
{
	struct statvfs system;
	if (statvfs(report->request->data, &system) < 0)
		return;
	report->disk_free = (uint64_t)system.f_bavail * system.f_frsize;
	report->disk_size = (uint64_t)system.f_blocks * system.f_frsize;
}

int
ctl_status(struct request *request)
{
	static struct status_report report;
	if (request->server_named)
		return ctl_status_of_server(request);
	if (request->settings == NULL)
		return HEALTH_UNKNOWN;
	report.request = request;
	report.config = request->settings;
	report.now = time(NULL);
	for (size_t i = 0; i < STATUS_SERVERS; i++)
		ask(&report, i);
	measure_disk(&report);
	if (request->settings->database == NULL)
		report.schema = schema_version(request->data, &report.schema_newest);
	status_check_servers(&report);
	status_check_machine(&report);
	status_check_texts(&report);
	if (request->format == OUTPUT_CSV)
		status_print_csv(&report);
	else if (request->json)
		status_print_json(&report);
	else
		status_print(&report);
	return (int)status_health(&report);
}
