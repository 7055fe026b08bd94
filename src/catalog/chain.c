/* Language chains: which sources provide the texts for a language preference, and in which order. */
#include "catalog/chain.h"

#include <string.h>

enum { CHAIN_MAX = 256 };

/* Sources in order; those in Latin script that were added for another script are used on the ASCII wire only. */
struct chain {
	const struct sources *sources;
	struct {
		const struct source *source;
		bool ascii_only;
	} link[CHAIN_MAX];
	size_t links;
	size_t own; /* how many of them are of the preference; the polite English follows */
	bool ends;  /* the preference names English */
};

void
preference_each(const char *preference, bool (*each)(void *context, const char *name, size_t len), void *context)
{
	while (*preference != '\0') {
		size_t len = strcspn(preference, ":");
		if (len > 0 && !each(context, preference, len))
			return;
		preference += len + (preference[len] == ':');
	}
}

/* The first index in [low, high) whose source has this tag or a later one; high if there is none. */
static size_t
lower_bound(const struct sources *sources, size_t low, size_t high, const struct tag *tag)
{
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (tag_compare(&sources->source[middle]->tag, tag) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t
sources_find(const struct sources *sources, const struct tag *tag)
{
	size_t i = lower_bound(sources, 0, sources->translations, tag);
	if (i < sources->translations && tag_equal(&sources->source[i]->tag, tag))
		return i;
	i = lower_bound(sources, sources->translations, sources->count, tag);
	return i < sources->count && tag_equal(&sources->source[i]->tag, tag) ? i : sources->count;
}

static void
add_range(struct chain *chain, size_t low, size_t high, const struct tag *tag, bool ascii_only)
{
	const struct sources *sources = chain->sources;
	for (size_t i = lower_bound(sources, low, high, tag); i < high && chain->links < CHAIN_MAX; i++) {
		if (!tag_equal(&sources->source[i]->tag, tag))
			return;
		chain->link[chain->links].source = sources->source[i];
		chain->link[chain->links++].ascii_only = ascii_only;
	}
}

static void
add_sources(struct chain *chain, const struct tag *tag, bool ascii_only)
{
	add_range(chain, 0, chain->sources->translations, tag, ascii_only);
	add_range(chain, chain->sources->translations, chain->sources->count, tag, ascii_only);
}

/* English ends a chain, since it has every text; so does C, which is the built-in English. */
static bool
add_preference(void *context, const char *name, size_t len)
{
	struct chain *chain = context;
	struct tag tag, candidate;
	if (tag_is_default(name, len)) {
		chain->ends = true;
		return false;
	}
	if (!tag_parse(&tag, name, len))
		return true;
	for (unsigned k = 0; tag_candidate(&tag, k, &candidate); k++) {
		struct tag latin = tag_latin(&candidate);
		add_sources(chain, &candidate, false);
		if (!tag_equal(&latin, &candidate))
			add_sources(chain, &latin, true);
	}
	chain->ends = strcmp(tag.language, "en") == 0;
	return !chain->ends;
}

/* The text of the first link in [low, high) that has one: the operator's before a translation. NULL if none has. */
static const struct entry *
find_entry(const struct chain *chain, size_t low, size_t high, enum ftg_encoding encoding, unsigned id)
{
	for (unsigned origin = FTG_FROM_OVERLAY; origin > FTG_FROM_TABLE; origin--) {
		for (size_t i = low; i < high; i++) {
			const struct source *source = chain->link[i].source;
			if (source->origin == origin && source->entry[encoding][id].form != NULL &&
			    (!chain->link[i].ascii_only || encoding == FTG_ASCII))
				return &source->entry[encoding][id];
		}
	}
	return NULL;
}

static void
fill_entry(struct language *language, const struct chain *chain, enum ftg_encoding encoding, unsigned id)
{
	const struct entry *entry = find_entry(chain, 0, chain->own, encoding, id);
	if (entry == NULL)
		entry = find_entry(chain, chain->own, chain->links, encoding, id);
	if (entry != NULL)
		language->entry[encoding][id] = entry;
}

/* Whether two tags begin with different languages: ru and ru-Latn do not. */
static bool
differ(const char *a, const char *b)
{
	size_t len = strcspn(a, "-");
	return len != strcspn(b, "-") || memcmp(a, b, len) != 0;
}

static void
mark_fallbacks(struct language *language)
{
	for (unsigned encoding = 0; encoding < FTG_ENCODINGS; encoding++) {
		for (unsigned id = 0; id < FTG_IDS; id++)
			language->falls_back[encoding][id] = differ(
			    language->entry[encoding][id]->spoken, language->name);
	}
}

/*
 * Sets language->spoken to the language that most lines of the protocols have, of those that have a text besides English
 * (Boyer and Moore's vote).
 */
static void
count_spoken(struct language *language, enum ftg_encoding encoding)
{
	const char *spoken = "en";
	unsigned votes = 0;
	for (unsigned id = 0; id < FTG_IDS; id++) {
		const char *tag = language->entry[encoding][id]->spoken;
		if (ftg_row((enum ftg_id)id)->service == FTG_DSN ||
		    strcmp(language->entry[FTG_UTF8][id]->spoken, "en") == 0)
			continue;
		if (votes == 0)
			spoken = tag;
		if (strcmp(tag, spoken) == 0)
			votes++;
		else
			votes--;
	}
	language->spoken[encoding] = spoken;
}

/* The first source of the preference; one that is for ASCII only if there is no other. */
static const struct source *
first_source(const struct chain *chain)
{
	for (size_t i = 0; i < chain->own; i++) {
		if (!chain->link[i].ascii_only)
			return chain->link[i].source;
	}
	return chain->link[0].source;
}

bool
chain_fill(struct language *language, const char *preference, const struct sources *sources)
{
	static const struct tag english = { .language = "en" };
	struct chain chain = { .sources = sources };
	preference_each(preference, add_preference, &chain);
	chain.own = chain.links;
	if (!chain.ends && chain.own > 0)
		add_sources(&chain, &english, false);
	for (unsigned id = 0; id < FTG_IDS; id++) {
		fill_entry(language, &chain, FTG_ASCII, id);
		fill_entry(language, &chain, FTG_UTF8, id);
	}
	count_spoken(language, FTG_ASCII);
	count_spoken(language, FTG_UTF8);
	if (chain.own == 0)
		return false;
	language->tag = first_source(&chain)->tag;
	tag_format(&language->tag, language->name);
	mark_fallbacks(language);
	return true;
}
