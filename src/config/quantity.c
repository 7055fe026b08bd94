/* Quantities of a configuration. */
#include "config/quantity.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/text/ascii.h"
#include "config/limits.h"

/* Suffixes of a number, the largest of a unit first. */
static const struct suffix {
	const char *text;
	enum unit unit;
	int64_t factor;
} suffixes[] = {
	{ "", UNIT_COUNT, 1 },
	{ "G", UNIT_SIZE, 1 << 30 },
	{ "M", UNIT_SIZE, 1 << 20 },
	{ "K", UNIT_SIZE, 1 << 10 },
	{ "", UNIT_SIZE, 1 },
	{ "d", UNIT_TIME, 24 * 60 * LIMIT_MINUTE },
	{ "h", UNIT_TIME, 60 * LIMIT_MINUTE },
	{ "m", UNIT_TIME, LIMIT_MINUTE },
	{ "s", UNIT_TIME, 1000 },
	{ "ms", UNIT_TIME, 1 },
};

static const struct suffix *
find_suffix(enum unit unit, const char *text)
{
	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
		if (suffixes[i].unit == unit && strcmp(suffixes[i].text, text) == 0)
			return &suffixes[i];
	return NULL;
}

bool
quantity_read(enum unit unit, const char *text, int64_t *value)
{
	const char *at = text;
	if (!ascii_is_digit(*at))
		return false;
	for (*value = 0; ascii_is_digit(*at); at++)
		if (__builtin_mul_overflow(*value, 10, value) || __builtin_add_overflow(*value, *at - '0', value))
			return false;
	if (*value == 0 && *at == '\0')
		return true;
	const struct suffix *suffix = find_suffix(unit, at);
	return suffix != NULL && !__builtin_mul_overflow(*value, suffix->factor, value);
}

void
quantity_write(char text[QUANTITY_SIZE], enum unit unit, int64_t value)
{
	const struct suffix *suffix = suffixes;
	while (suffix->unit != unit || (value % suffix->factor != 0) || (value == 0 && suffix->factor != 1))
		suffix++;
	snprintf(text, QUANTITY_SIZE, "%" PRId64 "%s", value / suffix->factor, value == 0 ? "" : suffix->text);
}
