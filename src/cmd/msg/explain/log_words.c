/* Finds words of the log, which man/ftgate-log.7 explains: "event=deferred", "cause=hops", "check=greylist". */
#include <ctype.h>
#include <string.h>

#include "find.h"

static const struct log_word words[] = {
#define LOG_WORD(key, name, meaning) { key, name, meaning },
#include "cmd/msg/explain/log_words.def"
#undef LOG_WORD
};

/* Adds each word of this name: an event can be one of two parts of the server. */
static void
add(struct hits *hits, const char *key, const char *name, size_t n)
{
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(words[i].key, key) == 0 && strlen(words[i].name) == n && memcmp(words[i].name, name, n) == 0)
			hits_add(hits, &(struct hit) { .kind = HIT_WORD, .id = FTG_IDS, .word = &words[i] });
}

static size_t
word_length(const char *p, const char *end)
{
	size_t n = 0;

	while (p + n < end && (isalnum((unsigned char)p[n]) || p[n] == '-'))
		n++;
	return n;
}

/* The word after "event=" or "cause=" at p. The values of check are sections of the configuration: the key explains them. */
static void
find_pair(struct hits *hits, const char *p, const char *end)
{
	static const char *const keys[] = { "event", "cause" };

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		size_t n = strlen(keys[i]);

		if ((size_t)(end - p) > n && memcmp(p, keys[i], n) == 0 && p[n] == '=')
			add(hits, keys[i], p + n + 1, word_length(p + n + 1, end));
	}
	if (end - p > 6 && memcmp(p, "check=", 6) == 0 && word_length(p + 6, end) > 0)
		add(hits, "key", "check", 5);
}

void
find_log_words(struct hits *hits, const char *text, size_t n, bool word)
{
	const char *end = text + n;

	for (const char *p = text; p < end; p++)
		if (p == text || isspace((unsigned char)p[-1]))
			find_pair(hits, p, end);
	if (!word || hits->count > 0)
		return;
	n -= n > 0 && text[n - 1] == '=';
	add(hits, "event", text, n);
	add(hits, "cause", text, n);
	if (hits->count == 0)
		add(hits, "key", text, n);
}
