/* The part of a DSN that programs read: message/delivery-status (RFC 3464). */
#ifndef RELAY_DSN_STATUS_H
#define RELAY_DSN_STATUS_H

#include <stdio.h>

#include "relay/dsn/dsn_words.h"

/* Writes it, with LF for each line end. If the words are global, addresses are written in UTF-8 (RFC 6533). */
void dsn_status_write(FILE *to, const struct dsn_report *report, const struct dsn_words *words);

#endif
