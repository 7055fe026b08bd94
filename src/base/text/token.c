/* Tokens, which name a session in replies and in the log. */
#include "base/text/token.h"

#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Crockford's base 32, which leaves out i, l, o and u: they are mistaken for digits. */
static const char digits[33] = "0123456789abcdefghjkmnpqrstvwxyz";

/* Writes the lowest 5 * count bits of a number as count digits. */
static char *
put_number(char *at, uint64_t number, unsigned count)
{
	while (count-- > 0)
		*at++ = digits[number >> (5 * count) & 31];
	return at;
}

static unsigned
count_digits(uint64_t number)
{
	unsigned count = 1;
	while (number >>= 5)
		count++;
	return count;
}

/* The second of the process's first token (7 digits), the process ID (5 digits for its 22 bits), and a running number. */
void
token_make(char token[TOKEN_SIZE])
{
	static pid_t process;
	static uint64_t second;
	static uint32_t count;
	if (process == 0 || count == UINT32_MAX) {
		process = getpid();
		second = (uint64_t)time(NULL);
		count = 0;
	}
	char *at = put_number(token, second, 7);
	at = put_number(at, (uint64_t)process, 5);
	at = put_number(at, count, count_digits(count));
	*at = '\0';
	count++;
}
