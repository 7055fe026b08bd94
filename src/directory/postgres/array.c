/* Arrays as texts of PostgreSQL. */
#include "directory/postgres/array.h"

/* Quotes and backslashes are escaped. */
void
pg_array_put(FILE *array, bool first, const char *text, size_t len)
{
	fputs(first ? "{\"" : ",\"", array);
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"' || text[i] == '\\')
			fputc('\\', array);
		fputc(text[i], array);
	}
	fputc('"', array);
}
