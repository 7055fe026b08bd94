/* Dates as mail has them. */
#ifndef BASE_DATE_H
#define BASE_DATE_H

#include <stdint.h>

enum { DATE_SIZE = 64 };

/* RFC 5322 section 3.3, in UTC, of seconds since 1970. */
void date_write(char date[DATE_SIZE], int64_t seconds);

#endif
