/* Settings of the map server only. */
#ifndef CONFIG_MAP_SETTINGS_H
#define CONFIG_MAP_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "config/section_members.h"

struct map_settings {
#include "config/section/map.def"
};

#include "config/section_members_end.h"

#endif
