/* ClamAV's clamd: scans a message that is sent to it (INSTREAM, clamd(8)). */
#ifndef PEER_CLAMD_H
#define PEER_CLAMD_H

#include "port/scanner.h"

/* For struct scan_client. */
extern const struct scan_dialect clamd_dialect;

/*
 * Reads an answer of len octets, up to its NUL. A virus is refused as "virus NAME"; text is made printable. Returns
 * SCAN_FAILED if it is an error, or makes no sense.
 */
enum scan_verdict clamd_answer_read(const char *answer, size_t len, char text[SCAN_TEXT_SIZE]);

#endif
