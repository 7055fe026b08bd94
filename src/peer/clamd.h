/* ClamAV's clamd: scans a message that is sent to it (INSTREAM). */
#ifndef PEER_CLAMD_H
#define PEER_CLAMD_H

#include "config/endpoint.h"
#include "port/scanner.h"

struct clamd {
	struct scanner scanner; /* its settings are to be set; how it scans is clamd's */
	struct endpoint endpoint;
	int64_t limit;     /* milliseconds from the connection to the answer */
	uint64_t max_size; /* octets; larger messages are not scanned. 0: all are */
};

void clamd_open(struct clamd *clamd);

/*
 * What an answer says, of len octets up to its NUL. A virus is refused as "virus NAME"; text is made printable.
 * SCAN_FAILED where it is an error, or makes no sense.
 */
enum scan_verdict clamd_answer_read(const char *answer, size_t len, char text[SCAN_TEXT_SIZE]);

#endif
