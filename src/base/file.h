/* Reads and writes whole files. Blocks. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>

/* Writes all octets, however often write(2) must be called. Returns 0, or -1 with errno. */
int file_write(int file, const char *octets, size_t len);

/*
 * Reads a regular file from its offset on, up to the size that it has now. The caller frees the octets, behind which
 * there is room for a NUL. Returns NULL with errno: EFBIG if the file has more than max octets.
 */
char *file_read(int file, size_t max, size_t *len);

#endif
