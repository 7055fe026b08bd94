/* What the configuration says about addresses. */
#ifndef DIRECTORY_SETTINGS_H
#define DIRECTORY_SETTINGS_H

#include <stdbool.h>

#include "base/address/address.h"

struct directory_settings {
	/* The server's name in lower case: postmaster@hostname exists; "": none. */
	char hostname[ADDRESS_DOMAIN_MAX + 1];
	struct address postmaster; /* who gets the mail of a postmaster without an account; its domain is "": nobody */
	bool plus_addressing;      /* an address with a tag, user+tag, is that of the account or alias user */
};

#endif
