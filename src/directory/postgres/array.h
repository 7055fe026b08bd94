/* Arrays as texts of PostgreSQL. */
#ifndef DIRECTORY_POSTGRES_ARRAY_H
#define DIRECTORY_POSTGRES_ARRAY_H

#include <stdbool.h>
#include <stdio.h>

/* Appends an element to the text of an array, which it begins if it is the first one. The caller ends it by a "}". */
void pg_array_put(FILE *array, bool first, const char *text, size_t len);

#endif
