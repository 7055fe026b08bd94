/* The command of ftgatectl on the secrets that sign the senders of forwarded mail. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "base/text/translate.h"
#include "cmd/ctl/ctl.h"
#include "session/srs_file.h"

static int
fail(const struct request *request)
{
	switch (errno) {
	case ENOSPC:
		return ctl_fail(EX_UNAVAILABLE,
		    _("%d secrets still count, since mail was forwarded with each in the last %d days; rotate later"),
		    SRS_SECRETS_MAX, SRS_LIFETIME / (24 * 60 * 60));
	case EBADMSG:
		return ctl_fail(EX_DATAERR, _("%.400s/%s is damaged; copy it from another server, or remove it"),
		    request->data, SRS_FILE);
	default: return ctl_fail(EX_IOERR, "%.400s/%s: %s", request->data, SRS_FILE, strerror(errno));
	}
}

int
ctl_srs_rotate(struct request *request)
{
	size_t kept;
	if (srs_rotate(request->data, time(NULL), &kept) < 0)
		return fail(request);
	if (request->format == OUTPUT_JSON)
		printf("{\"kept\": %zu}\n", kept);
	else
		printf(translate_count("a new secret signs; %zu earlier one still counts\n",
		           "a new secret signs; %zu earlier ones still count\n", kept),
		    kept);
	return EX_OK;
}
