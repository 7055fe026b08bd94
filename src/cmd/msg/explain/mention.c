/* References in a sentence: "see #4.46". */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "find.h"
#include "scan.h"

enum { SENTENCE_MAX = 256 }; /* octets of a text that can be such a sentence */

/* Whether the word before a '#' says that a number of something else follows. */
static bool
counts_something_else(const char *text, const char *mark)
{
	static const char *const nouns[] = { "ticket", "version", "issue", "bug", "case", "order", "item", "chapter",
		"section", "page", "build", "release" };
	const char *end = scan_before_blanks(text, mark);

	for (size_t i = 0; i < sizeof nouns / sizeof *nouns; i++)
		if (scan_ends_with(text, end, nouns[i]))
			return true;
	return false;
}

static bool
reference_is_mentioned(const char *text, const char *mark, const char *end)
{
	const char *after = mark + 5;

	return *mark == '#' && (mark == text || !isalnum((unsigned char)mark[-1])) &&
	    scan_reference(mark + 1, end) > 0 && (after == end || !isalnum((unsigned char)*after)) &&
	    !counts_something_else(text, mark);
}

void
find_mentions(struct hits *hits, const char *text, size_t n)
{
	const char *end = text + n;
	char reference[6] = "";

	if (n > SENTENCE_MAX || memchr(text, '\n', n) != NULL)
		return;
	for (const char *mark = text; mark < end; mark++)
		if (reference_is_mentioned(text, mark, end)) {
			memcpy(reference, mark, sizeof reference - 1);
			find_word(hits, reference);
		}
}
