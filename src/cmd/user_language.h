/* The language of a program's user, which its help and its messages to people speak. */
#ifndef CMD_USER_LANGUAGE_H
#define CMD_USER_LANGUAGE_H

#define TOOLS_DOMAIN "ftgate-tools" /* the gettext domain of what programs say */

/*
 * Makes translate() speak the language of LC_ALL, LC_MESSAGES, LANG and LANGUAGE. If the system has no locale for it,
 * LANGUAGE is set for libintl, which finds our catalogues with C.UTF-8. Standard output and standard error are encoded for
 * the charset of the locale (cmd/output/charset.h). To be called first in main().
 */
void user_language_open(void);

/* Back to English, and to the C locale, whose words of errno are those of the log. */
void user_language_close(void);

/* Writes text, and spaces up to a width of at least columns of a terminal. */
void user_language_pad(char *to, unsigned size, const char *text, int columns);

#endif
