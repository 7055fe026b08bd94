/* What is known of languages: their English names and plural rules; and the language in the name of a file. */
#ifndef MSG_LANGUAGE_TABLE_H
#define MSG_LANGUAGE_TABLE_H

struct language_row {
	const char *name; /* locale name */
	const char *english;
	const char *plural_forms; /* value of the header field */
};

/*
 * The row of a language by its locale name, else of the same language without country and modifier ("de_AT" finds de).
 * NULL if there is none.
 */
const struct language_row *language_find(const char *name);

/* The language that a misspelled name or an English name of a language ("german") may mean; NULL if there is none. */
const char *language_nearest(const char *word);

/* Prints the locale names of those languages that have a translation of the replies, behind a text, for completion by a shell. */
void language_print_translated(const char *before);

/* Prints all locale names, for the same. */
void language_print_names(void);

/* The language in a path, LL/LC_MESSAGES/DOMAIN.po or LL.po; NULL if there is none. The caller frees it. */
char *language_of_path(const char *path);

#endif
