/* What each command prints: errors on standard error, and a table on standard output. */
#include <stdarg.h>
#include <stdio.h>
#include <sysexits.h>

#include "base/text/nearest.h"
#include "base/text/printable.h"
#include "base/text/translate.h"
#include "cmd/ctl/ctl.h"
#include "cmd/output/terminal.h"

enum { FAULT_SIZE = 2048 }; /* octets of an error, cut if longer */

int
ctl_fail(int status, const char *format, ...)
{
	char text[FAULT_SIZE];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	fflush(stdout);
	terminal_begin(stderr, STYLE_ERROR);
	fputs("ftgatectl:", stderr);
	terminal_end(stderr);
	printable_print(stderr, " %s\n", text);
	return status;
}

int
ctl_admin_status(const struct request *request, enum admin_result result)
{
	static const int statuses[] = {
		[ADMIN_OK] = EX_OK,
		[ADMIN_EXISTS] = EX_CANTCREAT,
		[ADMIN_NO_DOMAIN] = EX_NOHOST,
		[ADMIN_MISSING] = EX_NOUSER,
		[ADMIN_UNFIT] = EX_DATAERR,
		[ADMIN_REFUSED] = EX_NOPERM,
		[ADMIN_READ_ONLY] = EX_UNAVAILABLE,
		[ADMIN_FAILED] = EX_TEMPFAIL,
	};
	return result == ADMIN_OK ? EX_OK
	                          : ctl_fail(statuses[result], "%s", request->admin->ops->error(request->admin));
}

int
ctl_refuse(const char *nearest, const char *format, ...)
{
	char text[FAULT_SIZE], hint[NEAREST_HINT_SIZE];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	nearest_hint(hint, nearest);
	return ctl_fail(EX_DATAERR, "%s%s", text, hint);
}

int
ctl_fail_memory(void)
{
	return ctl_fail(EX_OSERR, _("memory is out"));
}

struct table *
ctl_table(const struct request *request, const struct column *columns, size_t count, bool is_record)
{
	return table_open(&(struct table_options) {
	    .columns = columns, .count = count, .format = request->format, .is_record = is_record });
}

int
ctl_close_table(struct table *table, int status)
{
	bool whole = table == NULL || table_close(table);
	return whole || status != EX_OK ? status : ctl_fail_memory();
}
