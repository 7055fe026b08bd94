/* Files that are written and read whole. Blocks. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>

/* Writes all octets. Returns 0, or -1 with errno. */
int file_write(int file, const char *octets, size_t len);

/*
 * Reads all that there is, max octets at most. To be freed by the caller; NULL with errno, EFBIG where there is more.
 */
char *file_read(int file, size_t max, size_t *len);

#endif
