/* The limits of a server, with their units and defaults. */
#ifndef CONFIG_LIMITS_H
#define CONFIG_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#define LIMIT_MINUTE (60 * 1000LL)

#include "config/section_members.h"

/* Counts; octets, or octets a second; milliseconds. The table says which, and what values each may have. */
struct limits {
#include "config/section/limits.def"
};

#include "config/section_members_end.h"

/* Returns all limits at their defaults. */
struct limits limits_standard(void);

#endif
