/* Reads and writes whole files. Blocks. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>
#include <stdio.h>

/*
 * Opens a regular file for reading, as a stream that the caller closes. Other files are refused: a FIFO without a writer
 * would block, and a device may have no end. Returns NULL with an English text in *why, which the caller does not free.
 */
FILE *file_open(const char *path, const char **why);

/* Writes all octets, however often write(2) must be called. Returns 0, or -1 with errno. */
int file_write(int file, const char *octets, size_t len);

/*
 * Reads a regular file from its offset on, up to the size that it has now. The caller frees the octets, behind which
 * there is room for a NUL. Returns NULL with errno: EFBIG if the file has more than max octets.
 */
char *file_read(int file, size_t max, size_t *len);

/*
 * Makes the names in a folder last, after files were made, renamed or removed in it (fsync(2)). Returns 0, or -1 with errno.
 */
int file_sync_folder(const char *path);

#endif
