/* What the security policy asks of clients, senders and recipients. */
#ifndef BASE_POLICY_SETTINGS_H
#define BASE_POLICY_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/section_members.h"

struct policy_settings {
#include "base/section/policy.def"
};

struct greylist_settings {
#include "base/section/greylist.def"
};

struct blocklist_settings {
#include "base/section/blocklists.def"
};

#include "base/section_members_end.h"

enum ptr_check { PTR_UNCHECKED, PTR_EXISTS, PTR_CONFIRMED };
enum helo_check { HELO_UNCHECKED, HELO_SYNTAX, HELO_RESOLVABLE };
enum blocklist_stage { BLOCKLIST_CONNECT, BLOCKLIST_RECIPIENT };

#endif
