/* The records of DMARC, MTA-STS and TLS reporting. */
#ifndef PEER_SENDER_POLICY_RECORD_H
#define PEER_SENDER_POLICY_RECORD_H

#include <stdbool.h>
#include <stddef.h>

enum dmarc_fault {
	DMARC_VALID,
	DMARC_MALFORMED, /* no list of tags that begins with v=DMARC1 */
	DMARC_NO_POLICY, /* p= is missing, or a word that is unknown */
};

enum dmarc_policy { DMARC_NONE, DMARC_QUARANTINE, DMARC_REJECT };

enum { DMARC_HOSTS_MAX = 8 }; /* further ones are left out */

/* A host that gets reports, in the text of the record: octets of host names alone, 253 at most, no dot at the end. */
struct dmarc_host {
	const char *name;
	size_t len;
};

struct dmarc_record {
	enum dmarc_policy policy, subdomains;     /* p=, and sp=, which is p= if it is missing or unknown */
	bool has_reports;                         /* rua= names an address */
	struct dmarc_host hosts[DMARC_HOSTS_MAX]; /* of the addresses of rua= and ruf=, each once */
	size_t host_count;
};

/* Parses a record of DMARC (RFC 7489 section 6.3), whose octets may be any. The record is set if it is valid. */
enum dmarc_fault dmarc_parse(struct dmarc_record *record, const char *text, size_t len);

/* Is it a record of MTA-STS (RFC 8461 section 3.1)? Of TLS reporting (RFC 8460 section 3)? */
bool mta_sts_is_valid(const char *text, size_t len);
bool tls_report_is_valid(const char *text, size_t len);

#endif
