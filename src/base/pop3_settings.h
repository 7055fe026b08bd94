/* What a configuration says of POP3 alone. */
#ifndef BASE_POP3_SETTINGS_H
#define BASE_POP3_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/section_members.h"

struct pop3_settings {
#include "base/section/pop3.def"
};

#include "base/section_members_end.h"

#endif
