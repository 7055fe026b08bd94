/*
 * Fuzzes the envelopes of the relay queue: what is read is written as it was, but for domains of older versions, which get
 * their A-label form; and none of it can lead to another line.
 */
#include "port/queue_text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/ascii.h"

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

static void
check_envelope(const char *text, size_t len, bool is_stored)
{
	struct queue_entry entry = { 0 };
	size_t written_len;
	bool is_read = queue_text_read(&entry, text, len);
	if (is_stored && !is_read)
		abort();
	if (is_read) {
		check_entry(&entry);
		char *written = queue_text_write(&entry, &written_len);
		if (written == NULL)
			abort();
		if (written_len != len || memcmp(written, text, len) != 0) {
			if (is_stored || ascii_is_all(text, len))
				abort();
			check_envelope(written, written_len, true);
		}
		free(written);
	}
	queue_entry_clear(&entry);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_envelope((const char *)data, size, false);
	return 0;
}
