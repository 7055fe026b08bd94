/* TLSA records of a server, as SMTP uses them for DANE. */
#include "port/tlsa.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { USAGE_TA = 2, USAGE_EE = 3, SELECTOR_MAX = 1, FULL = 0, SHA_256 = 1, SHA_512 = 2, LEN_OCTETS = 2 };

static bool
is_usable(const struct resolver_record *record)
{
	const unsigned char *numbers = (const unsigned char *)record->text;
	if (record->len <= RESOLVER_TLSA_HEAD)
		return false;
	size_t len = record->len - RESOLVER_TLSA_HEAD;
	if (numbers[0] != USAGE_TA && numbers[0] != USAGE_EE)
		return false;
	if (numbers[1] > SELECTOR_MAX || record->len > UINT16_MAX)
		return false;
	switch (numbers[2]) {
	case FULL: return true;
	case SHA_256: return len == 256 / 8;
	case SHA_512: return len == 512 / 8;
	default: return false;
	}
}

struct tlsa_set *
tlsa_set_new(const struct resolver_answer *answer, const char *base, const char *also)
{
	size_t most = 0;
	for (size_t i = 0; i < answer->count; i++)
		most += LEN_OCTETS + answer->records[i].len;
	struct tlsa_set *set = malloc(sizeof *set + most);
	if (set == NULL)
		return NULL;
	*set = (struct tlsa_set) { .holders = 1 };
	snprintf(set->base, sizeof set->base, "%s", base);
	snprintf(set->also, sizeof set->also, "%s", also);
	for (size_t i = 0; i < answer->count; i++) {
		const struct resolver_record *record = &answer->records[i];
		if (!is_usable(record))
			continue;
		set->octets[set->len++] = (unsigned char)(record->len >> 8);
		set->octets[set->len++] = (unsigned char)record->len;
		memcpy(set->octets + set->len, record->text, record->len);
		set->len += record->len;
	}
	return set;
}

struct tlsa_set *
tlsa_set_hold(struct tlsa_set *set)
{
	if (set != NULL)
		set->holders++;
	return set;
}

void
tlsa_set_release(struct tlsa_set *set)
{
	if (set != NULL && --set->holders == 0)
		free(set);
}

bool
tlsa_set_next(const struct tlsa_set *set, size_t *at, struct tlsa *record)
{
	if (*at >= set->len)
		return false;
	const unsigned char *from = set->octets + *at;
	size_t len = (size_t)from[0] << 8 | from[1];
	from += LEN_OCTETS;
	*record = (struct tlsa) { from[0], from[1], from[2], from + RESOLVER_TLSA_HEAD, len - RESOLVER_TLSA_HEAD };
	*at += LEN_OCTETS + len;
	return true;
}

bool
tlsa_set_is_same(const struct tlsa_set *a, const struct tlsa_set *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return a->len == b->len && memcmp(a->octets, b->octets, a->len) == 0 && strcmp(a->base, b->base) == 0 &&
	    strcmp(a->also, b->also) == 0;
}
