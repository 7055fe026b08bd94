/* Finds what was rotated away from a log file. */
#ifndef CMD_CTL_TRACE_ROTATED_H
#define CMD_CTL_TRACE_ROTATED_H

#include <stdbool.h>

/* Calls back for a path; false: it has failed. */
typedef bool rotated_found(void *context, const char *path);

/*
 * Calls back for FILE.N and FILE-N, with N in decimal digits, also with .gz behind it, in the folder of the file: that which
 * was written first comes first. Returns false if a call does.
 */
bool rotated_find(const char *path, rotated_found *found, void *context);

#endif
