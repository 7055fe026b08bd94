/* The commands of ftgatectl on the temporary blacklist of a running server. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "base/text/translate.h"
#include "cmd/ctl/ctl.h"

enum { QUESTION_MAX = 128 };

static int
print_removed(const struct request *request, unsigned long removed)
{
	static const struct column column = { .name = "removed", .type = CELL_NUMBER };
	if (request->format == OUTPUT_TABLE) {
		/* TRANSLATORS: the number of clients that are no longer on the temporary blacklist. */
		printf(_("removed %lu\n"), removed);
		return EX_OK;
	}
	struct table *table = ctl_table(request, &column, 1, true);
	if (table == NULL)
		return ctl_fail_memory();
	table_number(table, removed);
	return ctl_close_table(table, EX_OK);
}

static const struct column list_columns[] = {
	{ .name = "client", .heading = N_("client or sender") },
	{ .name = "until", .heading = N_("until") },
	{ .name = "reason", .heading = N_("reason"), .shrinks = true },
};

/* A permanent entry: its comment is the reason. */
static void
add_permanent(void *context, const char *const *values)
{
	struct table *table = context;
	table_text(table, values[RECORD_ACCESS_VALUE]);
	table_text(table, NULL);
	table_text(table, values[RECORD_ACCESS_COMMENT]);
}

/* "blacklisted ADDRESS SECONDS REFERENCE" */
static void
add_temporary(struct table *table, const char *line)
{
	char address[64], seconds[24], cause[16] = "", until[32];
	struct tm utc;
	if (sscanf(line, "blacklisted %63s %23s %15s", address, seconds, cause) < 2)
		return;
	time_t end = time(NULL) + (time_t)strtoll(seconds, NULL, 10);
	gmtime_r(&end, &utc);
	strftime(until, sizeof until, "%Y-%m-%dT%H:%M:%SZ", &utc);
	table_text(table, address);
	table_text(table, until);
	table_text(table, *cause == '\0' ? NULL : cause);
}

/* The server answers in parts. */
static int
list_temporary(const struct request *request, struct table *table)
{
	static char answer[CTL_ANSWER_MAX];
	char question[QUESTION_MAX];
	unsigned long listed = 1;
	for (unsigned long skipped = 0; listed > 0; skipped += listed) {
		snprintf(question, sizeof question, "blacklist-list %lu\n", skipped);
		int status = ctl_ask(request, question, answer);
		if (status != EX_OK)
			return status;
		for (const char *line = answer; strncmp(line, "blacklisted ", 12) == 0;
		     line = strchrnul(line, '\n') + 1)
			add_temporary(table, line);
		listed = ctl_number(answer, "listed");
	}
	return EX_OK;
}

int
ctl_blacklist_list(struct request *request)
{
	struct table *table = ctl_table(request, list_columns, sizeof list_columns / sizeof *list_columns, false);
	if (table == NULL)
		return ctl_fail_memory();
	struct admin *admin = request->admin;
	int status = ctl_admin_status(
	    request, admin->ops->list(admin, RECORD_ACCESS, "blacklist", add_permanent, table));
	if (status == EX_OK && ctl_runs(request))
		status = list_temporary(request, table);
	return ctl_close_table(table, status);
}

int
ctl_blacklist_remove(struct request *request)
{
	static char answer[CTL_ANSWER_MAX];
	char question[QUESTION_MAX];
	const char *address = request->words[0];
	if (strchr(address, '\n') != NULL || strlen(address) > QUESTION_MAX / 2)
		return ctl_fail(EX_DATAERR, _("'%.60s' is not an address; write one such as 192.0.2.1"), address);
	snprintf(question, sizeof question, "blacklist-remove %s\n", address);
	int status = ctl_ask(request, question, answer);
	if (status != EX_OK)
		return status;
	unsigned long removed = ctl_number(answer, "removed");
	if (removed == 0)
		return ctl_fail(EX_NOUSER,
		    _("%s is not on the temporary blacklist; for permanent entries: ftgatectl access list"), address);
	return print_removed(request, removed);
}

int
ctl_blacklist_clear(struct request *request)
{
	static char answer[CTL_ANSWER_MAX];
	int status = ctl_ask(request, "blacklist-clear\n", answer);
	return status == EX_OK ? print_removed(request, ctl_number(answer, "removed")) : status;
}
