/* Recognises the codes that replies are made of, at one place of a text. */
#ifndef MSG_SCAN_H
#define MSG_SCAN_H

#include <stdbool.h>
#include <stddef.h>

/* Octets of a reference, "4.46", at p: one digit, a dot, two digits, and no further digit. 0: none. */
size_t scan_reference(const char *p, const char *end);

/* Octets of an enhanced status code, "5.1.1", at p (RFC 3463 section 2), as a word of its own in the text. 0: none. */
size_t scan_status(const char *text, const char *p, const char *end);

/* Whether a reply code, "550", is at p as a word of its own, where a reply or its quotation can begin. */
bool scan_reply_code(const char *text, const char *p, const char *end);

/* Octets from the reply code at p to the status that follows it, if it has one of its class. 0: none. */
size_t scan_status_after(const char *text, const char *p, const char *end);

/* Whether the reply code at p begins a reply without a status: at the start of a line, after a mark, or after "said". */
bool scan_begins_reply(const char *text, const char *p, const char *end);

/* Whether the reply code at p begins a sentence that follows another one: "The password is wrong. 535 Incorrect data". */
bool scan_begins_sentence(const char *text, const char *p, const char *end);

/* The place behind the last octet before p that is no blank. */
const char *scan_before_blanks(const char *text, const char *p);

/* Whether the text before p ends with a word, in any case. */
bool scan_ends_with(const char *text, const char *p, const char *word);

/* Whether c can precede or follow a code. "451" is not a code in "1451", "192.451.0" or "451.5". */
bool scan_is_around(char c);

#endif
