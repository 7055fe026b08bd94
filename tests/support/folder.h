/* A folder of its own for each test, and what is in it. */
#ifndef SUPPORT_FOLDER_H
#define SUPPORT_FOLDER_H

#include <stddef.h>

/* Makes an empty folder and goes there; folder_remove() takes it and all in it away. */
void folder_make(void);
void folder_remove(void);

/* How many files a shell pattern finds. */
size_t folder_count(const char *pattern);

/* The first file that a pattern finds: its name, and its content with a NUL; to be read before the next call. */
const char *folder_name(const char *pattern);
const char *folder_read(const char *pattern, size_t *len);

#endif
