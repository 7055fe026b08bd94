/* DNS blocklists (RFC 5782): the meaning of their answers. */
#ifndef PORT_BLOCKLIST_H
#define PORT_BLOCKLIST_H

#include "config/blocklist_settings.h"
#include "port/resolver.h"

enum blocklist_verdict {
	BLOCKLIST_CLEAN,
	BLOCKLIST_LISTED,
	BLOCKLIST_REFUSES, /* the list does not answer this server: 127.255.255.x, or an address that is no code */
};

/*
 * The meaning of the answer to a query for A records. *code is set to the record that decides, which the answer owns;
 * it is left as it is if the verdict is BLOCKLIST_CLEAN.
 */
enum blocklist_verdict blocklist_judge(
    const struct blocklist *list, const struct resolver_answer *answer, const struct network **code);

#endif
