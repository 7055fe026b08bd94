/* Parses the name of a message file: its arrival, identity and size. Names may hold anything. */
#include "store/maildrop/name.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/siphash.h"
#include "base/text/ascii.h"

enum { MICROSECOND_BITS = 20 };

static const uint64_t seconds_max = UINT64_MAX >> MICROSECOND_BITS;
static const uint64_t microseconds_max = (1 << MICROSECOND_BITS) - 1;

/* Reads digits; a number above the limit is the limit. False if there are none. */
static bool
take_number(const char **at, uint64_t max, uint64_t *number)
{
	if (!ascii_is_digit(**at))
		return false;
	for (*number = 0; ascii_is_digit(**at); ++*at) {
		unsigned digit = (unsigned)(**at - '0');
		*number = *number > (max - digit) / 10 ? max : *number * 10 + digit;
	}
	return true;
}

/* The seconds, and the microseconds behind an M in what follows the dot, if that is there. */
static uint64_t
find_arrival(const char *name, size_t base_len)
{
	uint64_t seconds, microseconds = 0;
	const char *at = name, *end = name + base_len;
	if (!take_number(&at, seconds_max, &seconds))
		return 0;
	for (bool first = true; at < end && *at != 'M' && (first || *at != '.'); first = false)
		at++;
	if (at < end && *at++ == 'M')
		take_number(&at, microseconds_max, &microseconds);
	return seconds << MICROSECOND_BITS | microseconds;
}

/* A field such as "S=123". */
static void
take_field(const char *at, const char *end, char key, uint64_t *size)
{
	uint64_t number;
	if (end - at < 3 || at[0] != key || at[1] != '=')
		return;
	at += 2;
	if (take_number(&at, DROP_SIZE_MAX, &number) && at == end && number < DROP_SIZE_MAX)
		*size = number;
}

struct drop_name
drop_name_parse(const char *name)
{
	size_t base_len = strcspn(name, ",:");
	struct drop_name told = { find_arrival(name, base_len), DROP_UNTOLD, DROP_UNTOLD, DROP_UNTOLD, base_len };
	for (const char *at = name + base_len; *at == ',';) {
		const char *field = at + 1;
		at = field + strcspn(field, ",:");
		take_field(field, at, 'S', &told.size);
		take_field(field, at, 'W', &told.wire_size);
		take_field(field, at, 'U', &told.surrogate);
	}
	if (told.size != DROP_UNTOLD && (told.wire_size < told.size || told.wire_size > 2 * told.size + 2))
		told.wire_size = DROP_UNTOLD;
	return told;
}

static bool
is_uid(const char *base, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (base[i] < 0x21 || base[i] > 0x7E)
			return false;
	return len > 0 && len < MAILDROP_UID_SIZE;
}

size_t
drop_name_uid(char uid[MAILDROP_UID_SIZE], const char *base, size_t len)
{
	static const uint64_t keys[2][2] = { { 0, 1 }, { 2, 3 } };
	if (!is_uid(base, len))
		return (size_t)snprintf(uid, MAILDROP_UID_SIZE, ",%016" PRIx64 "%016" PRIx64,
		    siphash(keys[0], base, len), siphash(keys[1], base, len));
	memcpy(uid, base, len);
	uid[len] = '\0';
	return len;
}
