/* The own text of an entry of an access list. */
#include "cmd/ctl/access_text.h"

#include <errno.h>
#include <ftgate/catalog.h>
#include <string.h>
#include <sysexits.h>

#include "base/network.h"
#include "base/translate.h"
#include "cmd/ctl/ctl.h"

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
ctl_check_access_text(const char *kind, const char *value, const char *text)
{
	struct ftg_refusal refusal;
	enum ftg_id id = row_of(kind, value);
	if (id == FTG_IDS)
		return ctl_fail(EX_DATAERR, _("an entry of %s refuses nothing, so it has no text"), kind);
	ftg_text *compiled = ftg_text_compile(id, FTG_PUBLISHED, text, strlen(text), &refusal);
	if (compiled == NULL && errno == EINVAL)
		return ctl_fail(EX_DATAERR, "text=%s: %s: %s: %s. %s", text, ftg_row(id)->id,
		    ftg_rule_name(refusal.rule), refusal.detail, _(ftg_rule_cure(refusal.rule)));
	if (compiled == NULL)
		return ctl_fail(EX_OSERR, "%s", strerror(errno));
	ftg_text_free(compiled);
	if (ftg_text_remarks(id, "", NULL, text, strlen(text) + 1) & FTG_REMARK_UNFOLDABLE)
		ctl_fail(EX_OK, "%s", _("warning: the text has no ASCII form: SMTP speaks the shipped words"));
	return EX_OK;
}
