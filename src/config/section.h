/* Sections of a configuration: tables of settings, each with its kind, bounds and default. */
#ifndef CONFIG_SECTION_H
#define CONFIG_SECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SECTION_ERROR_SIZE = 200 };

enum setting_kind {
	SETTING_COUNT,
	SETTING_SIZE,
	SETTING_TIME,
	SETTING_SWITCH,
	SETTING_WORD,
	SETTING_CHOICE,
	SETTING_TEXT
};

/* Checks the text of a setting. Returns 0, or -1 with an English sentence in error, which names value and cure. */
typedef int setting_check(const char *text, char error[SECTION_ERROR_SIZE]);

struct setting {
	const char *name;
	enum setting_kind kind;
	size_t offset;                 /* of the member in the section's struct */
	int64_t standard, least, most; /* a SETTING_TEXT with a least of 1 must be set */
	const char *words;             /* of SETTING_WORD and SETTING_CHOICE, with spaces between */
	setting_check *check;          /* of SETTING_TEXT; NULL: any text is accepted */
};

/* A mapping of settings; if item is not 0, a list of such mappings. */
struct section {
	const char *name;
	size_t offset; /* of the section's struct in struct config; of a pointer to the first struct of a list */
	const struct setting *settings;
	unsigned count;
	size_t item;   /* octets of a struct of a list */
	size_t number; /* offset in struct config of an unsigned, the number of items */
};

/* The settings outside of any section, whose struct is struct config itself; its name is "". */
extern const struct section section_server;

/* The sections, in the order of the manual. */
extern const struct section sections[];
extern const unsigned section_count;

/* Find the section of that name, and a section's setting of that name. NULL: there is none. */
const struct section *section_find(const char *name);
const struct setting *section_setting(const struct section *section, const char *name);

/* Must a section, or an item of a list, have this setting? */
bool section_is_needed(const struct setting *setting);

/* Sets all settings of a section, or of an item of a list, to their defaults. */
void section_standard(const struct section *section, void *values);

/*
 * Sets one setting of the struct at values to what a text says. A TEXT or a CHOICE keeps a pointer to the text. Returns 0,
 * or -1 with an English sentence in error, which names value and cure.
 */
int setting_set(const struct setting *setting, void *values, const char *text, char error[SECTION_ERROR_SIZE]);

#endif
