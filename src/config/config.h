/* The configuration file of a server, in YAML. */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/system/workers.h"
#include "config/content_settings.h"
#include "config/dns_settings.h"
#include "config/limits.h"
#include "config/map_settings.h"
#include "config/policy_settings.h"
#include "config/pop3_settings.h"
#include "config/relay_settings.h"
#include "config/service_settings.h"

enum { CONFIG_FILE_MAX = 1 << 20 }; /* octets */

/* TLS at a listener: by STARTTLS, optional for the client; by STARTTLS, required; from the first octet on. */
enum config_tls { CONFIG_TLS_STARTTLS, CONFIG_TLS_REQUIRED, CONFIG_TLS_IMPLICIT };

/* The protocol of a program. */
enum config_protocol { CONFIG_SMTP, CONFIG_POP3, CONFIG_MAP };

/*
 * The clients of a listener: other servers; users who send; users who fetch, whom ftgate-pop3d serves; mail servers that look
 * up texts for their replies, whom ftgate-mapd serves.
 */
enum config_role { CONFIG_ROLE_MX, CONFIG_ROLE_SUBMISSION, CONFIG_ROLE_POP3, CONFIG_ROLE_MAP };

/* The protocol of the program that serves a listener of a role, an enum config_role. */
static inline enum config_protocol
config_protocol_of(unsigned role)
{
	return role == CONFIG_ROLE_POP3 ? CONFIG_POP3 : role == CONFIG_ROLE_MAP ? CONFIG_MAP : CONFIG_SMTP;
}

/* A setting that a file sets; or a section of it. */
struct config_entry {
	const struct section *section; /* &section_server: outside of sections */
	const struct setting *setting; /* NULL: the entry is the section */
	unsigned item;                 /* of a list, counted from 0 */
	unsigned line;                 /* counted from 1 */
	char *text;                    /* the value, owned by the configuration */
};

#include "config/section_members.h"

struct config_listener {
#include "config/section/listeners.def"
};

/* What the file does not set is NULL, 0, and for the settings of sections their default. */
struct config {
#include "config/section/server.def"
	const char *path;             /* of the file, owned by the caller of config_read(); NULL: none */
	struct config_entry *entries; /* the settings in the file, in its order */
	size_t entries_count, entries_room;
	struct config_listener *listeners;
	unsigned listeners_count;
	struct limits limits;
	struct content_settings content;
	struct policy_settings policy;
	struct greylist_settings greylist;
	struct service_settings *services;
	unsigned services_count;
	struct filter_settings *filters;
	unsigned filters_count;
	struct relay_settings relay;
	struct delivery_settings delivery;
	struct route_settings *routes;
	unsigned routes_count;
	struct blocklist_settings blocklists;
	struct dns_settings dns;
	struct pop3_settings pop3;
	struct map_settings map;
};

#include "config/section_members_end.h"

/* Is called for each fault: file and line (0: none can be named), and an English sentence that names value and cure. */
typedef void config_report(void *context, const char *file, unsigned line, const char *fault);

/* A config_report that prints "FILE:LINE: FAULT" to standard error, without control characters. context is not used. */
config_report config_print_fault;

/*
 * Reads a file in one pass; path NULL is an empty one. Each fault of it is reported, up to a hundred; then NULL is
 * returned. The caller frees the result by config_free(), and keeps the path as long.
 */
struct config *config_read(const char *path, config_report *report, void *context);

/* Takes NULL. */
void config_free(struct config *config);

/*
 * The line in which the file sets a setting of a section ("": outside of sections), or of the item with that number of a
 * list. 0: it does not.
 */
unsigned config_line(const struct config *config, const char *section, unsigned item, const char *name);

/* Writes all settings that have a value, as a file from which config_read() reads the same. Errors are those of the stream. */
void config_write(FILE *to, const struct config *config);

#endif
