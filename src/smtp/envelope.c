/* The envelope of a transaction. */
#include "smtp/envelope.h"

#include <stdlib.h>
#include <string.h>

bool
envelope_open(struct envelope *envelope, struct span sender, bool utf8)
{
	char *copy = strndup(sender.text, sender.len);

	if (copy == NULL)
		return false;
	envelope_clear(envelope);
	envelope->sender = copy;
	envelope->utf8 = utf8;
	return true;
}

static bool
holds(const struct envelope *envelope, const struct mailbox *mailbox)
{
	for (size_t i = 0; i < envelope->count; i++)
		if (envelope->mailboxes[i].account == mailbox->account &&
		    strcmp(envelope->mailboxes[i].maildir, mailbox->maildir) == 0)
			return true;
	return false;
}

static bool
add_mailbox(struct envelope *envelope, const struct mailbox *mailbox)
{
	if (envelope->count == envelope->room) {
		size_t room = envelope->room == 0 ? 1 : 2 * envelope->room;
		struct mailbox *mailboxes = reallocarray(envelope->mailboxes, room, sizeof *mailboxes);
		if (mailboxes == NULL)
			return false;
		envelope->mailboxes = mailboxes;
		envelope->room = room;
	}
	envelope->mailboxes[envelope->count++] = *mailbox;
	return true;
}

bool
envelope_add(struct envelope *envelope, struct span address, const struct mailbox *mailboxes, size_t count)
{
	size_t before = envelope->count;

	if (envelope->first == NULL && (envelope->first = strndup(address.text, address.len)) == NULL)
		return false;
	envelope->rcpts++;
	for (size_t i = 0; i < count; i++) {
		if (!holds(envelope, &mailboxes[i]) && !add_mailbox(envelope, &mailboxes[i])) {
			envelope_take_back(envelope, before);
			return false;
		}
	}
	return true;
}

void
envelope_take_back(struct envelope *envelope, size_t before)
{
	envelope->count = before;
	if (--envelope->rcpts > 0)
		return;
	free(envelope->first);
	envelope->first = NULL;
}

void
envelope_clear(struct envelope *envelope)
{
	free(envelope->mailboxes);
	free(envelope->sender);
	free(envelope->first);
	free(envelope->lines);
	dsn_clear(&envelope->dsn);
	*envelope = (struct envelope) { 0 };
}
