/* Administration of domains, accounts, aliases, lists and access lists: the records, whatever keeps them. */
#include "port/admin.h"

#include <assert.h>

#include "base/address/address.h"

static_assert((int)RECORD_DOMAIN_FIELDS <= (int)RECORD_FIELDS_MAX, "each field has its place");
static_assert((int)RECORD_ACCOUNT_FIELDS <= (int)RECORD_FIELDS_MAX, "each field has its place");
static_assert((int)RECORD_LIST_FIELDS <= (int)RECORD_FIELDS_MAX, "each field has its place");

#define ROW(id, name, type, settable, help) [id] = { name, type, settable, help },

static const struct record_field domain_fields[] = {
#define DOMAIN_FIELD ROW
#include "port/records.def"
};

static const struct record_field account_fields[] = {
#define ACCOUNT_FIELD ROW
#include "port/records.def"
};

static const struct record_field alias_fields[] = {
#define ALIAS_FIELD ROW
#include "port/records.def"
};

static const struct record_field list_fields[] = {
#define LIST_FIELD ROW
#include "port/records.def"
};

static const struct record_field access_fields[] = {
#define ACCESS_FIELD ROW
#include "port/records.def"
};

static const struct {
	const char *noun;
	const struct record_field *fields;
	size_t count, names;
} records[RECORD_KINDS] = {
	[RECORD_DOMAIN] = { "domain", domain_fields, RECORD_DOMAIN_FIELDS, 1 },
	[RECORD_ACCOUNT] = { "account", account_fields, RECORD_ACCOUNT_FIELDS, 1 },
	[RECORD_ALIAS] = { "alias", alias_fields, RECORD_ALIAS_FIELDS, 1 },
	[RECORD_LIST] = { "list", list_fields, RECORD_LIST_FIELDS, 1 },
	[RECORD_ACCESS] = { "access", access_fields, RECORD_ACCESS_FIELDS, 2 },
};

const struct record_field *
record_field(enum record_kind kind, size_t index)
{
	return index < records[kind].count ? &records[kind].fields[index] : NULL;
}

size_t
record_names(enum record_kind kind)
{
	return records[kind].names;
}

const char *
record_noun(enum record_kind kind)
{
	return records[kind].noun;
}

bool
record_is_secret(enum record_kind kind, size_t index)
{
	return kind == RECORD_ACCOUNT &&
	    (index == RECORD_ACCOUNT_PASSWORD || index == RECORD_ACCOUNT_SCRAM_SHA_256 ||
	        index == RECORD_ACCOUNT_SECRET);
}

bool
record_is_carried(enum record_kind kind, size_t index)
{
	const struct record_field *field = record_field(kind, index);
	bool computed = !field->settable && (field->type == FIELD_COUNT || field->type == FIELD_FLAG);
	return !computed;
}

enum admin_result
admin_add_domain(struct admin *admin, const char *name)
{
	return admin->ops->add(admin, RECORD_DOMAIN, &name, &(struct record_change) { .count = 0 });
}

enum admin_result
admin_add_account(struct admin *admin, const char *local, const char *domain, const char *password)
{
	char text[ADDRESS_TEXT_SIZE];
	const char *const name = text;
	const struct record_password kept = { .hash = password };
	address_write(text, local, domain);
	return admin->ops->add(admin, RECORD_ACCOUNT, &name, &(struct record_change) { .password = &kept });
}
