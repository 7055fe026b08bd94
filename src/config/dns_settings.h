/* Who answers questions to the domain name system. */
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
 * Reads a list of name servers with spaces between: ADDRESS, or ADDRESS:PORT ("[2001:db8::1]:53"). Returns how many, or
 * -1 with an English sentence that names value and cure.
 */
int dns_servers_read(struct endpoint servers[DNS_SERVERS_MAX], const char *text, char error[SECTION_ERROR_SIZE]);

setting_check dns_servers_check;

#endif
