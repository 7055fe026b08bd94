/* Keeps the DSN parameters of a message and its recipients with the envelope. */
#include "smtp/dsn_params.h"

#include <stdlib.h>
#include <string.h>

bool
dsn_keep_message(struct dsn *dsn, enum dsn_return ret, struct span envid)
{
	dsn->ret = ret;
	if (envid.text == NULL)
		return true;
	dsn->envid = strndup(envid.text, envid.len);
	return dsn->envid != NULL;
}

static struct dsn_recipient *
add(struct dsn *dsn)
{
	if (dsn->count == dsn->room) {
		unsigned room = dsn->room == 0 ? 1 : 2 * dsn->room;
		struct dsn_recipient *recipients = reallocarray(dsn->recipients, room, sizeof *recipients);
		if (recipients == NULL)
			return NULL;
		dsn->recipients = recipients;
		dsn->room = room;
	}
	return &dsn->recipients[dsn->count];
}

bool
dsn_keep_recipient(struct dsn *dsn, unsigned number, unsigned notify, struct span orcpt)
{
	char *copy = NULL;

	if (notify == 0 && orcpt.text == NULL)
		return true;
	struct dsn_recipient *recipient = add(dsn);
	if (recipient == NULL)
		return false;
	if (orcpt.text != NULL && orcpt.len <= DSN_KEPT_MAX - dsn->octets) {
		copy = strndup(orcpt.text, orcpt.len);
		if (copy == NULL)
			return false;
		dsn->octets += orcpt.len;
	}
	*recipient = (struct dsn_recipient) { .number = number, .notify = notify, .orcpt = copy };
	dsn->count++;
	return true;
}

const struct dsn_recipient *
dsn_find(const struct dsn *dsn, unsigned number)
{
	for (size_t low = 0, high = dsn->count; low < high;) {
		size_t middle = low + (high - low) / 2;
		if (dsn->recipients[middle].number == number)
			return &dsn->recipients[middle];
		if (dsn->recipients[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

bool
dsn_keep_address(struct dsn *dsn, unsigned number, struct span address)
{
	struct dsn_recipient *recipient = (struct dsn_recipient *)dsn_find(dsn, number);

	if (recipient == NULL || !(recipient->notify & DSN_SUCCESS) || recipient->address != NULL)
		return true;
	recipient->address = strndup(address.text, address.len);
	return recipient->address != NULL;
}

void
dsn_forget(struct dsn *dsn, unsigned number)
{
	for (; dsn->count > 0 && dsn->recipients[dsn->count - 1].number >= number; dsn->count--) {
		struct dsn_recipient *last = &dsn->recipients[dsn->count - 1];
		dsn->octets -= last->orcpt != NULL ? strlen(last->orcpt) : 0;
		free(last->orcpt);
		free(last->address);
	}
}

void
dsn_clear(struct dsn *dsn)
{
	dsn_forget(dsn, 0);
	free(dsn->recipients);
	free(dsn->envid);
	*dsn = (struct dsn) { 0 };
}
