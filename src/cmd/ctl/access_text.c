/* The own text of an entry of an access list. */
#include "cmd/ctl/access_text.h"

#include <errno.h>
#include <ftgate/catalog.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/address/network.h"
#include "base/text/translate.h"
#include "cmd/ctl/ctl.h"

enum { FAULT_SIZE = 1024 };

/* The reply, or the reason, with which an entry refuses; FTG_IDS if it refuses nothing. Compare smtp/policy/access.c. */
static enum ftg_id
row_of(const char *kind, const char *value)
{
	struct network network;
	if (strcmp(kind, "refused") == 0)
		return ERR_SMTP_REJECT_IP;
	if (strcmp(kind, "blacklist") != 0)
		return FTG_IDS;
	return network_parse(&network, value) ? ERR_SECPOL_BLACK : ERR_SMTP_SENDERBLACKLISTED;
}

int
access_text_check(const char *kind, const char *value, const char *text, char *fault, size_t size)
{
	struct ftg_refusal refusal;
	enum ftg_id id = row_of(kind, value);
	if (id == FTG_IDS) {
		snprintf(fault, size, _("an entry of %s refuses nothing, so it has no text"), kind);
		return EX_DATAERR;
	}
	ftg_text *compiled = ftg_text_compile(id, FTG_PUBLISHED, text, strlen(text), &refusal);
	if (compiled == NULL && errno != EINVAL) {
		snprintf(fault, size, "%s", strerror(errno));
		return EX_OSERR;
	}
	if (compiled == NULL)
		snprintf(fault, size, "text=%s: %s: %s: %s. %s", text, ftg_row(id)->id, ftg_rule_name(refusal.rule),
		    refusal.detail, _(ftg_rule_cure(refusal.rule)));
	ftg_text_free(compiled);
	return compiled != NULL ? EX_OK : EX_DATAERR;
}

int
ctl_check_access_text(const char *kind, const char *value, const char *text)
{
	char fault[FAULT_SIZE];
	int status = access_text_check(kind, value, text, fault, sizeof fault);
	if (status != EX_OK)
		return ctl_fail(status, "%s", fault);
	if (ftg_text_remarks(row_of(kind, value), "", NULL, text, strlen(text) + 1) & FTG_REMARK_UNFOLDABLE)
		ctl_fail(EX_OK, "%s", _("warning: the text has no ASCII form: SMTP speaks the shipped words"));
	return EX_OK;
}
