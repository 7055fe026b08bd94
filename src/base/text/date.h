/* Dates of mail (RFC 5322 section 3.3). */
#ifndef BASE_DATE_H
#define BASE_DATE_H

#include <stdint.h>

enum { DATE_SIZE = 64 }; /* octets of a date with its NUL */

/* Writes a time, in seconds since 1970, as a date in UTC. A time that no calendar has is written as 1970. */
void date_write(char date[DATE_SIZE], int64_t seconds);

#endif
