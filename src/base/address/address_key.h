/* The local parts of addresses as they are compared: by canonical caseless matching (RFC 6532 section 3.1). */
#ifndef BASE_ADDRESS_KEY_H
#define BASE_ADDRESS_KEY_H

#include "base/address/address.h"

/*
 * Writes the key of a local part, which all its spellings share: Unicode's full case folding, in NFC. Of ASCII it is a copy
 * in lower case, which costs no allocation. The key is "" if the local part is not UTF-8, or its key is longer than
 * ADDRESS_LOCAL_MAX octets: no account has it. Returns false if memory is out.
 */
bool address_key(char key[ADDRESS_LOCAL_MAX + 1], const char *local);

/*
 * Puts a local part into NFC, the form in which it is stored and shown. Returns false and sets errno: EILSEQ if it is not
 * UTF-8, ENAMETOOLONG if that form is longer than ADDRESS_LOCAL_MAX octets, ENOMEM if memory is out.
 */
bool address_normalise(char local[ADDRESS_LOCAL_MAX + 1]);

/* Do two user names or mailboxes (local part, maybe "@" and a domain) differ in their spelling alone? */
bool address_same(const char *one, const char *other);

/*
 * Splits a user name at its last "@", and gives the domain its A-label form; one that has none is copied in lower case. The
 * name need not be UTF-8. Returns false and sets errno: EINVAL if no address can be like this, ENOMEM if memory is out.
 */
bool address_split(struct address *address, const char *name);

#endif
