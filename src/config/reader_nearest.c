/* The name that is meant by one that is misspelled. */
#include <string.h>

#include "base/ascii.h"
#include "config/reader.h"

enum { NAME_MAX_ = 40 };

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many letters must be added, removed, replaced or exchanged with their neighbour to make one name of the other. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[3][NAME_MAX_ + 1], a_len = strlen(a), b_len = strlen(b);
	if (a_len > NAME_MAX_ || b_len > NAME_MAX_)
		return NAME_MAX_;
	for (size_t j = 0; j <= b_len; j++)
		row[0][j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
		now[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			bool same = ascii_lower(a[i - 1]) == ascii_lower(b[j - 1]) ||
			    (a[i - 1] == '_' && b[j - 1] == '-');
			now[j] = least(least(now[j - 1], last[j]) + 1, last[j - 1] + !same);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = least(now[j], before[j - 2] + 1);
		}
	}
	return row[a_len % 3][b_len];
}

/* The nearest that has been found: at most a third of its letters may differ. */
struct search {
	const char *name, *nearest;
	size_t distance;
};

static void
hold_against(struct search *search, const char *name)
{
	size_t found = distance(search->name, name);
	if (found >= search->distance || 3 * found > strlen(name))
		return;
	search->nearest = name;
	search->distance = found;
}

const char *
reader_nearest(const struct section *section, const char *name)
{
	struct search search = { .name = name, .distance = NAME_MAX_ };
	const struct section *table = section != NULL ? section : &section_server;
	for (unsigned i = 0; i < table->count; i++)
		hold_against(&search, table->settings[i].name);
	for (unsigned i = 0; i < section_count && section == NULL; i++)
		hold_against(&search, sections[i].name);
	return search.nearest;
}
