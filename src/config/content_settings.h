/* Settings of the content of messages. */
#ifndef CONFIG_CONTENT_SETTINGS_H
#define CONFIG_CONTENT_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

/* Whose messages are checked: words of header-check, in their order. */
enum content_whose { CONTENT_NOBODYS, CONTENT_USERS, CONTENT_ALL };

#include "config/section_members.h"

struct content_settings {
#include "config/section/content.def"
};

#include "config/section_members_end.h"

#endif
