/* The fields Localized-Diagnostic of a DSN: replies of ftgate servers in the language of the sender (RFC 6533 section 4). */
#ifndef RELAY_DSN_LOCALIZED_H
#define RELAY_DSN_LOCALIZED_H

#include "relay/dsn/dsn_words.h"

/*
 * Writes the fields of each recipient into the words, in the languages of a voice. The fields are ASCII where the language
 * can be written so, and the DSN is not global for another reason: many programs read message/delivery-status only, where
 * the fields are extension fields (RFC 3464 section 2.4). Otherwise they are UTF-8, and words->global is set. Returns false
 * when memory is out.
 */
bool dsn_localize(struct dsn_words *words, const struct dsn_report *report, const struct ftg_voice *voice);

#endif
