/* rspamd: asks it about a message over HTTP (/checkv2). */
#ifndef PEER_RSPAMD_H
#define PEER_RSPAMD_H

#include "config/endpoint.h"
#include "port/scanner.h"

struct rspamd {
	struct scanner scanner; /* its settings are to be set; how it scans is rspamd's */
	struct endpoint endpoint;
	int64_t limit;     /* milliseconds from the connection to the answer */
	uint64_t max_size; /* octets; larger messages are not scanned. 0: all are */
	bool spf;          /* its symbol of a failed SPF check is reason enough to refuse */
};

void rspamd_open(struct rspamd *rspamd);

/* What an answer says, the JSON text of len octets; text is made printable. SCAN_FAILED where it makes no sense. */
enum scan_verdict rspamd_answer_read(const char *json, size_t len, bool spf, char text[SCAN_TEXT_SIZE]);

#endif
