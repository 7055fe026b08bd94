/* Tokens that name a session in replies and in the log. */
#include "base/token.h"

#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* No letters that are taken for digits: i, l, o, u (as Crockford's base 32 has it). */
static const char digits[33] = "0123456789abcdefghjkmnpqrstvwxyz";

/* Writes the lowest 5 * places bits of a number. */
static char *
put_number(char *at, uint64_t number, unsigned places)
{
	while (places-- > 0)
		*at++ = digits[number >> (5 * places) & 31];
	return at;
}

static unsigned
places_of(uint64_t number)
{
	unsigned places = 1;
	while (number >>= 5)
		places++;
	return places;
}

/* The second of the first token (7 digits), the process (5: a pid has 22 bits), and a running number. */
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
	at = put_number(at, count, places_of(count));
	*at = '\0';
	count++;
}
