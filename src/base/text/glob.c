/* Patterns with * and ?. */
#include "base/text/glob.h"

#include "base/text/ascii.h"

/* Only the last star needs to try more octets: the text before it has been matched as early as possible. */
bool
glob_match(const char *pattern, size_t pattern_len, const char *text, size_t len)
{
	size_t p = 0, t = 0, star = pattern_len, taken = 0;
	while (t < len) {
		if (p < pattern_len && pattern[p] == '*') {
			star = p++;
			taken = t;
		} else if (p < pattern_len && (pattern[p] == '?' || ascii_lower(pattern[p]) == ascii_lower(text[t]))) {
			p++;
			t++;
		} else if (star < pattern_len) {
			p = star + 1;
			t = ++taken;
		} else {
			return false;
		}
	}
	while (p < pattern_len && pattern[p] == '*')
		p++;
	return p == pattern_len;
}
