/* The answer to a look-up of a reply: our text for it, in the form that the map asks for. */
#ifndef MAPD_ANSWER_H
#define MAPD_ANSWER_H

#include <ftgate/catalog.h>

#include "mapd/postfix_reply.h"

enum {
	/* Two octets for each of a reply and its link, which may all be "$", and what stands between lines. */
	ANSWER_MAX = 2 * (FTG_REPLY_MAX + FTG_LINK_MAX) + 1024,
};

/*
 * The form of an answer, which is the name of its map:
 *   footer  what smtpd_reject_footer_maps of Postfix adds to its reply: lines without code and status, "\n" between them, the
 *           link in a line of its own. What the template language of Postfix would change is protected (postconf(5))
 *   filter  what smtpd_reject_filter_maps replaces its reply by: whole lines with the code and the status that Postfix gave
 *   text    what other servers write behind a code and a status of their own: lines with LF between them, the link in a line
 *           of its own, and no octet changed. Its key names the row (mapd/row_key.h)
 */
enum answer_form { ANSWER_FOOTER, ANSWER_FILTER, ANSWER_TEXT, ANSWER_FORMS };

/* The form of a map's name; ANSWER_FORMS: there is no such map. */
enum answer_form answer_form(const char *map, size_t len);

/*
 * Writes the answer to a reply that has a row; for ANSWER_FILTER it has a code. Whatever the text is, code and status are
 * those of the reply, and no line is longer than FTG_LINE_MAX. Returns its octets; 0: there is none. Allocates nothing.
 */
size_t answer_write(
    char answer[ANSWER_MAX], enum answer_form form, const struct ftg_voice *voice, const struct postfix_reply *reply);

#endif
