/* The limits of a server, with their units and defaults. */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#include <stdint.h>

#define LIMIT_MINUTE (60 * 1000LL)

/* Counts; octets, a second for rates; milliseconds. limits.def tells which is which, and what each may be. */
struct limits {
#define LIMIT(member, name, unit, standard, least, most) int64_t member;
#include "base/limits.def"
#undef LIMIT
};

enum { LIMIT_ERROR_SIZE = 160 };

/* How many there are, and the name of each. */
extern const unsigned limit_count;
const char *limit_name(unsigned limit);

/* All at their defaults. */
struct limits limits_standard(void);

/*
 * Sets a limit to what a text says: "100"; "10M" (K, M and G are powers of 1024); "90s" (ms, s, m, h and d). Returns 0,
 * or -1 with an English sentence that names the cure.
 */
int limit_set(struct limits *limits, unsigned limit, const char *text, char error[LIMIT_ERROR_SIZE]);

#endif
