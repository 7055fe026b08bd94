/*
 * Fuzzes the writer of .mo files: what it writes is read as the same entries, in the order of their keys. The input is a
 * list of strings, each with two octets of length before it: a key, its text, and so on.
 */
#include "catalog/mo.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRIES = 64, STRING = 1024 };

struct input {
	const uint8_t *at;
	size_t left;
	char strings[2 * ENTRIES][STRING + 1];
	size_t count;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct mo_string
next_string(struct input *input)
{
	char *copy = input->strings[input->count++];
	size_t len = 0;
	if (input->left >= 2) {
		len = (size_t)(input->at[0] << 8 | input->at[1]) % STRING;
		input->at += 2;
		input->left -= 2;
	}
	len = len < input->left ? len : input->left;
	memcpy(copy, input->at, len);
	copy[len] = '\0';
	input->at += len;
	input->left -= len;
	return (struct mo_string) { .bytes = copy, .len = len };
}

static void
expect(bool fine)
{
	if (!fine)
		abort();
}

static void
expect_same(struct mo_string one, struct mo_string other)
{
	expect(one.len == other.len && memcmp(one.bytes, other.bytes, one.len + 1) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct input input;
	struct mo_entry entries[ENTRIES];
	size_t count = 0, len;
	const char *why;
	struct mo mo;
	input.at = data;
	input.left = size;
	input.count = 0;
	for (; input.left > 0 && count < ENTRIES; count++) {
		entries[count].key = next_string(&input);
		entries[count].text = next_string(&input);
	}
	char *octets = mo_write(entries, count, &len);
	if (octets == NULL)
		return 0;
	expect(mo_parse(&mo, octets, len, &why) && mo.entries == count);
	for (uint32_t i = 0; i < count; i++) {
		expect_same(mo_key(&mo, i), entries[i].key);
		expect_same(mo_text(&mo, i), entries[i].text);
		expect(i == 0 || strcmp(entries[i - 1].key.bytes, entries[i].key.bytes) < 0);
	}
	free(octets);
	return 0;
}
