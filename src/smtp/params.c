/* Parses the parameters of MAIL and RCPT. */
#include "smtp/params.h"

#include <string.h>

#include "base/text/ascii.h"

enum {
	SIZE_DIGITS_MAX = 20, /* RFC 1870 section 4 */
	AUTH_MAX = 500,       /* RFC 4954 section 5, with the keyword */
};

static bool
parse_size(struct params *params, struct span value)
{
	if (value.len == 0 || value.len > SIZE_DIGITS_MAX)
		return false;
	params->size = 0;
	for (size_t i = 0; i < value.len; i++) {
		if (!ascii_is_digit(value.text[i]))
			return false;
		if (__builtin_mul_overflow(params->size, 10U, &params->size) ||
		    __builtin_add_overflow(params->size, (unsigned)(value.text[i] - '0'), &params->size))
			params->size = UINT64_MAX;
	}
	return true;
}

static bool
parse_body(struct params *params, struct span value)
{
	params->eightbit = span_equals(value, "8BITMIME");
	return params->eightbit || span_equals(value, "7BIT");
}

static bool
parse_utf8(struct params *params, struct span value)
{
	params->utf8 = true;
	return value.text == NULL;
}

static bool
parse_return(struct params *params, struct span value)
{
	return dsn_read_return(value, &params->ret);
}

static bool
parse_envid(struct params *params, struct span value)
{
	params->envid = value;
	return dsn_check_envid(value);
}

/* AUTH names the author as another server knows it. It is checked, and treated as "<>", as from an untrusted client. */
static bool
parse_auth(struct params *params, struct span value)
{
	(void)params;
	return value.len <= AUTH_MAX && dsn_is_xtext(value);
}

static bool
parse_notify(struct params *params, struct span value)
{
	return dsn_read_notify(value, &params->notify);
}

static bool
parse_orcpt(struct params *params, struct span value)
{
	params->orcpt = value;
	return dsn_check_orcpt(value, params->utf8);
}

/* value.text is NULL if the parameter has no "=". */
static const struct param {
	const char *keyword;
	bool (*parse)(struct params *params, struct span value);
	enum params_command command;
	bool dsn;
} table[] = {
	{ "SIZE", parse_size, PARAMS_MAIL, false },
	{ "BODY", parse_body, PARAMS_MAIL, false },
	{ "SMTPUTF8", parse_utf8, PARAMS_MAIL, false },
	{ "AUTH", parse_auth, PARAMS_MAIL, false },
	{ "RET", parse_return, PARAMS_MAIL, true },
	{ "ENVID", parse_envid, PARAMS_MAIL, true },
	{ "NOTIFY", parse_notify, PARAMS_RCPT, true },
	{ "ORCPT", parse_orcpt, PARAMS_RCPT, true },
};

static bool
parse_param(struct params *params, enum params_command command, struct span word)
{
	const char *sign = memchr(word.text, '=', word.len);
	struct span keyword = { word.text, sign != NULL ? (size_t)(sign - word.text) : word.len };
	struct span value = { NULL, 0 };

	if (sign != NULL)
		value = (struct span) { sign + 1, word.len - keyword.len - 1 };
	for (unsigned i = 0; i < sizeof table / sizeof *table; i++) {
		if (table[i].command != command || !span_equals(keyword, table[i].keyword))
			continue;
		if (table[i].dsn && !params->dsn)
			return false;
		bool repeated = params->seen & 1U << i;
		params->seen |= 1U << i;
		return !repeated && table[i].parse(params, value);
	}
	return false;
}

struct span
params_next(struct span *text)
{
	const char *end = text->text + text->len;
	const char *p = text->text;

	while (p < end && *p == ' ')
		p++;
	if (p == end)
		return (struct span) { NULL, 0 };
	const char *space = memchr(p, ' ', (size_t)(end - p));
	struct span word = { p, (size_t)((space != NULL ? space : end) - p) };
	*text = (struct span) { p + word.len, (size_t)(end - p) - word.len };
	return word;
}

bool
params_read(struct params *params, enum params_command command, struct span text, struct span *bad)
{
	for (*bad = params_next(&text); bad->text != NULL; *bad = params_next(&text))
		if (!parse_param(params, command, *bad))
			return false;
	return true;
}
