/* Checks TLSA records of the DNS (RFC 6698 section 2.1). */
#ifndef PEER_DNS_TLSA_H
#define PEER_DNS_TLSA_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Has the record some data, and if it says that this is a certificate or a key in full, is it one? Records of other kinds
 * are not judged.
 */
bool dns_tlsa_is_well_formed(const unsigned char *octets, size_t len);

#endif
