/* What the rules will look for, so that it is asked of the database at once. */
#include "directory/postgres/wants.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/address/address_key.h"

/* Writes the local part without its tag. Returns false if it has none, or tags have no meaning. */
static bool
without_tag(const struct facts *facts, char base[ADDRESS_LOCAL_MAX + 1], const char *local)
{
	size_t len = strcspn(local, "+");
	snprintf(base, ADDRESS_LOCAL_MAX + 1, "%.*s", (int)len, local);
	return facts->lookup.settings->plus_addressing && len > 0 && local[len] != '\0';
}

void
wants_of_client(struct facts *facts, const char *address)
{
	struct network network;
	struct access_row row;
	if (!network_parse_address(&network, address))
		return;
	unsigned widest = network_is_ipv4(&network) ? NETWORK_IPV4_BITS : 0;
	for (unsigned bits = NETWORK_BITS;; bits--) {
		network_widen(&network, bits);
		(void)facts->lookup.ops->network(&facts->lookup, &network, &row);
		if (bits == widest)
			return;
	}
}

static void
want_owner(struct facts *facts, const struct address *address, int64_t account, const char *local)
{
	char key[ADDRESS_LOCAL_MAX + 1];
	if (address_key(key, local))
		(void)facts->lookup.ops->owner(&facts->lookup, account, address->domain, key);
}

void
wants_of_sender(struct facts *facts, const struct address *address, int64_t account)
{
	struct lookup *lookup = &facts->lookup;
	struct access_row row;
	char text[ADDRESS_MAX + 1], key[ADDRESS_LOCAL_MAX + 1], base[ADDRESS_LOCAL_MAX + 1];
	if (!address_key(key, address->local))
		return;
	snprintf(text, sizeof text, "%s@%s", key, address->domain);
	(void)lookup->ops->sender(lookup, text, &row);
	for (const char *domain = address->domain; *domain != '\0';) {
		(void)lookup->ops->sender(lookup, domain, &row);
		domain += strcspn(domain, ".");
		domain += *domain == '.';
	}
	facts_want_name(facts, address->domain, address->local, false);
	if (account == 0)
		return;
	want_owner(facts, address, account, address->local);
	if (without_tag(facts, base, address->local))
		want_owner(facts, address, account, base);
}

void
wants_of_recipient(struct facts *facts, const struct address *address)
{
	char base[ADDRESS_LOCAL_MAX + 1];
	const char *local = address->local, *domain = address->domain;
	size_t len = strlen(local), tail = sizeof DIRECTORY_BOUNCES - 1;
	if (*domain == '\0')
		return;
	facts_want_name(facts, domain, local, false);
	facts_want_name(facts, domain, DIRECTORY_CATCH_ALL, false);
	if (without_tag(facts, base, local))
		facts_want_name(facts, domain, base, false);
	if (len <= tail || strcasecmp(local + len - tail, DIRECTORY_BOUNCES) != 0)
		return;
	snprintf(base, sizeof base, "%.*s", (int)(len - tail), local);
	facts_want_name(facts, domain, base, false);
	facts_want_name(facts, domain, "postmaster", false);
}
