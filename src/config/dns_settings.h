/* Settings of DNS queries. */
#ifndef CONFIG_DNS_SETTINGS_H
#define CONFIG_DNS_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/endpoint.h"
#include "config/section.h"
#include "config/section_members.h"

struct dns_settings {
#include "config/section/dns.def"
};

#include "config/section_members_end.h"

enum { DNS_SERVERS_MAX = 8 };

/*
 * Parses a list of name servers with spaces between: ADDRESS, or ADDRESS:PORT ("[2001:db8::1]:53"). Returns their number,
 * or -1 with an English sentence in error, which names value and cure.
 */
int dns_servers_read(struct endpoint servers[DNS_SERVERS_MAX], const char *text, char error[SECTION_ERROR_SIZE]);

/* Accepts a list of at least one name server. */
setting_check dns_servers_check;

#endif
