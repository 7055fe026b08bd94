/* Settings of the checks of clients, senders and recipients, of greylisting and of blocklists. */
#ifndef CONFIG_POLICY_SETTINGS_H
#define CONFIG_POLICY_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "config/section_members.h"

struct policy_settings {
#include "config/section/policy.def"
};

struct greylist_settings {
#include "config/section/greylist.def"
};

struct blocklist_settings {
#include "config/section/blocklists.def"
};

#include "config/section_members_end.h"

/* Words of the settings of these names, in their order. */
enum ptr_check { PTR_UNCHECKED, PTR_EXISTS, PTR_CONFIRMED };
enum helo_check { HELO_UNCHECKED, HELO_SYNTAX, HELO_RESOLVABLE };
enum blocklist_stage { BLOCKLIST_CONNECT, BLOCKLIST_RECIPIENT };

#endif
