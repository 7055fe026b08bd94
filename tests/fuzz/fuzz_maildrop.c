/*
 * Fuzzes what a maildrop reads from a Maildir: names of files, the file of sizes, messages. The first octet of an input
 * says which.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/siphash.h"
#include "store/maildrop/name.h"
#include "store/maildrop/sizes.h"
#include "store/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool is)
{
	if (!is)
		abort();
}

static void
try_name(const uint8_t *data, size_t size)
{
	char name[256], uid[MAILDROP_UID_SIZE], same[MAILDROP_UID_SIZE];
	size_t len = strnlen((const char *)data, size < 255 ? size : 255);
	memcpy(name, data, len);
	name[len] = '\0';
	const struct drop_name told = drop_name_parse(name);
	must(told.base_len <= len && memchr(name, ',', told.base_len) == NULL);
	must(told.size == DROP_UNTOLD || told.size < DROP_SIZE_MAX);
	must(told.wire_size == DROP_UNTOLD || told.wire_size < DROP_SIZE_MAX);
	must(told.size == DROP_UNTOLD || told.wire_size == DROP_UNTOLD || told.wire_size >= told.size);
	size_t uid_len = drop_name_uid(uid, name, told.base_len);
	must(uid_len >= 1 && uid_len < MAILDROP_UID_SIZE && uid[uid_len] == '\0');
	for (size_t i = 0; i < uid_len; i++)
		must(uid[i] >= 0x21 && uid[i] <= 0x7E);
	name[told.base_len] = '\0';
	const struct drop_name base = drop_name_parse(name);
	must(base.base_len == told.base_len && base.arrival == told.arrival);
	must(drop_name_uid(same, name, base.base_len) == uid_len && strcmp(same, uid) == 0);
}

/* With a sum that is right, too, so that records are met. */
static void
try_sizes(const uint8_t *data, size_t size)
{
	char name[] = "name";
	struct drop_message message = { .size = DROP_UNTOLD, .len = 4, .base_len = 4, .untold = true };
	struct drop_list list = { .names = name, .names_len = 5, .messages = &message, .count = 1 };
	struct sizes_head head;
	char *content = malloc(size + sizeof head);
	if (content == NULL)
		return;
	memcpy(content, data, size);
	drop_sizes_take(&list, content, size);
	must(message.size == DROP_UNTOLD || message.size < DROP_SIZE_MAX);
	if (size >= sizeof head) {
		head.magic = DROP_SIZES_MAGIC;
		head.sum = siphash((const uint64_t[]) { 2, 3 }, content + sizeof head, size - sizeof head);
		memcpy(content, &head, sizeof head);
		drop_sizes_take(&list, content, size);
		must(message.size == DROP_UNTOLD || message.size < DROP_SIZE_MAX);
	}
	free(content);
}

/* What was sent as lines, without the stuffed dots: the octets that were counted. */
static uint64_t
unstuffed(const char *text, size_t len)
{
	uint64_t octets = len;
	for (size_t i = 0; i < len; i++)
		octets -= text[i] == '.' && (i == 0 || text[i - 1] == '\n');
	return octets;
}

static void
try_message(const uint8_t *data, size_t size)
{
	size_t lines = size < 1 ? 0 : data[0], piece = size < 2 ? 1 : data[1] + 1u, len = 0, whole_len;
	const char *text = (const char *)data + (size < 2 ? size : 2);
	size -= size < 2 ? size : 2;
	char *wire_text = malloc(2 * size + 2), *whole_text = malloc(2 * size + 2);
	struct wire_count count = { 0 };
	struct wire wire = { .lines = SIZE_MAX }, whole = { .lines = SIZE_MAX }, top = { .lines = lines };
	if (wire_text == NULL || whole_text == NULL)
		abort();
	for (size_t at = 0; at < size; at += piece) {
		size_t some = piece < size - at ? piece : size - at;
		wire_count(&count, text + at, some);
		len += wire_put(&wire, wire_text + len, text + at, some);
	}
	len += wire_end(&wire, wire_text + len);
	must(len <= 2 * size + 2 && (len == 0 || (len >= 2 && memcmp(wire_text + len - 2, "\r\n", 2) == 0)));
	must(len < 3 || (memmem(wire_text, len, "\r\n.\r\n", 5) == NULL && memcmp(wire_text, ".\r\n", 3) != 0));
	must(unstuffed(wire_text, len) == wire_count_end(&count));
	whole_len = wire_put(&whole, whole_text, text, size);
	whole_len += wire_end(&whole, whole_text + whole_len);
	must(whole_len == len && memcmp(whole_text, wire_text, len) == 0);
	whole_len = wire_put(&top, whole_text, text, size);
	whole_len += wire_end(&top, whole_text + whole_len);
	must(whole_len <= len && memcmp(whole_text, wire_text, whole_len) == 0);
	free(wire_text);
	free(whole_text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const tries[])(const uint8_t *data, size_t size) = { try_name, try_sizes, try_message };
	if (size > 0)
		tries[data[0] % 3](data + 1, size - 1);
	return 0;
}
