/* A source of texts: one catalogue of one language, compiled. */
#ifndef CATALOG_SOURCE_H
#define CATALOG_SOURCE_H

#include "catalog/generation.h"
#include "catalog/mo.h"

/*
 * entry[audience][encoding][id] is NULL if the source has no valid text. Entries, names and rules are in the arena of
 * the loader.
 */
struct source {
	struct tag tag;
	const char *name;         /* the tag as text */
	char folder[FTG_TAG_MAX]; /* the locale name under which it was found, "" for none */
	enum ftg_origin origin;
	const struct plural *plural;
	const struct entry *entry[FTG_AUDIENCES][FTG_ENCODINGS][FTG_IDS];
};

/* The state of loading: the memory that it goes to, and the function that gets refusals. */
struct loader {
	struct arena *arena;   /* of the catalogue */
	struct arena *sources; /* of what is needed only while it is loaded */
	enum ftg_profile profile;
	ftg_report *report;
	void *context;
	const char *file;
	const char *language;
	enum ftg_audience audience; /* of the entry that is read */
	bool has_draft;             /* a catalogue in memory replaces the translation of the language draft */
	struct tag draft;
	int refusals;
	struct text utf8[PLURAL_FORMS_MAX]; /* scratch */
	struct text ascii[PLURAL_FORMS_MAX];
	struct plural rule;
};

/* Makes an empty source. Returns NULL if memory is exhausted. */
struct source *source_new(struct loader *loader, const struct tag *tag, enum ftg_origin origin);

/*
 * Compiles one text, whose plural forms are separated by NUL, for the loader's audience into the source; reports a text
 * that breaks a rule.
 */
void source_add(struct loader *loader, struct source *source, enum ftg_id id, const char *forms, size_t len);

/* Fills the source from a file. Returns false if the whole file is refused, which has been reported. */
bool source_fill(struct loader *loader, struct source *source, const struct mo *mo);

/* Sets the plural rule to that in a catalogue's header, if it has one. Reports a malformed rule and returns false. */
bool source_plural(struct loader *loader, struct source *source, const char *header, size_t len);

/* Reports a refusal. detail can contain any octets. */
void loader_refuse(struct loader *loader, bool whole_file, enum ftg_id id, enum ftg_rule rule, const char *detail);

#endif
