/* Fuzzes surrogates of messages; the first octet of an input says in what pieces the others come. */
#include "message/surrogate.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "message/encode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static struct surrogate
make(const char *octets, size_t len, size_t piece)
{
	struct surrogate s = { 0 };
	for (size_t at = 0; at < len; at += piece)
		must(surrogate_put(&s, octets + at, piece < len - at ? piece : len - at) == 0);
	must(surrogate_end(&s) == 0);
	return s;
}

static void
is_same(const struct surrogate *one, const struct surrogate *other)
{
	must(one->len == other->len && (one->len == 0 || memcmp(one->octets, other->octets, one->len) == 0));
}

/* The header is in ASCII. A message that is so becomes itself, and its body is what it was. */
static void
check(const struct surrogate *s, const char *octets, size_t len)
{
	struct surrogate_look look = { 0 }, source = { 0 };
	surrogate_look(&source, octets, len);
	must(source.high == s->high);
	if (s->len == 0)
		return;
	surrogate_look(&look, s->octets, s->len);
	must(!look.high);
	struct surrogate again = make(s->octets, s->len, s->len);
	is_same(s, &again);
	must(!again.high && !surrogate_is_needed(&again));
	surrogate_clear(&again);
	if (!source.high && len < SURROGATE_FIELD_MAX)
		must(s->len == len && memcmp(s->octets, octets, len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	const char *octets = (const char *)data + 1;
	struct surrogate whole = make(octets, size - 1, size - 1), pieces = make(octets, size - 1, data[0] + 1u);
	is_same(&whole, &pieces);
	must(surrogate_is_needed(&whole) == surrogate_is_needed(&pieces));
	check(&whole, octets, size - 1);
	surrogate_clear(&whole);
	surrogate_clear(&pieces);
	return 0;
}
