/* The names of records: as people write them, and as they are stored. */
#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "base/translate.h"
#include "directory/accounts_internal.h"

static bool
lower_domain(char domain[ADDRESS_DOMAIN_MAX + 1], const char *text)
{
	size_t len = strlen(text);
	if (len > ADDRESS_DOMAIN_MAX || text[0] == '[' || !address_domain_valid(text, len, false))
		return false;
	for (size_t i = 0; i <= len; i++)
		domain[i] = ascii_lower(text[i]);
	return true;
}

enum admin_result
record_parse_address(struct accounts *accounts, struct address *address, const char *text)
{
	enum address_error error = address_parse(address, text, strlen(text), false, true);
	if (error == ADDRESS_TOO_LONG)
		return accounts_set_error(accounts, ADMIN_UNFIT,
		    _("'%.400s' is too long: before the @ are 64 octets at most, behind it 255"), text);
	if (error != ADDRESS_OK || address->local[0] == '\0')
		return accounts_set_error(
		    accounts, ADMIN_UNFIT, _("'%.400s' is not a mail address; write local-part@domain"), text);
	if (address->domain[0] == '[' || !address_domain_valid(address->domain, strlen(address->domain), false))
		return accounts_set_error(accounts, ADMIN_UNFIT,
		    _("'%.300s' is not a domain that can be hosted; write a name of letters, digits and hyphens (xn--... for "
		      "others)"),
		    address->domain);
	return ADMIN_OK;
}

static enum admin_result
parse_domain(struct accounts *accounts, struct record_name *name)
{
	name->key[0] = name->address.domain;
	if (lower_domain(name->address.domain, name->text))
		return ADMIN_OK;
	return accounts_set_error(accounts, ADMIN_UNFIT,
	    _("'%.400s' is not a domain; write a name of letters, digits and hyphens between dots (xn--... for others)"),
	    name->text);
}

static enum admin_result
parse_local(struct accounts *accounts, struct record_name *name)
{
	name->key[0] = name->address.domain;
	name->key[1] = name->address.local;
	return record_parse_address(accounts, &name->address, name->text);
}

static bool
parse_sender(struct record_name *name)
{
	struct address *address = &name->address;
	if (strchr(name->text, '@') == NULL)
		return strchr(name->text, '.') != NULL && lower_domain(name->sender, name->text);
	if (address_parse(address, name->text, strlen(name->text), false, true) != ADDRESS_OK)
		return false;
	snprintf(name->sender, sizeof name->sender, "%s@%s", address->local, address->domain);
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
	return accounts_set_error(accounts, ADMIN_UNFIT,
	    _("'%.400s' is not a kind of access; write refused, blacklist, permitted or relay"), kind);
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
		network_write(name->sender, &name->network);
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

static void
tell_address(sqlite3_context *context, int count, sqlite3_value **values)
{
	char text[ADDRESS_TEXT_SIZE];
	const char *local = (const char *)sqlite3_value_text(values[0]);
	const char *domain = (const char *)sqlite3_value_text(values[1]);
	(void)count;
	if (local == NULL || domain == NULL)
		return;
	address_write(text, local, domain);
	sqlite3_result_text(context, text, -1, SQLITE_TRANSIENT);
}

static void
tell_network(sqlite3_context *context, int count, sqlite3_value **values)
{
	struct network network = { .bits = (unsigned)sqlite3_value_int(values[1]) };
	char text[NETWORK_TEXT_SIZE];
	(void)count;
	if (sqlite3_value_bytes(values[0]) != NETWORK_OCTETS || network.bits > NETWORK_BITS)
		return;
	memcpy(network.octets, sqlite3_value_blob(values[0]), NETWORK_OCTETS);
	network_write(text, &network);
	sqlite3_result_text(context, text, -1, SQLITE_TRANSIENT);
}

void
record_functions_add(sqlite3 *database)
{
	const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
	sqlite3_create_function(database, "ftgate_address", 2, flags, NULL, tell_address, NULL, NULL);
	sqlite3_create_function(database, "ftgate_network", 2, flags, NULL, tell_network, NULL, NULL);
}
