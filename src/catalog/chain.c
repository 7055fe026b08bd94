/* Language chains: which sources answer for a preference, in which order. */
#include "catalog/chain.h"

#include <string.h>

enum { CHAIN_MAX = 256 };

/* Sources in order of preference; latin ones speak on the ASCII wire only. */
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

static void
add_sources(struct chain *chain, const struct tag *tag, bool ascii_only)
{
	for (size_t i = 0; i < chain->sources->count && chain->links < CHAIN_MAX; i++) {
		struct source *source = chain->sources->source[i];
		if (!tag_equal(&source->tag, tag))
			continue;
		chain->link[chain->links].source = source;
		chain->link[chain->links++].ascii_only = ascii_only;
	}
}

/* English ends a chain: its texts are always there. */
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
