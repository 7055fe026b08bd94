/* The events that were found, in the order of time. */
#include "cmd/ctl/trace/story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
story_add(struct story *story, struct log_span time, struct log_span text)
{
	if (story->count == story->room) {
		size_t room = story->room == 0 ? 64 : 2 * story->room;
		struct story_event *event = reallocarray(story->event, room, sizeof *event);
		if (event == NULL)
			return false;
		story->event = event;
		story->room = room;
	}
	struct story_event *added = &story->event[story->count];
	*added = (struct story_event) { .order = story->count, .text = malloc(text.len + 1), .len = text.len };
	if (added->text == NULL)
		return false;
	snprintf(added->time, sizeof added->time, "%.*s", (int)time.len, time.text);
	memcpy(added->text, text.text, text.len);
	added->text[text.len] = '\0';
	story->count++;
	return true;
}

static int
compare(const void *a, const void *b)
{
	const struct story_event *first = a, *second = b;
	int order = strcmp(first->time, second->time);
	if (order != 0)
		return order;
	return first->order < second->order ? -1 : first->order > second->order;
}

void
story_sort(struct story *story)
{
	size_t kept = 0;
	for (size_t i = 0; i < story->count; i++)
		if (story->event[i].text != NULL)
			story->event[kept++] = story->event[i];
	story->count = kept;
	if (kept > 0)
		qsort(story->event, kept, sizeof *story->event, compare);
}

void
story_clear(struct story *story)
{
	for (size_t i = 0; i < story->count; i++)
		free(story->event[i].text);
	free(story->event);
	*story = (struct story) { 0 };
}
