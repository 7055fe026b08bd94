/* The files of a site, each written to a stream. */
#ifndef MSG_SITE_FILES_H
#define MSG_SITE_FILES_H

#include "site.h"

/* The page of a language: TAG.html. */
void file_language(FILE *to, const struct site *site, const struct site_language *language);

/* The page that leads to that of the browser's language: index.html. */
void file_index(FILE *to, const struct site *site);

/* The texts of all languages for the search: texts.js. */
void file_texts(FILE *to, const struct site *site);

/* The page for translators, replies.html, and the same as a table for programs and spreadsheets, replies.tsv. */
void file_replies(FILE *to, const struct site *site);
void file_table(FILE *to, const struct site *site);

/* What has changed since the earlier export of the site: changes.html. */
void file_changes(FILE *to, const struct site *site);

#endif
