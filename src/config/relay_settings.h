/* Settings of mail to other servers, and of mailboxes at another server. */
#ifndef CONFIG_RELAY_SETTINGS_H
#define CONFIG_RELAY_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "config/limits.h"
#include "config/source_addresses.h"

/* Words of the setting tls, in their order. */
enum relay_tls { RELAY_TLS_STARTTLS, RELAY_TLS_NONE, RELAY_TLS_REQUIRED, RELAY_TLS_IMPLICIT, RELAY_TLS_DANE_ONLY };
#define RELAY_TLS_WORDS "starttls none required implicit dane-only"

/* Words of the setting dane, in their order. */
enum relay_dane { RELAY_DANE_AUTO, RELAY_DANE_YES, RELAY_DANE_NO };
#define RELAY_DANE_WORDS "auto yes no"

#include "config/section_members.h"

/* Times are milliseconds. */
struct relay_settings {
#include "config/section/relay.def"
};

struct route_settings {
#include "config/section/routes.def"
};

struct delivery_settings {
#include "config/section/delivery.def"
};

#include "config/section_members_end.h"

#endif
