/* rspamd: asks it about a message over HTTP (/checkv2, https://rspamd.com/doc/architecture/protocol.html). */
#ifndef PEER_RSPAMD_H
#define PEER_RSPAMD_H

#include "port/scanner.h"

/* For struct scan_client, whose member spf it heeds. */
extern const struct scan_dialect rspamd_dialect;

/*
 * Reads an answer, the JSON text of len octets; text is made printable. If the message passes, the changes that its header needs
 * are added to edits, which may be NULL. Returns SCAN_FAILED if it makes no sense.
 */
enum scan_verdict rspamd_answer_read(
    const char *json, size_t len, bool spf, struct field_edits *edits, char text[SCAN_TEXT_SIZE]);

#endif
