/* The settings of policy services and of content filters. */
#ifndef CONFIG_SERVICE_SETTINGS_H
#define CONFIG_SERVICE_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

/* When a service is asked, and about whom: the words of a configuration, in their order. The first is the default. */
enum service_stage { SERVICE_RCPT, SERVICE_CONNECT, SERVICE_HELO, SERVICE_MAIL, SERVICE_DATA };
enum service_audience { SERVICE_STRANGERS, SERVICE_USERS, SERVICE_ANYONE };
#define SERVICE_STAGE_WORDS    "rcpt connect helo mail data"
#define SERVICE_AUDIENCE_WORDS "strangers users anyone"

/* Words of settings of section/services.def and section/filters.def, in their order. */
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
