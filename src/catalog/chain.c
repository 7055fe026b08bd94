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

/* English ends a chain, since it has every text. */
static bool
add_preference(void *context, const char *name, size_t len)
{
	struct chain *chain = context;
	struct tag tag, candidate;
	if (!tag_parse(&tag, name, len))
		return true;
	for (unsigned k = 0; tag_candidate(&tag, k, &candidate); k++) {
		struct tag latin = tag_latin(&candidate);
		add_sources(chain, &candidate, false);
		if (!tag_equal(&latin, &candidate))
			add_sources(chain, &latin, true);
	}
	return strcmp(tag.language, "en") != 0;
}

static void
fill_entry(struct language *language, const struct chain *chain, enum ftg_encoding encoding, unsigned id)
{
	struct entry *entry = &language->entry[encoding][id];
	for (unsigned origin = FTG_FROM_OVERLAY; origin > FTG_FROM_TABLE; origin--) {
		for (size_t i = 0; i < chain->links; i++) {
			const struct source *source = chain->link[i].source;
			if (source->origin != origin || source->entry[encoding][id].form == NULL ||
			    (chain->link[i].ascii_only && encoding != FTG_ASCII))
				continue;
			*entry = source->entry[encoding][id];
			return;
		}
	}
}

bool
chain_fill(struct language *language, const char *preference, const struct sources *sources)
{
	struct chain chain = { .sources = sources };
	preference_each(preference, add_preference, &chain);
	for (unsigned id = 0; id < FTG_IDS; id++) {
		fill_entry(language, &chain, FTG_ASCII, id);
		fill_entry(language, &chain, FTG_UTF8, id);
	}
	if (chain.links == 0)
		return false;
	language->tag = chain.link[0].source->tag;
	tag_format(&language->tag, language->name);
	return true;
}
