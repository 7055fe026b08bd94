/* DNS blocklists (RFC 5782): which are asked, as a configuration names them. */
#ifndef CONFIG_BLOCKLIST_SETTINGS_H
#define CONFIG_BLOCKLIST_SETTINGS_H

#include <stddef.h>
#include <stdint.h>

#include "config/section.h"

enum {
	BLOCKLISTS_MAX = 16,
	BLOCKLIST_CODES_MAX = 8,  /* ranges of a list */
	BLOCKLIST_ZONE_MAX = 189, /* octets: an IPv6 address goes before it */
	BLOCKLIST_WEIGHT_MAX = 100,
};

/* A list answers from 127.0.0.0 on; from 127.255.255.0 on it reports an error of its own. In the host's order of octets. */
#define BLOCKLIST_CODES_LOW  0x7F000000U
#define BLOCKLIST_ERRORS_LOW 0x7FFFFF00U

/* A range of codes: addresses such as 127.0.0.2, as numbers in the host's order of octets. */
struct blocklist_codes {
	uint32_t low, high;
};

struct blocklist {
	char zone[BLOCKLIST_ZONE_MAX + 1];
	int weight; /* negative: clients on the list are trusted */
	struct blocklist_codes codes[BLOCKLIST_CODES_MAX];
	size_t count; /* of codes; 0: each answer counts */
};

struct blocklists {
	struct blocklist list[BLOCKLISTS_MAX];
	size_t count;
};

/*
 * Parses lists, each "ZONE[=CODES][*WEIGHT]", with spaces between; CODES are "127.0.0.2,127.0.0.4-8". Returns 0, or -1
 * with an English sentence in error, which names value and cure.
 */
int blocklists_read(struct blocklists *lists, const char *text, char error[SECTION_ERROR_SIZE]);

/* Accepts what blocklists_read() does. */
setting_check blocklists_check;

#endif
