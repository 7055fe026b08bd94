/* What Postfix makes of a footer, as postconf(5) has it for smtpd_reject_footer. */
#ifndef SUPPORT_POSTFIX_FOOTER_H
#define SUPPORT_POSTFIX_FOOTER_H

#include <stdbool.h>
#include <stddef.h>

enum { POSTFIX_FOOTER_SIZE = 32 * 1024 };

/*
 * Writes the reply that a client gets: one line of Postfix's, without its line end, with the footer behind it. Every line has its
 * CRLF; there is a NUL. False if the footer names a macro, or a "$" in it stands for nothing.
 */
bool postfix_footer(char wire[POSTFIX_FOOTER_SIZE], const char *reply, const char *footer, size_t len);

#endif
