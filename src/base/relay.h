/* What a configuration says of mail for elsewhere, and of mailboxes at another server. */
#ifndef BASE_RELAY_H
#define BASE_RELAY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"

/* In the order of the words. */
enum relay_tls { RELAY_TLS_STARTTLS, RELAY_TLS_NONE, RELAY_TLS_REQUIRED, RELAY_TLS_IMPLICIT };
#define RELAY_TLS_WORDS "starttls none required implicit"

#include "base/section_members.h"

/* Times are milliseconds. */
struct relay_settings {
#include "base/section/relay.def"
};

struct route_settings {
#include "base/section/routes.def"
};

struct delivery_settings {
#include "base/section/delivery.def"
};

#include "base/section_members_end.h"

#endif
