/* A source of texts: one catalogue of one language, compiled. */
#ifndef CATALOG_SOURCE_H
#define CATALOG_SOURCE_H

#include "catalog/generation.h"
#include "catalog/mo.h"

/* entry[encoding][id].form is NULL where the source has no fit text. */
struct source {
	struct tag tag;
	char folder[FTG_TAG_MAX]; /* the locale name that it was found under, "" for none */
	enum ftg_origin origin;
	struct plural *plural;
	struct entry entry[FTG_ENCODINGS][FTG_IDS];
};

/* What loading a source needs: where it goes, and who hears of refusals. */
struct loader {
	struct arena *arena;
	enum ftg_profile profile;
	ftg_report *report;
	void *context;
	const char *file;
	const char *language;
	int refusals;
	struct text utf8[PLURAL_FORMS_MAX]; /* scratch */
	struct text ascii[PLURAL_FORMS_MAX];
};

/* An empty source; NULL when memory is out. */
struct source *source_new(struct arena *arena, const struct tag *tag, enum ftg_origin origin);

/* Compiles one text, its plural forms with a NUL between, into the source. A text that breaks a rule is reported. */
void source_add(struct loader *loader, struct source *source, enum ftg_id id, const char *forms, size_t len);

/* Fills the source from a file: true, or false where the whole file is refused, which has been reported. */
bool source_fill(struct loader *loader, struct source *source, const struct mo *mo);

/* Takes the plural rule out of a catalogue's header. False where it is malformed. */
bool source_plural(struct plural *plural, const char *header, size_t len);

/* Reports that something is refused; detail may hold anything. */
void loader_refuse(struct loader *loader, bool whole_file, enum ftg_id id, enum ftg_rule rule, const char *detail);

#endif
