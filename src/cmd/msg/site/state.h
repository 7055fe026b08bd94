/* How the text of a reply in a language stands: for translators. */
#ifndef MSG_SITE_STATE_H
#define MSG_SITE_STATE_H

#include "site.h"

/* In use, from the translation or an own text; or not in use: its English has changed, it breaks a rule, or there is none. */
enum text_state { STATE_TRANSLATED, STATE_OWN, STATE_STALE, STATE_REFUSED, STATE_MISSING, STATES };

/* The English name of a state, in one word. */
const char *state_name(enum text_state state);

/* The state of a text, and the rule that it breaks, if it is refused. The reply has a text. */
enum text_state state_of(
    const struct site *site, const struct site_language *language, enum ftg_id id, enum ftg_rule *rule);

/*
 * Writes the reply as it goes over a wire, with sample arguments, in out, of FTG_REPLY_MAX octets: without the line end.
 * Returns its octets; 0 if it is never sent so: words of a
 * DSN are not in ASCII.
 */
size_t state_wire(char *out, const struct site *site, const struct site_language *language, enum ftg_id id,
    enum ftg_encoding encoding);

/* The octets of the longest form of a text. */
size_t state_octets(const struct site *site, const struct site_language *language, enum ftg_id id);

#endif
