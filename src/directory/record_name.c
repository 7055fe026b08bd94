/* The names of records: as people write them, and as they are stored. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/address/address_key.h"
#include "base/text/nearest.h"
#include "base/text/translate.h"
#include "directory/accounts_internal.h"

enum admin_result
record_set_local(struct accounts *accounts, struct local_name *name, const char *local)
{
	if (!address_key(name->key, local))
		return accounts_set_error(
		    accounts, ADMIN_FAILED, _("cannot compare '%.300s': %s"), local, strerror(ENOMEM));
	if (name->key[0] == '\0')
		return accounts_set_error(
		    accounts, ADMIN_UNFIT, _("'%.300s' is too long: in lower case it has 64 octets at most"), local);
	bool keys = accounts->sql->stores_keys;
	bool same = accounts->unmigrated || (keys ? strcmp(name->key, local) == 0 : strcasecmp(name->key, local) == 0);
	name->stored = same && !keys ? local : name->key;
	name->written = same ? NULL : local;
	return ADMIN_OK;
}

enum admin_result
record_parse_address(struct accounts *accounts, struct address *address, const char *text)
{
	enum address_error error = address_parse(address, text, strlen(text), false, true);
	if (error == ADDRESS_TOO_LONG)
		return accounts_set_error(accounts, ADMIN_UNFIT,
		    _("'%.400s' is too long: before the @ are 64 octets at most, behind it 255"), text);
	if (error == ADDRESS_DOMAIN)
		return accounts_set_error(
		    accounts, ADMIN_UNFIT, _("the domain of '%.400s' is not one that the DNS can have"), text);
	if (error == ADDRESS_NO_MEMORY)
		return accounts_set_error(
		    accounts, ADMIN_FAILED, _("cannot read '%.400s': %s"), text, strerror(ENOMEM));
	if (error != ADDRESS_OK || address->local[0] == '\0')
		return accounts_set_error(
		    accounts, ADMIN_UNFIT, _("'%.400s' is not a mail address; write local-part@domain"), text);
	if (address->domain[0] == '[')
		return accounts_set_error(accounts, ADMIN_UNFIT,
		    _("'%.300s' is not a domain that can be hosted; write a name of letters, digits and hyphens (xn--... for "
		      "others)"),
		    address->domain);
	if (!accounts->unmigrated && !address_normalise(address->local))
		return accounts_set_error(
		    accounts, ADMIN_UNFIT, _("'%.300s' cannot be stored: %s"), text, strerror(errno));
	return ADMIN_OK;
}

static enum admin_result
parse_domain(struct accounts *accounts, struct record_name *name)
{
	struct network network;
	name->key[0] = name->address.domain;
	if (address_parse_domain(name->address.domain, name->text, strlen(name->text)) &&
	    !network_parse(&network, name->text))
		return ADMIN_OK;
	return accounts_set_error(accounts, ADMIN_UNFIT,
	    _("'%.400s' is not a domain; write a name of letters, digits and hyphens between dots (xn--... for others)"),
	    name->text);
}

static enum admin_result
parse_local(struct accounts *accounts, struct record_name *name)
{
	enum admin_result result = record_parse_address(accounts, &name->address, name->text);
	if (result == ADMIN_OK)
		result = record_set_local(accounts, &name->local, name->address.local);
	name->key[0] = name->address.domain;
	name->key[1] = name->local.stored;
	return result;
}

static bool
parse_sender(struct record_name *name)
{
	struct address *address = &name->address;
	char key[ADDRESS_LOCAL_MAX + 1];
	if (strchr(name->text, '@') == NULL)
		return strchr(name->text, '.') != NULL &&
		    address_parse_domain(name->sender, name->text, strlen(name->text));
	if (address_parse(address, name->text, strlen(name->text), false, true) != ADDRESS_OK ||
	    !address_key(key, address->local) || key[0] == '\0')
		return false;
	snprintf(name->sender, sizeof name->sender, "%s@%s", key, address->domain);
	return true;
}

static bool
is_about_senders(const char *kind)
{
	return strcmp(kind, "blacklist") == 0 || strcmp(kind, "permitted") == 0;
}

enum admin_result
record_check_access(struct accounts *accounts, const char *kind)
{
	if (is_about_senders(kind) || strcmp(kind, "refused") == 0 || strcmp(kind, "relay") == 0)
		return ADMIN_OK;
	static const char *const kinds[] = { "refused", "blacklist", "permitted", "relay" };
	char text[ADMIN_ERROR_SIZE], hint[NEAREST_HINT_SIZE];
	nearest_hint_of(hint, kind, kinds, sizeof kinds / sizeof *kinds);
	snprintf(text, sizeof text, _("'%.400s' is not a kind of access; write refused, blacklist, permitted or relay"),
	    kind);
	return accounts_set_error(accounts, ADMIN_UNFIT, "%s%s", text, hint);
}

/* As it is compared: see FORM_ACCESS. */
static void
write_network(char text[ADDRESS_TEXT_SIZE], const struct network *network)
{
	size_t len = (size_t)snprintf(text, ADDRESS_TEXT_SIZE, "/");
	for (size_t i = 0; i < NETWORK_OCTETS; i++)
		len += (size_t)snprintf(text + len, ADDRESS_TEXT_SIZE - len, "%02X", network->octets[i]);
	snprintf(text + len, ADDRESS_TEXT_SIZE - len, "/%u", network->bits);
}

/* A network, a sender's address, or a sender's domain. */
static enum admin_result
parse_access(struct accounts *accounts, struct record_name *name, const char *kind)
{
	bool about_senders = is_about_senders(kind);
	name->key[0] = kind;
	name->key[1] = name->sender;
	if (record_check_access(accounts, kind) != ADMIN_OK)
		return ADMIN_UNFIT;
	name->is_network = network_parse(&name->network, name->text);
	if (name->is_network)
		write_network(name->sender, &name->network);
	else if (!about_senders)
		return accounts_set_error(accounts, ADMIN_UNFIT,
		    _("'%.400s' is not a network; write it as 192.0.2.0/24 or 2001:db8::/32, with no bits set behind the prefix"),
		    name->text);
	else if (strchr(name->text, '/') != NULL || !parse_sender(name))
		return accounts_set_error(accounts, ADMIN_UNFIT,
		    _("'%.400s' is neither a network (192.0.2.0/24, no bits set behind the prefix) nor a sender's address or "
		      "domain"),
		    name->text);
	return ADMIN_OK;
}

enum admin_result
record_name_parse(struct accounts *accounts, struct record_name *name, enum record_kind kind, const char *const *text)
{
	*name = (struct record_name) { .text = text[0] };
	if (kind == RECORD_DOMAIN)
		return parse_domain(accounts, name);
	if (kind != RECORD_ACCESS)
		return parse_local(accounts, name);
	name->text = text[1];
	return parse_access(accounts, name, text[0]);
}
