/* Internationalized domain names in their ASCII form (IDNA 2008, RFC 5890). */
#ifndef BASE_IDNA_H
#define BASE_IDNA_H

#include "base/dns_name.h"

/*
 * Writes the ASCII form of a domain, which is UTF-8; an ASCII name is copied. Returns false if the domain has no such form
 * or the form is no valid name of the DNS.
 */
bool idna_to_ascii(char name[DNS_NAME_SIZE], const char *domain);

#endif
