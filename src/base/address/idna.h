/* Internationalized domain names (IDNA 2008, RFC 5890): the A-label form, which is compared, and the U-label form. */
#ifndef BASE_IDNA_H
#define BASE_IDNA_H

#include "base/address/dns_name.h"

/*
 * Writes the A-label form of a domain, in lower case: the one identity of all its spellings (RFC 5890 section 2.3.2.4).
 * Domains that are not ASCII are UTF-8 and mapped by UTS 46, non-transitional, which includes full stops such as U+3002.
 * Returns false and sets errno: EINVAL if the domain has no such form, or a label "xn--" that does not decode,
 * ENAMETOOLONG if that form or a label of it is too long for the DNS, ENOMEM if memory is out. Only a domain for which
 * idna_is_needed() holds costs an allocation.
 */
bool idna_to_ascii(char name[DNS_NAME_SIZE], const char *domain);

/* Returns whether a domain has octets above 0x7F, or a label that begins with "xn--": others are their own A-label form. */
bool idna_is_needed(const char *domain);

/*
 * Writes the U-label form of a domain, UTF-8 for people. If the domain has none that idna_to_ascii() turns back into the
 * same name, or it is longer than DNS_NAME_MAX octets or does not fit, the domain is copied, and cut if it is too long. For
 * output, not for comparisons.
 */
void idna_to_unicode(char *text, size_t size, const char *domain);

#endif
