/* The part of a notice that programs read: message/delivery-status. */
#ifndef RELAY_DSN_STATUS_H
#define RELAY_DSN_STATUS_H

#include <stdio.h>

#include "relay/dsn.h"

/* Writes it, with LF for each line end; of a global one addresses are written in UTF-8 (RFC 6533). */
void dsn_status_write(FILE *to, const struct dsn_request *order, bool global);

#endif
