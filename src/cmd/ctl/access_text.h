/* The own text of an entry of an access list. */
#ifndef CMD_CTL_ACCESS_TEXT_H
#define CMD_CTL_ACCESS_TEXT_H

#include <stddef.h>

/*
 * Checks the text of an entry by the code of the server, as the text of the reply that it replaces. Returns an exit status,
 * after it has written a sentence about the fault, cut to size octets with its NUL.
 */
int access_text_check(const char *kind, const char *value, const char *text, char *fault, size_t size);

/* The same, but prints the fault; warns of a text that cannot be sent in ASCII. */
int ctl_check_access_text(const char *kind, const char *value, const char *text);

#endif
