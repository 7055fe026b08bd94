/* Variants of a language: the own texts for users, and those of domains. */
#include "catalog/variant.h"

#include <stdlib.h>
#include <string.h>

/* A set of IDs: those for which a variant can differ from its language. */
struct id_set {
	uint64_t word[ID_WORDS];
};

/* A variant that is made, with room for all of its entries. */
struct making {
	const struct language *language;
	const struct chain *chain;
	const struct chain_range *own; /* as in chain_find(): range, or NULL */
	struct chain_range range[CHAIN_MAX];
	enum ftg_audience audience;
	struct variant variant;
	const struct entry *entry[FTG_ENCODINGS * FTG_IDS];
	size_t count;
};

static void
add_ids(struct id_set *set, const struct source *source)
{
	for (unsigned audience = 0; audience < FTG_AUDIENCES; audience++) {
		for (unsigned id = 0; id < FTG_IDS; id++) {
			if (source->entry[audience][FTG_UTF8][id] != NULL)
				set->word[id / 64] |= (uint64_t)1 << id % 64;
		}
	}
}

static void
consider(struct making *m, enum ftg_encoding encoding, unsigned id)
{
	const struct entry *entry = chain_find(m->chain, m->own, m->audience, encoding, id);
	uint64_t bit = (uint64_t)1 << id % 64;
	if (entry == NULL || entry == m->language->entry[encoding][id])
		return;
	m->variant.has[encoding][id / 64] |= bit;
	if (chain_differ(entry->spoken, m->language->name))
		m->variant.falls_back[encoding][id / 64] |= bit;
	m->entry[m->count++] = entry;
}

/* Fills m->variant with what differs from the language. Its entries are in m->entry. */
static void
compare(struct making *m, const struct id_set *set)
{
	m->count = 0;
	m->variant = (struct variant) { 0 };
	for (unsigned encoding = 0; encoding < FTG_ENCODINGS; encoding++) {
		for (unsigned id = 0; id < FTG_IDS; id++) {
			if (set->word[id / 64] >> id % 64 & 1)
				consider(m, (enum ftg_encoding)encoding, id);
		}
	}
}

/* Copies the variant to the arena; NULL if it differs in nothing. */
static const struct variant *
keep(struct arena *arena, const struct making *m)
{
	size_t size = m->count * sizeof(void *);
	struct variant *variant = m->count > 0 ? arena_alloc(arena, sizeof(*variant)) : NULL;
	const struct entry **entry = variant != NULL ? arena_alloc(arena, size) : NULL;
	if (entry == NULL)
		return NULL;
	*variant = m->variant;
	variant->entry = memcpy(entry, m->entry, size);
	return variant;
}

/* Whether a variant that was kept is the one that is made. */
static bool
is_same(const struct variant *kept, const struct making *m)
{
	return kept != NULL && memcmp(kept->has, m->variant.has, sizeof(kept->has)) == 0 &&
	    memcmp(kept->entry, m->entry, m->count * sizeof(void *)) == 0;
}

static void
make_users(struct ftg_catalog *catalog, struct making *m, struct language *language, const struct id_set *server)
{
	m->own = NULL;
	m->audience = FTG_USERS;
	compare(m, server);
	language->users = keep(&catalog->arena, m);
}

/* Finds the sources of a domain for each link of the chain. Returns whether there are any. */
static bool
find_sources(struct making *m, const struct domain_sources *from)
{
	size_t found = 0;
	for (size_t i = 0; i < m->chain->links; i++) {
		m->range[i] = chain_range(from->source, from->count, &m->chain->link[i].tag);
		found += m->range[i].count;
	}
	m->own = m->range;
	return found > 0;
}

/* What both audiences of a domain get in one language. Most domains have no texts for users: these share one variant. */
static void
make_domain(struct ftg_catalog *catalog, struct making *m, const struct domain_sources *from,
    const struct variant *variant[FTG_AUDIENCES], const struct id_set *server)
{
	struct id_set set = { { 0 } };
	if (!find_sources(m, from))
		return;
	for (size_t i = 0; i < from->count; i++)
		add_ids(&set, from->source[i]);
	for (unsigned audience = 0; audience < FTG_AUDIENCES; audience++) {
		m->audience = (enum ftg_audience)audience;
		for (size_t i = 0; audience == FTG_USERS && i < ID_WORDS; i++)
			set.word[i] |= server->word[i];
		compare(m, &set);
		variant[audience] = is_same(variant[FTG_EVERYONE], m) ? variant[FTG_EVERYONE]
		                                                      : keep(&catalog->arena, m);
	}
}

static bool
add_domains(struct ftg_catalog *catalog, const struct sources *all)
{
	size_t slots = (size_t)catalog->all * FTG_AUDIENCES;
	struct domain *domain = arena_alloc(&catalog->arena, all->domains * sizeof(*domain));
	for (size_t i = 0; domain != NULL && i < all->domains; i++) {
		domain[i].name = all->domain[i].name;
		domain[i].variant = arena_alloc(&catalog->arena, slots * sizeof(struct variant *));
	}
	catalog->domain = domain;
	catalog->domains = catalog->arena.failed ? 0 : (int)all->domains;
	return !catalog->arena.failed;
}

/* The IDs of which the server has texts for users. */
static struct id_set
server_ids(const struct sources *all)
{
	struct id_set set = { { 0 } };
	for (size_t i = all->translations; i < all->count; i++)
		add_ids(&set, all->source[i]);
	return set;
}

bool
variants_make(struct ftg_catalog *catalog, const struct sources *all)
{
	const struct id_set server = server_ids(all);
	struct making *m = malloc(sizeof(*m));
	struct chain *chain = malloc(sizeof(*chain));
	bool ok = m != NULL && chain != NULL && add_domains(catalog, all);
	for (int i = FTG_ENGLISH + 1; ok && i < catalog->all; i++) {
		struct language *language = catalog->language[i];
		const char *name = language->preference != NULL ? language->preference : language->name;
		chain_make(chain, name, all);
		m->language = language;
		m->chain = chain;
		make_users(catalog, m, language, &server);
		for (int k = 0; k < catalog->domains; k++)
			make_domain(
			    catalog, m, &all->domain[k], &catalog->domain[k].variant[i * FTG_AUDIENCES], &server);
	}
	free(m);
	free(chain);
	return ok;
}

const struct variant *
variant_of(const struct ftg_voice *voice, const struct ftg_catalog *catalog, ftg_lang language)
{
	unsigned audience = voice->audience == FTG_USERS ? FTG_USERS : FTG_EVERYONE;
	if (voice->domain > 0 && voice->domain <= catalog->domains) {
		const struct variant *const *of = catalog->domain[voice->domain - 1].variant;
		const struct variant *variant = of[(unsigned)language * FTG_AUDIENCES + audience];
		if (variant != NULL)
			return variant;
	}
	return audience == FTG_USERS ? catalog->language[language]->users : NULL;
}

int
ftg_catalog_domains(const ftg_catalog *catalog)
{
	return catalog->domains;
}

int
ftg_catalog_domain(const ftg_catalog *catalog, const char *name)
{
	int low = 0, high = catalog->domains;
	while (low < high) {
		int middle = low + (high - low) / 2, order = strcmp(catalog->domain[middle].name, name);
		if (order == 0)
			return middle + 1;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return 0;
}

/* The entry of a reply in a voice. */
static const struct entry *
find(const struct ftg_voice *voice, enum ftg_id id)
{
	const struct entry *own = text_entry(voice, (unsigned)id);
	if (own != NULL)
		return own;
	const ftg_catalog *catalog = voice->catalog != NULL ? voice->catalog : ftg_catalog_english(FTG_PUBLISHED);
	ftg_lang language = voice->language >= 0 && voice->language < catalog->all ? voice->language : FTG_ENGLISH;
	return language_entry(
	    catalog->language[language], variant_of(voice, catalog, language), voice->encoding, (unsigned)id);
}

const char *
ftg_voice_spoken(const struct ftg_voice *voice, enum ftg_id id)
{
	return find(voice, id)->spoken;
}

enum ftg_origin
ftg_voice_origin(const struct ftg_voice *voice, enum ftg_id id)
{
	return (enum ftg_origin)find(voice, id)->origin;
}

/* Whether a voice speaks an own text of its language, which it would not speak for everyone or without its domain. */
static bool
has_own(const struct ftg_voice *voice, enum ftg_id id)
{
	struct ftg_voice other = *voice;
	const struct entry *entry = find(voice, id);
	other.domain = 0;
	bool own = entry->origin == FTG_FROM_OVERLAY &&
	    strcmp(entry->spoken, ftg_catalog_tag(voice->catalog, voice->language)) == 0 &&
	    (voice->domain == 0 || entry != find(&other, id));
	other = *voice;
	other.audience = FTG_EVERYONE;
	return own && (voice->audience == FTG_EVERYONE || entry != find(&other, id));
}

unsigned
ftg_catalog_own_texts(const ftg_catalog *catalog, ftg_lang language, int domain)
{
	struct ftg_voice voice = { .catalog = catalog, .language = language, .encoding = FTG_UTF8, .domain = domain };
	unsigned count = 0;
	for (unsigned audience = 0; audience < FTG_AUDIENCES; audience++) {
		voice.audience = (enum ftg_audience)audience;
		for (unsigned id = 0; id < FTG_IDS; id++)
			count += has_own(&voice, (enum ftg_id)id);
	}
	return count;
}
