/* The key of a look-up that names a reply of the catalogue, for servers that know why they refuse. */
#ifndef MAPD_ROW_KEY_H
#define MAPD_ROW_KEY_H

#include <stdbool.h>
#include <stddef.h>

#include "mapd/postfix_reply.h"

/*
 * Parses such a key. Its lines, with LF between them:
 *   the reference of an SMTP reply that refuses, "4.28" or "#4.28", or its ID;
 *   the recipient, which may be empty: the domain behind its last "@" determines the language;
 *   the arguments of the reply, a line each: words, or the reference of a reason. If there are none, the recipient
 *   is the argument of a reply that has one address.
 * The octets are hostile; arguments are not checked, since ftg_render() cleans them. Sets match, reply, recipient and domain,
 * which point into the key; there is neither code nor status. Takes time linear in len. Returns false, with all of it empty,
 * if there is no such reply, or if an argument is missing, empty or one too many.
 */
bool row_key_parse(struct postfix_reply *reply, const char *key, size_t len);

#endif
