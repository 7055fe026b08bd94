/* Language chains: which sources provide the texts for a language preference, and in which order. */
#include "catalog/chain.h"

#include <string.h>

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
lower_bound(struct source *const *source, size_t low, size_t high, const struct tag *tag)
{
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (tag_compare(&source[middle]->tag, tag) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t
sources_find(const struct sources *sources, const struct tag *tag)
{
	size_t i = lower_bound(sources->source, 0, sources->translations, tag);
	if (i < sources->translations && tag_equal(&sources->source[i]->tag, tag))
		return i;
	i = lower_bound(sources->source, sources->translations, sources->count, tag);
	return i < sources->count && tag_equal(&sources->source[i]->tag, tag) ? i : sources->count;
}

struct chain_range
chain_range(struct source *const *source, size_t count, const struct tag *tag)
{
	size_t low = lower_bound(source, 0, count, tag), high = low;
	while (high < count && tag_equal(&source[high]->tag, tag))
		high++;
	return (struct chain_range) { source + low, high - low };
}

static void
add_sources(struct chain *chain, const struct tag *tag, bool ascii_only)
{
	const struct sources *all = chain->sources;
	struct chain_link link = {
		.tag = *tag,
		.translations = chain_range(all->source, all->translations, tag),
		.overlays = chain_range(all->source + all->translations, all->count - all->translations, tag),
		.ascii_only = ascii_only,
	};
	if (link.translations.count + link.overlays.count > 0 && chain->links < CHAIN_MAX)
		chain->link[chain->links++] = link;
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

/* The text of the first source that has one. */
static const struct entry *
find_in(const struct chain_range *range, enum ftg_audience audience, enum ftg_encoding encoding, unsigned id)
{
	for (size_t i = 0; i < range->count; i++) {
		if (range->source[i]->entry[audience][encoding][id] != NULL)
			return range->source[i]->entry[audience][encoding][id];
	}
	return NULL;
}

/* The own text of an audience, else of everyone. */
static const struct entry *
find_own(const struct chain_range *range, enum ftg_audience audience, enum ftg_encoding encoding, unsigned id)
{
	const struct entry *entry = find_in(range, audience, encoding, id);
	return entry != NULL || audience == FTG_EVERYONE ? entry : find_in(range, FTG_EVERYONE, encoding, id);
}

const struct entry *
chain_find(const struct chain *chain, const struct chain_range *own, enum ftg_audience audience,
    enum ftg_encoding encoding, unsigned id)
{
	for (size_t i = 0; i < chain->links; i++) {
		const struct chain_link *link = &chain->link[i];
		if (link->ascii_only && encoding != FTG_ASCII)
			continue;
		const struct entry *entry = own != NULL ? find_own(&own[i], audience, encoding, id) : NULL;
		if (entry == NULL)
			entry = find_own(&link->overlays, audience, encoding, id);
		if (entry == NULL)
			entry = find_in(&link->translations, FTG_EVERYONE, encoding, id);
		if (entry != NULL)
			return entry;
	}
	return NULL;
}

static void
fill_entry(struct language *language, const struct chain *chain, enum ftg_encoding encoding, unsigned id)
{
	const struct entry *entry = chain_find(chain, NULL, FTG_EVERYONE, encoding, id);
	if (entry != NULL)
		language->entry[encoding][id] = entry;
}

bool
chain_differ(const char *a, const char *b)
{
	size_t len = strcspn(a, "-");
	return len != strcspn(b, "-") || memcmp(a, b, len) != 0;
}

static void
mark_fallbacks(struct language *language)
{
	for (unsigned encoding = 0; encoding < FTG_ENCODINGS; encoding++) {
		for (unsigned id = 0; id < FTG_IDS; id++)
			language->falls_back[encoding][id] = chain_differ(
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

/* The first language of the preference; one that is for ASCII only if there is no other. */
static const struct tag *
first_tag(const struct chain *chain)
{
	for (size_t i = 0; i < chain->own; i++) {
		if (!chain->link[i].ascii_only)
			return &chain->link[i].tag;
	}
	return &chain->link[0].tag;
}

void
chain_make(struct chain *chain, const char *preference, const struct sources *sources)
{
	static const struct tag english = { .language = "en" };
	*chain = (struct chain) { .sources = sources };
	preference_each(preference, add_preference, chain);
	chain->own = chain->links;
	if (!chain->ends && chain->own > 0)
		add_sources(chain, &english, false);
}

bool
chain_fill(struct language *language, const char *preference, const struct sources *sources)
{
	struct chain chain;
	chain_make(&chain, preference, sources);
	for (unsigned id = 0; id < FTG_IDS; id++) {
		fill_entry(language, &chain, FTG_ASCII, id);
		fill_entry(language, &chain, FTG_UTF8, id);
	}
	count_spoken(language, FTG_ASCII);
	count_spoken(language, FTG_UTF8);
	if (chain.own == 0)
		return false;
	language->tag = *first_tag(&chain);
	tag_format(&language->tag, language->name);
	mark_fallbacks(language);
	return true;
}
