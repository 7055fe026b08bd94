/* The limits of a server, with their units and defaults. */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#define LIMIT_MINUTE (60 * 1000LL)

#include "base/section_members.h"

/* Counts; octets, a second for rates; milliseconds. The table tells which is which, and what each may be. */
struct limits {
#include "base/section/limits.def"
};

#include "base/section_members_end.h"

/* All at their defaults. */
struct limits limits_standard(void);

#endif
