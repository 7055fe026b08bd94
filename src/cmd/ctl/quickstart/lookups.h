/* Questions to the DNS, asked together and waited for. */
#ifndef CMD_CTL_QUICKSTART_LOOKUPS_H
#define CMD_CTL_QUICKSTART_LOOKUPS_H

#include "base/address/dns_name.h"
#include "port/resolver.h"

struct lookup {
	struct resolver_question question;
	enum resolver_type type;
	char name[DNS_NAME_SIZE];
	enum resolver_outcome outcome; /* RESOLVER_FAILED until it is answered */
	bool secure;                   /* the name server says that it has verified the answer by DNSSEC */
	size_t count;
	struct network addresses[RESOLVER_RECORDS_MAX]; /* of A and AAAA records */
	size_t lens[RESOLVER_RECORDS_MAX];
	/* An address, a name, or the octets of a text or a TLSA record, cut to this room. A NUL follows. */
	char texts[RESOLVER_RECORDS_MAX][RESOLVER_TEXT_MAX + 1];
};

/*
 * Asks all questions and waits for the answers, a few seconds at most. servers: as dns_servers_read() reads them; NULL: those
 * of /etc/resolv.conf. A question that cannot be sent has the result RESOLVER_FAILED.
 */
void lookups_run(struct lookup *lookups, size_t count, const char *servers);

#endif
