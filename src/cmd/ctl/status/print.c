/* Prints the status of the servers: for people, or as JSON. */
#include <errno.h>
#include <ftgate/version.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/text/printable.h"
#include "base/text/translate.h"
#include "cmd/ctl/status/status.h"

enum { LABEL = 14, MIB = 1024 * 1024 };

/* The worst first. */
static void
print_problems(const struct status_report *report)
{
	enum health health = status_health(report);
	if (health == HEALTH_OK)
		puts(status_word(health));
	for (enum health severity = health; severity > HEALTH_OK; severity--)
		for (size_t i = 0; i < report->problem_count; i++) {
			const struct problem *problem = &report->problems[i];
			if (problem->severity == severity)
				/* TRANSLATORS: a severity that is not translated, what is wrong, and what to do. */
				printable_print(
				    stdout, _("%s: %s: %s\n"), status_word(severity), problem->text, problem->cure);
		}
}

static void
print_uptime(unsigned long seconds)
{
	unsigned long hours = seconds / 3600;
	if (hours >= 48)
		printf(_("up %lu days"), hours / 24);
	else if (hours > 0)
		printf(_("up %lu h"), hours);
	else
		printf(_("up %lu min"), seconds / 60);
}

/* Calls for each line of an answer that has a name, with the rest of the line. */
static void
each_line(const char *answer, const char *name, void (*call)(const char *line, int len))
{
	size_t name_len = strlen(name);
	for (const char *line = answer; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n')
		if (strncmp(line, name, name_len) == 0 && line[name_len] == ' ')
			call(line + name_len + 1, (int)strcspn(line + name_len + 1, "\n"));
}

/* "127.0.0.1:25 mx starttls de" */
static void
print_listener(const char *line, int len)
{
	char address[72], role[24], tls[24], language[72], copy[256];
	snprintf(copy, sizeof copy, "%.*s", len, line);
	if (sscanf(copy, "%71s %23s %23s %71s", address, role, tls, language) == 4)
		printable_print(stdout, "%*s %-22s %-10s TLS %-9s %s\n", LABEL, "", address, role, tls, language);
}

static void
print_own_texts(const char *line, int len)
{
	printable_print(stdout, "%-*s %.*s\n", LABEL, "own-texts", len, line);
}

/* Few data folders have the map server. */
static void
print_server(const struct server_state *server)
{
	int len;
	char name[32];
	if (!server->running && !server->expected && strcmp(server->name, "mapd") == 0)
		return;
	snprintf(name, sizeof name, "ftgate-%s", server->name);
	printf("%-*s ", LABEL, name);
	if (!server->running) {
		puts(server->expected ? _("down") : _("not running, and not configured"));
		return;
	}
	const char *answer = server->answer, *version = ctl_value(answer, "version", &len);
	printable_print(stdout, "%.*s, ", len, version);
	print_uptime(ctl_number(answer, "uptime"));
	/* TRANSLATORS: a process number, and numbers of processes and connections. */
	printf(_(", pid %lu, workers %lu, connections %lu\n"), ctl_number(answer, "pid"), ctl_number(answer, "workers"),
	    ctl_number(answer, "connections"));
	each_line(answer, "listener", print_listener);
}

/* The servers mostly have the same certificate: it is shown once. */
static void
print_certificate(const struct status_report *report)
{
	for (size_t i = 0; i < STATUS_SERVERS; i++) {
		int len, names_len;
		const char *answer = report->servers[i].answer;
		const char *date = ctl_value(answer, "certificate-expires", &len);
		const char *names = ctl_value(answer, "certificate-names", &names_len);
		if (len == 0)
			continue;
		/* TRANSLATORS: the names of a certificate, and a date with its time. */
		printf("%-*s ", LABEL, "certificate");
		printable_print(stdout, _("%.*s, until %.*s\n"), names_len, names, len, date);
		return;
	}
}

static void
print_queue(const char *answer)
{
	int len;
	(void)ctl_value(answer, "queue-active", &len);
	if (len == 0)
		return;
	printf("%-*s ", LABEL, "queue");
	/* TRANSLATORS: numbers of messages, and of minutes. */
	printf(_("%lu being sent, %lu deferred, %lu held, the oldest %lu min\n"), ctl_number(answer, "queue-active"),
	    ctl_number(answer, "queue-deferred"), ctl_number(answer, "queue-held"),
	    ctl_number(answer, "queue-age") / 60);
}

void
status_print(const struct status_report *report)
{
	const char *running = "";
	for (size_t i = STATUS_SERVERS; i-- > 0;)
		if (report->servers[i].running)
			running = report->servers[i].answer;
	print_problems(report);
	printf("%-*s %s\n", LABEL, "ftgatectl", FTG_VERSION);
	for (size_t i = 0; i < STATUS_SERVERS; i++)
		print_server(&report->servers[i]);
	if (*running != '\0') {
		printf("%-*s ", LABEL, "catalogue");
		/* TRANSLATORS: the number of the catalogue since the start, and of its languages. */
		printf(_("generation %lu, %lu languages\n"), ctl_number(running, "generation"),
		    ctl_number(running, "languages"));
	}
	each_line(running, "own-texts", print_own_texts);
	print_certificate(report);
	print_queue(report->servers[0].answer);
	printf("%-*s ", LABEL, "directory");
	if (report->config->database != NULL)
		printf("PostgreSQL\n");
	else
		printf(report->schema != 0 ? _("schema %d\n") : _("none\n"), report->schema);
	printf("%-*s ", LABEL, "disk");
	/* TRANSLATORS: numbers of MiB. */
	printf(_("%" PRIu64 " of %" PRIu64 " MiB free\n"), report->disk_free / MIB, report->disk_size / MIB);
}

static void
print_member(const char *name, const char *text)
{
	printf("\"%s\": ", name);
	printable_json(stdout, text, strlen(text));
}

void
status_print_json(struct status_report *report)
{
	printf("{\"health\": \"%s\", \"version\": \"%s\", \"problems\": [", status_word(status_health(report)),
	    FTG_VERSION);
	for (size_t i = 0; i < report->problem_count; i++) {
		const struct problem *problem = &report->problems[i];
		printf("%s{\"severity\": \"%s\", ", i > 0 ? ", " : "", status_word(problem->severity));
		print_member("text", problem->text);
		fputs(", ", stdout);
		print_member("cure", problem->cure);
		putchar('}');
	}
	printf("], \"schema\": %d, \"disk-free\": %" PRIu64 ", \"disk-size\": %" PRIu64, report->schema,
	    report->disk_free, report->disk_size);
	for (size_t i = 0; i < STATUS_SERVERS; i++) {
		printf(", \"%s\": ", report->servers[i].name);
		if (report->servers[i].running)
			ctl_print_answer_json(report->servers[i].answer);
		else
			fputs("null", stdout);
	}
	puts("}");
}

void
status_print_csv(const struct status_report *report)
{
	static const struct column columns[] = { { .name = "severity" }, { .name = "text" }, { .name = "cure" } };
	struct table *table = table_open(&(struct table_options) {
	    .columns = columns, .count = sizeof columns / sizeof *columns, .format = OUTPUT_CSV });
	for (size_t i = 0; table != NULL && i < report->problem_count; i++) {
		table_text(table, status_word(report->problems[i].severity));
		table_text(table, report->problems[i].text);
		table_text(table, report->problems[i].cure);
	}
	if (table == NULL || !table_close(table))
		(void)ctl_fail(EX_OSERR, "%s", strerror(errno));
}
