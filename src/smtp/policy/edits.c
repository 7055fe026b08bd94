/* Makes the list of changes to the header of a message that are due before it is examined. */
#include <stdio.h>

#include "base/address/idna.h"
#include "base/text/date.h"
#include "smtp/policy/header_check.h"

/* The domain of the user, else the name of this server. */
static char *
own_domain(const struct smtp_session *s)
{
	char name[DNS_NAME_SIZE];
	const char *at = s->user != NULL ? strrchr(s->user, '@') : NULL;
	bool known = at != NULL && at[1] != '\0' && idna_to_ascii(name, at + 1);
	return strdup(known ? name : s->config->hostname);
}

static char *
make_date(const struct smtp_session *s)
{
	char date[DATE_SIZE];
	bool high = false;
	date_write(date, s->config->now());
	return field_write("Date", date, false, &high);
}

/* The ID of the entry is unique here, the time makes it so for ever. */
static char *
make_message_id(struct smtp_session *s)
{
	char id[512];
	bool high = false;
	struct queue_entry *entry = s->envelope.relay;
	int len = snprintf(id, sizeof id, "<%lld.%s@%s>", (long long)s->config->now(), entry->id, s->config->hostname);
	char *field = field_write("Message-ID", id, false, &high);
	if (field != NULL && entry->message_id == NULL)
		(void)queue_set_text(&entry->message_id, id, (size_t)len, sizeof id);
	return field;
}

/* Returns false when memory is out. */
static bool
complete(struct smtp_session *s, struct field_edits *edits)
{
	const struct header_checks *state = s->message.checks;
	edits->bcc = state->bcc;
	if (!state->date && (edits->date = make_date(s)) == NULL)
		return false;
	if (!state->message_id && (edits->message_id = make_message_id(s)) == NULL)
		return false;
	return !state->incomplete || (edits->domain = own_domain(s)) != NULL;
}

static void
log_edits(const struct smtp_session *s, const struct field_edits *edits)
{
	const char *added = edits->date != NULL && edits->message_id != NULL ? "Date Message-ID"
	    : edits->date != NULL                                            ? "Date"
	    : edits->message_id != NULL                                      ? "Message-ID"
	                                                                     : NULL;
	const char *forged = edits->own_name != NULL ? s->message.checks->forged : "";
	char removed[sizeof s->message.checks->forged + 4];
	snprintf(removed, sizeof removed, "%s%s%s", edits->bcc ? "Bcc" : "", edits->bcc && forged[0] != '\0' ? " " : "",
	    forged);
	s->outlet->log(s->outlet, "edited", "added-fields", added, "removed-fields",
	    removed[0] != '\0' ? removed : NULL, "domain", edits->domain, NULL);
}

/* Without memory the message is not stored. */
void
edits_make(struct smtp_session *s)
{
	const struct header_checks *state = s->message.checks;
	bool unread = state->header.size > HEADER_MAX; /* what stands behind was not looked at: it may be anything */
	bool submitted = submission_is(s) &&
	    (!state->date || !state->message_id || state->bcc || state->incomplete || unread);
	bool forged = state->forged[0] != '\0' || (unread && forged_may_be(s));
	if (s->message.delivery == NULL || (!submitted && !forged))
		return;
	struct message_edits *made = message_edits(s);
	if (made == NULL || (submitted && !complete(s, &made->due))) {
		s->message.result = DELIVERY_FAILED;
		message_abandon(s);
		return;
	}
	made->due.bcc |= submitted && unread;
	if (forged)
		made->due.own_name = s->config->hostname;
	made->due.user = s->user != NULL;
	log_edits(s, &made->due);
	s->message.delivery->ops->edit(s->message.delivery, &made->due);
}
