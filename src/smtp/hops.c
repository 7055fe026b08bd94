/* Messages that go in circles: over too many hops, or back to a mailbox that they have been in (RFC 5321 6.3). */
#include <stdlib.h>
#include <string.h>

#include "mail/header.h"
#include "mail/maildir.h"
#include "smtp/internal.h"

enum { DELIVERED_MAX = 100 }; /* Delivered-To lines that are looked at: a circle puts new ones in front */

struct hops {
	struct header_scanner header;
	unsigned delivered; /* Delivered-To lines */
};

static bool
is_recipient(const struct envelope *envelope, const struct address *address)
{
	char path[MAILBOX_PATH_SIZE];

	if (!maildir_path(path, address->domain, address->local))
		return false;
	for (size_t i = 0; i < envelope->count; i++)
		if (strcmp(envelope->mailboxes[i].maildir, path) == 0)
			return true;
	return false;
}

static void
look(void *context, const struct header_field *field)
{
	struct smtp_session *s = context;
	struct message *m = &s->message;
	struct address address;

	if (m->hops->header.received > s->config->max_hops && m->circle == CIRCLE_NONE)
		m->circle = CIRCLE_HOPS;
	if (!field->first || !field->last || !header_is(field, "Delivered-To"))
		return;
	if (m->circle != CIRCLE_NONE || m->hops->delivered++ >= DELIVERED_MAX)
		return;
	if (address_parse(&address, field->value, field->len, false, true) == ADDRESS_OK &&
	    is_recipient(&s->envelope, &address))
		m->circle = CIRCLE_LOOP;
}

bool
hops_begin(struct smtp_session *s)
{
	struct hops *hops = calloc(1, sizeof *hops);

	if (hops == NULL)
		return false;
	hops->header.field = look;
	hops->header.context = s;
	s->message.hops = hops;
	return true;
}

void
hops_read(struct smtp_session *s, const char *bytes, size_t len)
{
	if (s->message.hops != NULL)
		header_scan(&s->message.hops->header, bytes, len);
}

void
hops_end(struct smtp_session *s)
{
	if (s->message.hops != NULL)
		header_end(&s->message.hops->header);
	hops_forget(s);
}

void
hops_forget(struct smtp_session *s)
{
	free(s->message.hops);
	s->message.hops = NULL;
}

const char *
hops_cause(const struct smtp_session *s)
{
	static const char *const names[] = { NULL, "hops", "loop" };
	return names[s->message.circle];
}
