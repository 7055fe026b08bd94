/* The entries of a template: one for each reply, with comments for translators. */
#ifndef MSG_POT_H
#define MSG_POT_H

/* Prints all entries without texts, and with this number of plural forms. */
void pot_print_entries(unsigned forms);

/* Prints a keyword and a string of a .po: msgid "text". */
void pot_print_string(const char *keyword, const char *text);

#endif
