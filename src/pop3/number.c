/* Parses the numbers in commands: of messages, and of lines. */
#include <stdint.h>

#include "base/text/ascii.h"
#include "pop3/internal.h"

bool
number_parse(const char **arg, size_t *len, size_t *number)
{
	const char *at = *arg, *end = at + *len;
	size_t value = 0;

	for (; at < end && ascii_is_digit(*at); at++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (size_t)(*at - '0'), &value))
			value = SIZE_MAX / 10 + 1; /* overflows again with the next digit */
	if (at == *arg || (at < end && *at != ' '))
		return false;
	for (; at < end && *at == ' '; at++)
		;
	*arg = at;
	*len = (size_t)(end - at);
	*number = value;
	return true;
}

struct ftg_reply
number_message(struct pop3_session *s, const char **arg, size_t *len, size_t *number)
{
	size_t count = maildrop_count(s->maildrop);

	if (!number_parse(arg, len, number) || *number == 0)
		return ftg_reply(ERR_POP_MESSAGENUM);
	if (*number > count)
		return ftg_reply_count(ERR_POP_MESSAGECOUNT, count);
	if (maildrop_deleted(s->maildrop, *number))
		return ftg_reply(ERR_POP_DELETED);
	return ftg_reply(FTG_IDS);
}
