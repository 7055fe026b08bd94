/* The limits of a server, with their units and defaults. */
#include "base/limits.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/ascii.h"

enum unit { COUNT, SIZE, TIME };

static const struct row {
	const char *name;
	size_t offset;
	enum unit unit;
	int64_t standard, least, most;
} rows[] = {
#define LIMIT(member, name, unit, standard, least, most)                                                               \
	{ name, offsetof(struct limits, member), unit, standard, least, most },
#include "base/limits.def"
#undef LIMIT
};

const unsigned limit_count = sizeof rows / sizeof *rows;

/* What may stand behind a number, the greatest first. */
static const struct suffix {
	const char *text;
	enum unit unit;
	int64_t factor;
} suffixes[] = {
	{ "", COUNT, 1 },
	{ "G", SIZE, 1 << 30 },
	{ "M", SIZE, 1 << 20 },
	{ "K", SIZE, 1 << 10 },
	{ "", SIZE, 1 },
	{ "d", TIME, 24 * 60 * LIMIT_MINUTE },
	{ "h", TIME, 60 * LIMIT_MINUTE },
	{ "m", TIME, LIMIT_MINUTE },
	{ "s", TIME, 1000 },
	{ "ms", TIME, 1 },
};

const char *
limit_name(unsigned limit)
{
	return rows[limit].name;
}

static int64_t *
place(struct limits *limits, const struct row *row)
{
	return (int64_t *)(void *)((char *)limits + row->offset);
}

struct limits
limits_standard(void)
{
	struct limits limits;
	for (unsigned i = 0; i < limit_count; i++)
		*place(&limits, &rows[i]) = rows[i].standard;
	return limits;
}

static const struct suffix *
find_suffix(enum unit unit, const char *text)
{
	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
		if (suffixes[i].unit == unit && strcmp(suffixes[i].text, text) == 0)
			return &suffixes[i];
	return NULL;
}

/* A number with a suffix; 0 needs none. */
static bool
read_value(enum unit unit, const char *text, int64_t *value)
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

/* Writes a value with the suffix that keeps it shortest. */
static void
put_value(char text[32], enum unit unit, int64_t value)
{
	const struct suffix *suffix = suffixes;
	while (suffix->unit != unit || (value % suffix->factor != 0) || (value == 0 && suffix->factor != 1))
		suffix++;
	snprintf(text, 32, "%" PRId64 "%s", value / suffix->factor, value == 0 ? "" : suffix->text);
}

int
limit_set(struct limits *limits, unsigned limit, const char *text, char error[LIMIT_ERROR_SIZE])
{
	static const char *const forms[] = {
		[COUNT] = "a number such as 100",
		[SIZE] = "octets such as 500, 64K, 10M or 1G",
		[TIME] = "a time such as 500ms, 30s, 5m, 1h or 2d",
	};
	const struct row *row = &rows[limit];
	char least[32], most[32];
	int64_t value;
	if (!read_value(row->unit, text, &value)) {
		snprintf(error, LIMIT_ERROR_SIZE, "'%.40s' is not %s", text, forms[row->unit]);
		return -1;
	}
	if (value < row->least || value > row->most) {
		put_value(least, row->unit, row->least);
		put_value(most, row->unit, row->most);
		snprintf(error, LIMIT_ERROR_SIZE, "%.40s is out of bounds: it may be from %s to %s", text, least, most);
		return -1;
	}
	*place(limits, row) = value;
	return 0;
}
