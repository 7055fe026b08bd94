/* Compiled catalogues (.mo) with any content: what msgfmt would refuse too; and a list of what loading them refuses. */
#ifndef SUPPORT_MOFILE_H
#define SUPPORT_MOFILE_H

#include <ftgate/catalog.h>
#include <stdint.h>

enum { MOFILE_ENTRIES = 256, MOFILE_STRINGS = 512 * 1024, MOFILE_SIZE = 28 + 16 * MOFILE_ENTRIES + MOFILE_STRINGS };

struct mofile {
	struct {
		size_t key, key_len, text, text_len; /* places in strings */
	} entry[MOFILE_ENTRIES];
	size_t entries;
	char strings[MOFILE_STRINGS];
	size_t used;
	uint32_t revision;
	bool swapped; /* in the byte order that this machine has not */
};

#define MOFILE_HEADER "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=n != 1;\n"

/* Begins an empty file with this header; NULL: with none. */
void mofile_begin(struct mofile *file, const char *header);

/* Adds an entry under any key. */
void mofile_add_key(struct mofile *file, const char *key, size_t key_len, const char *text, size_t text_len);

/* Adds a text for an ID, under the right key; plural forms have a NUL between. */
void mofile_add(struct mofile *file, enum ftg_id id, const char *text, size_t len);
void mofile_add_text(struct mofile *file, enum ftg_id id, const char *text);

/* Puts the file into out, which has room for MOFILE_SIZE octets; its size. */
size_t mofile_octets(const struct mofile *file, char *out);

/* Writes FOLDER/LANGUAGE/LC_MESSAGES/DOMAIN.mo: the file, or these octets. */
void mofile_write(const struct mofile *file, const char *folder, const char *language, const char *domain);
void mofile_write_octets(const char *octets, size_t len, const char *folder, const char *language, const char *domain);

/* What was refused, in order; refusals_take is a report function whose context is one of these. */
struct refusals {
	size_t count;
	struct {
		char file[128], language[40], detail[128];
		bool whole_file;
		enum ftg_id id;
		enum ftg_rule rule;
	} at[64];
};
void refusals_take(void *context, const struct ftg_refusal *refusal);

/* Loads what was written to a locale folder and to an overlay folder; what was refused before is forgotten. */
ftg_catalog *mofile_load(const char *locale, const char *overlay, struct refusals *refusals);

/* The words of a reply in a language and UTF-8, with "arg" for an argument and a count of 2; until the next call. */
const char *mofile_said(const ftg_catalog *catalog, const char *language, enum ftg_id id);

#endif
