/* What a configuration says of policy services and of filters of content. */
#ifndef CONFIG_SERVICE_SETTINGS_H
#define CONFIG_SERVICE_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "port/policy_service.h"

/* Numbers of the words in section/services.def and section/filters.def. */
enum { SERVICE_KIND_POLICY, SERVICE_KIND_SPF };
enum { FILTER_RSPAMD, FILTER_CLAMAV };
enum { ON_FAILURE_ACCEPT, ON_FAILURE_DEFER };

#include "config/section_members.h"

struct service_settings {
#include "config/section/services.def"
};

struct filter_settings {
#include "config/section/filters.def"
};

#include "config/section_members_end.h"

#endif
