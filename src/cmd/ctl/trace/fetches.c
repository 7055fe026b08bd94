/* Which POP3 sessions can have fetched a message that was found. */
#include "cmd/ctl/trace/fetches.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A mailbox, and whether it has a message that nobody has fetched yet. */
struct box {
	char *address;
	bool is_new;
};

struct boxes {
	size_t count;
	struct box box[FETCHES_MAILBOXES_MAX];
};

static struct box *
find(struct boxes *boxes, const char *address)
{
	for (size_t i = 0; i < boxes->count; i++)
		if (strcasecmp(boxes->box[i].address, address) == 0)
			return &boxes->box[i];
	return NULL;
}

static void
note_delivery(struct boxes *boxes, const char *address)
{
	struct box *box = find(boxes, address);
	if (box == NULL && boxes->count < FETCHES_MAILBOXES_MAX) {
		char *copy = strdup(address);
		if (copy == NULL)
			return;
		box = &boxes->box[boxes->count++];
		box->address = copy;
	}
	if (box != NULL)
		box->is_new = true;
}

/* Is this the first fetch behind a delivery? */
static bool
note_fetch(struct boxes *boxes, const char *address)
{
	struct box *box = find(boxes, address);
	bool is_first = box != NULL && box->is_new;
	if (is_first)
		box->is_new = false;
	return is_first;
}

static bool
is_needed(struct boxes *boxes, const struct story_event *kept)
{
	struct event event;
	char value[EVENT_VALUE_SIZE];
	if (!event_read_text(&event, (struct log_span) { kept->text, kept->len }))
		return true;
	if (event_is(&event, "delivered") && event_get(&event, "mailbox", value))
		note_delivery(boxes, value);
	return !kept->fetch || (event_get(&event, "user", value) && note_fetch(boxes, value));
}

void
fetches_reduce(struct story *story)
{
	struct boxes *boxes = calloc(1, sizeof *boxes);
	size_t kept = 0;
	for (size_t i = 0; i < story->count; i++) {
		struct story_event event = story->event[i];
		if (boxes == NULL || is_needed(boxes, &event))
			story->event[kept++] = event;
		else
			free(event.text);
	}
	story->count = kept;
	for (size_t i = 0; boxes != NULL && i < boxes->count; i++)
		free(boxes->box[i].address);
	free(boxes);
}
