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

#include "base/section_members_end.h"

#endif
