/* Settings of POP3 only. */
#ifndef CONFIG_POP3_SETTINGS_H
#define CONFIG_POP3_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "config/section_members.h"

struct pop3_settings {
#include "config/section/pop3.def"
};

#include "config/section_members_end.h"

#endif
