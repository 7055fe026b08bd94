/* Reads the records that an answer needs, one at a time. */
#include "directory/lookup.h"

#include <string.h>
#include <strings.h>

#include "base/address/address_key.h"

enum directory_verdict
lookup_account(struct lookup *lookup, const char *domain, const char *local, bool secrets, struct account *account)
{
	char key[ADDRESS_LOCAL_MAX + 1];
	memset(account, 0, sizeof *account);
	if (!address_key(key, local))
		return DIRECTORY_FAILED;
	return lookup->ops->account(lookup, domain, key, secrets, account);
}

enum directory_verdict
lookup_alias(struct lookup *lookup, const struct address *address, struct alias *alias)
{
	char key[ADDRESS_LOCAL_MAX + 1];
	if (!address_key(key, address->local))
		return DIRECTORY_FAILED;
	return lookup->ops->alias(lookup, address->domain, key, alias);
}

enum directory_verdict
lookup_bare(struct lookup *lookup, const char *local, char domain[ADDRESS_DOMAIN_MAX + 1])
{
	char key[ADDRESS_LOCAL_MAX + 1];
	domain[0] = '\0';
	if (lookup_is_postmaster(local))
		return lookup->ops->first_domain(lookup, domain);
	if (!address_key(key, local))
		return DIRECTORY_FAILED;
	return lookup->ops->bare(lookup, key, domain);
}

bool
lookup_is_postmaster(const char *local)
{
	return strcasecmp(local, "postmaster") == 0;
}

enum expansion_right
lookup_expansion_right(const char *text)
{
	if (text != NULL && strcmp(text, "anyone") == 0)
		return EXPANSION_ANYONE;
	return text != NULL && strcmp(text, "accounts") == 0 ? EXPANSION_ACCOUNTS : EXPANSION_NOBODY;
}

enum posting_right
lookup_posting_right(const char *text)
{
	if (text != NULL && strcmp(text, "members") == 0)
		return POSTING_MEMBERS;
	return text != NULL && strcmp(text, "accounts") == 0 ? POSTING_ACCOUNTS : POSTING_ANYONE;
}
