/* Domains in other scripts, in the ASCII form that the domain name system knows (IDNA 2008, RFC 5890). */
#ifndef BASE_IDNA_H
#define BASE_IDNA_H

#include "base/dns_name.h"

/* False where the domain has no such form, or one that is no name of the DNS. An ASCII name stays as it is. */
bool idna_to_ascii(char name[DNS_NAME_SIZE], const char *domain);

#endif
