/* DNS blocklists (RFC 5782): what their answers mean. */
#ifndef PORT_BLOCKLIST_H
#define PORT_BLOCKLIST_H

#include "config/blocklist_settings.h"
#include "port/resolver.h"

enum blocklist_verdict {
	BLOCKLIST_CLEAN,
	BLOCKLIST_LISTED,
	BLOCKLIST_REFUSES, /* the list does not answer this server: 127.255.255.x, or what is no code at all */
};

/* What the answer to a question for A records means; *code is the record that tells, where there is one. */
enum blocklist_verdict blocklist_judge(
    const struct blocklist *list, const struct resolver_answer *answer, const struct network **code);

#endif
