/* The name that is meant by one that is misspelled. */
#include "base/text/nearest.h"
#include "config/reader.h"

const char *
reader_nearest(const struct section *section, const char *name)
{
	struct nearest search = { .word = name };
	const struct section *table = section != NULL ? section : &section_server;
	for (unsigned i = 0; i < table->count; i++)
		nearest_try(&search, table->settings[i].name);
	for (unsigned i = 0; i < section_count && section == NULL; i++)
		nearest_try(&search, sections[i].name);
	return search.best;
}
