/* Checks whether the name servers validate by DNSSEC: if they do not, DANE protects nothing. */
#ifndef RELAY_DNSSEC_CHECK_H
#define RELAY_DNSSEC_CHECK_H

#include "base/log/stats.h"
#include "port/resolver.h"

/* All zero but for resolver and, where DANE was demanded, figures. It must not move while a question is under way. */
struct dnssec_check {
	struct resolver_question question;
	struct resolver *resolver;
	struct stats_queue *figures; /* whose dnssec_missing is written; NULL: none */
	bool asking, missing;        /* missing: by the last answer */
};

/*
 * Asks for the name servers of the root, a zone that is signed. An answer without the bit AD is logged as
 * event=dnssec-missing, unless the last one had none either; a question that fails changes nothing. Nothing happens if one
 * is under way.
 */
void dnssec_check_ask(struct dnssec_check *check);

#endif
