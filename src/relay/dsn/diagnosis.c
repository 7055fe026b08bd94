/* The reply of another server read as one of the table: its reference says which, whatever language its words have. */
#include "relay/dsn/diagnosis.h"

#include <string.h>
#include <strings.h>

#include "base/text/ascii.h"
#include "relay/client/verdict.h"

enum { REF_LEN = 5 }; /* "#4.28" */

static bool
is_ref(const char *text)
{
	return text[0] == '#' && ascii_is_digit(text[1]) && text[2] == '.' && ascii_is_digit(text[3]) &&
	    ascii_is_digit(text[4]) && !ascii_is_digit(text[5]);
}

/* The last reference of a text, and the last other one before it; NULL: there is none. A link may repeat the reference. */
static void
find_refs(const char *text, const char **last, const char **before)
{
	*last = *before = NULL;
	for (const char *at = strchr(text, '#'); at != NULL; at = strchr(at + 1, '#')) {
		if (!is_ref(at))
			continue;
		if (*last != NULL && memcmp(*last, at, REF_LEN) != 0)
			*before = *last;
		*last = at;
	}
}

static bool
is_reason(const struct ftg_row *row)
{
	return row->service == FTG_MAILBOX || row->service == FTG_SECPOL;
}

/* The reply has the code of the row in one of the profiles: other servers use the form of our references, too. */
static bool
has_code(const struct ftg_row *row, const char *reply)
{
	for (int profile = 0; profile < FTG_PROFILES; profile++)
		if (row->service == FTG_SMTP && strlen(row->code[profile].reply) == 3 &&
		    memcmp(row->code[profile].reply, reply, 3) == 0)
			return true;
	return false;
}

static enum ftg_id
find_row(const char *ref, const char *reply)
{
	for (unsigned id = 0; ref != NULL && id < FTG_IDS; id++) {
		const struct ftg_row *row = ftg_row((enum ftg_id)id);
		bool same = strlen(row->ref) == REF_LEN && memcmp(row->ref, ref, REF_LEN) == 0;
		if (same && (reply != NULL ? has_code(row, reply) : is_reason(row)))
			return (enum ftg_id)id;
	}
	return FTG_IDS;
}

static bool
is_about_sender(enum ftg_id id)
{
	return id == ERR_SMTP_ADDRESS_SENDER || id == ERR_SMTP_ADDRESS_SENDERSPOOF || id == ERR_SMTP_AUTHMISMATCH;
}

/* The address that the reply is about: one that it names must be the recipient's or the sender's. */
static bool
find_address(struct ftg_arg *arg, enum ftg_id id, const struct queue_entry *entry,
    const struct queue_recipient *recipient, const char *reply)
{
	const char *address = is_about_sender(id) ? entry->sender : recipient->address;
	if (address[0] == '\0' || (strchr(reply, '@') != NULL && strcasestr(reply, address) == NULL))
		return false;
	*arg = (struct ftg_arg) { .text = address, .len = strlen(address) };
	return true;
}

/* The first IP address in brackets. */
static bool
find_ip(struct ftg_arg *arg, const char *reply)
{
	for (const char *at = strchr(reply, '['); at != NULL; at = strchr(at + 1, '[')) {
		size_t len = strspn(at + 1, "0123456789abcdefABCDEF.:");
		if (len < 2 || at[1 + len] != ']')
			continue;
		*arg = (struct ftg_arg) { .text = at + 1, .len = len };
		return true;
	}
	return false;
}

/* The words of others have no translation, so a reply with other kinds of arguments stays as it is. */
static bool
find_args(struct diagnosis *d, const struct queue_entry *entry, const struct queue_recipient *recipient,
    const char *reply, const char *reason)
{
	const struct ftg_row *row = ftg_row(d->id);
	for (int i = 0; i < FTG_ARGS_MAX; i++) {
		struct ftg_arg *arg = &d->reply.arg[i];
		switch (row->args[i]) {
		case FTG_ARG_NONE: break;
		case FTG_ARG_ADDRESS:
			if (!find_address(arg, d->id, entry, recipient, reply))
				return false;
			break;
		case FTG_ARG_IP:
			if (!find_ip(arg, reply))
				return false;
			break;
		case FTG_ARG_REASON:
			arg->number = find_row(reason, NULL);
			if (arg->number == FTG_IDS)
				return false;
			break;
		default: return false;
		}
	}
	return true;
}

struct diagnosis
diagnosis_read(const struct queue_entry *entry, const struct queue_recipient *recipient)
{
	struct diagnosis d = { .id = FTG_IDS };
	struct verdict verdict;
	const char *last, *before;
	if (recipient->reply == NULL || !verdict_read(&verdict, recipient->reply) ||
	    verdict.reason != FTG_NOTICE_SAID || strlen(verdict.detail) < 4)
		return d;
	find_refs(verdict.detail, &last, &before);
	d.id = find_row(last, verdict.detail);
	if (d.id == FTG_IDS)
		return d;
	d.server = verdict.name;
	d.server_len = strcspn(verdict.name, " :");
	d.reply = ftg_reply(d.id);
	d.complete = find_args(&d, entry, recipient, verdict.detail, before);
	return d;
}
