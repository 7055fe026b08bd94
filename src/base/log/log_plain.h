/* What stands in a value of the log without quotes; for its writer and its reader. */
#ifndef BASE_LOG_PLAIN_H
#define BASE_LOG_PLAIN_H

#include <stdbool.h>
#include <stdint.h>

/* May an octet be in a value without quotes? Graphic ASCII but the quote, "=" and the backslash: a bit for each octet. */
static inline bool
log_is_plain(unsigned char octet)
{
	static const uint32_t plain[8] = { 0, 0xDFFFFFFA, 0xEFFFFFFF, 0x7FFFFFFF };
	return plain[octet / 32] >> octet % 32 & 1;
}

#endif
