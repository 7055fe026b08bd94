/* Looks for what is wrong with the disk and the directory of a data folder. */
#include <stdio.h>

#include "base/text/translate.h"
#include "cmd/ctl/status/status.h"
#include "directory/postgres/admin.h"
#include "directory/postmasters.h"

enum { MIB = 1024 * 1024, FULL_SOON = 10 /* times what must be kept free */ };

static void
check_disk(struct status_report *report)
{
	uint64_t least = (uint64_t)report->config->limits.min_free;
	const char *cure = _(
	    "remove files, or enlarge the file system; below the setting min-free no mail is accepted");
	if (report->disk_size == 0 || report->disk_free >= FULL_SOON * least)
		return;
	/* TRANSLATORS: a number of MiB, and a folder. */
	status_add(report, report->disk_free < least ? HEALTH_CRITICAL : HEALTH_WARNING, cure,
	    _("%llu MiB are free at %s"), (unsigned long long)report->disk_free / MIB, report->request->data);
}

static void
check_schema(struct status_report *report)
{
	if (report->schema > report->schema_newest)
		status_add(report, HEALTH_CRITICAL, _("install the newer version again, or restore a backup"),
		    /* TRANSLATORS: two numbers of versions. */
		    _("the directory was written by a newer version: schema %d, known are schemas up to %d"),
		    report->schema, report->schema_newest);
	else if (report->schema != 0 && report->schema < report->schema_newest)
		status_add(report, HEALTH_WARNING, _("restart the servers, which migrates it"),
		    _("the directory has the schema %d; this version has %d"), report->schema, report->schema_newest);
}

static void
add_postmaster(void *context, const char *domain)
{
	char cure[STATUS_TEXT_SIZE];
	/* TRANSLATORS: a domain. */
	snprintf(cure, sizeof cure, _("run ftgatectl alias add postmaster@%s ADDRESS, or use the setting postmaster"),
	    domain);
	status_add(context, HEALTH_WARNING, cure, _("nobody reads the mail to postmaster@%s"), domain);
}

/* The setting is for all domains that have none of their own. */
static void
note_postmaster(void *context, const char *domain)
{
	struct status_report *report = context;
	int len;
	const char *answer = report->servers[0].answer, *setting = ctl_value(answer, "postmaster", &len);
	bool served = len == 1 && *setting == '-';
	if (served && report->config->postmaster == NULL)
		add_postmaster(report, domain);
}

static void
note_missing_right(void *context, const char *rights, const char *name, bool vital)
{
	status_add(context, vital ? HEALTH_CRITICAL : HEALTH_WARNING, postgres_admin_rights_cure(),
	    /* TRANSLATORS: words of SQL such as "SELECT, DELETE", and the name of a table. */
	    _("the role of the setting database has no right %s on %s"), rights, name);
}

/* PostgreSQL. The servers themselves report that it is unavailable, or newer than they can use. */
static void
check_database(struct status_report *report)
{
	char error[ADMIN_ERROR_SIZE];
	struct postgres_inspection found = {
		.postmaster = note_postmaster,
		.right = note_missing_right,
		.context = report,
		.greylists = report->config->greylist.enabled,
	};
	bool usable = postgres_admin_inspect(report->config->database, &found, error);
	report->schema = found.version;
	if (!usable)
		status_add(report, HEALTH_CRITICAL, found.cure, "%s", error);
	else if (found.version < found.newest)
		status_add(report, found.version == 0 ? HEALTH_CRITICAL : HEALTH_WARNING, postgres_admin_schema_cure(),
		    _("the directory has the schema %d; this version has %d"), found.version, found.newest);
	if (found.read_only)
		status_add(report, HEALTH_WARNING, postgres_admin_read_only_cure(), "%s", postgres_admin_read_only());
}

void
status_check_machine(struct status_report *report)
{
	check_disk(report);
	if (report->config->database != NULL) {
		check_database(report);
	} else {
		check_schema(report);
		(void)postmasters_missing(report->request->data, note_postmaster, report);
	}
}
