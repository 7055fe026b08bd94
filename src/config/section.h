/* Sections of a configuration: tables of settings, each with its kind, bounds and default. */
#ifndef CONFIG_SECTION_H
#define CONFIG_SECTION_H

#include <stddef.h>
#include <stdint.h>

enum { SECTION_ERROR_SIZE = 200 };

enum setting_kind { SETTING_COUNT, SETTING_SIZE, SETTING_TIME, SETTING_SWITCH, SETTING_WORD, SETTING_TEXT };

/* Returns 0, or -1 with an English sentence that names value and cure. */
typedef int setting_check(const char *text, char error[SECTION_ERROR_SIZE]);

struct setting {
	const char *name;
	enum setting_kind kind;
	size_t offset;                 /* of the member in the section's struct */
	int64_t standard, least, most; /* SETTING_TEXT with a least of 1 must be there */
	const char *words;             /* of SETTING_WORD, with spaces between */
	setting_check *check;          /* of SETTING_TEXT; NULL: any text will do */
};

enum { SECTION_ITEMS_MAX = 32 };

/* A mapping; or, where item is not 0, a sequence of them: a list. */

struct section {
	const char *name;
	size_t offset; /* of the section's struct in struct config; of a pointer to the first struct of a list */
	const struct setting *settings;
	unsigned count;
	size_t item;   /* octets of a struct of a list */
	size_t number; /* offset in struct config of an unsigned, how many they are */
};

/* All of them; what becomes of each text is told where the struct stands. */
extern const struct section sections[];
extern const unsigned section_count;

/* The section of that name, its setting of that name; NULL where there is none. */
const struct section *section_find(const char *name);
const struct setting *section_setting(const struct section *section, const char *name);

/* Sets all of a section, or of an item of a list, to the defaults. */
void section_standard(const struct section *section, void *values);

/* Sets one to what a text says, which must stay where that is kept. Returns 0, or -1 with an English sentence. */
int setting_set(const struct setting *setting, void *values, const char *text, char error[SECTION_ERROR_SIZE]);

#endif
