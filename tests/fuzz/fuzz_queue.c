/* Fuzzes the envelopes of the relay queue: what is read is written as it was, and none of it can lead to another line. */
#include "port/queue_text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_text(const char *text)
{
	for (; text != NULL && *text != '\0'; text++)
		if (ascii_is_control(*text))
			abort();
}

static void
check_entry(const struct queue_entry *entry)
{
	check_text(entry->session);
	check_text(entry->sender);
	check_text(entry->user);
	check_text(entry->language);
	check_text(entry->envid);
	if (entry->sender == NULL || entry->count == 0 || entry->arrival < 0 || (int64_t)entry->local_prefix_len < 0)
		abort();
	for (size_t i = 0; i < entry->count; i++) {
		const struct queue_recipient *recipient = &entry->recipients[i];
		check_text(recipient->address);
		check_text(recipient->orcpt);
		check_text(recipient->reply);
		if (recipient->state >= QUEUE_STATES || recipient->next < 0 || *queue_domain(recipient) == '\0')
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct queue_entry entry = { 0 };
	size_t len;
	if (queue_text_read(&entry, (const char *)data, size)) {
		check_entry(&entry);
		char *text = queue_text_write(&entry, &len);
		if (text == NULL || len != size || memcmp(text, data, size) != 0)
			abort();
		free(text);
	}
	queue_entry_clear(&entry);
	return 0;
}
