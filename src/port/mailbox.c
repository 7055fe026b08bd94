/* A mailbox that accepts mail, as layers other than its store name it: by account and address. */
#include "port/mailbox.h"

#include <string.h>

#include "base/text/ascii.h"

bool
mailbox_set_address(struct mailbox *mailbox, const char *local, const char *domain)
{
	size_t local_len = strlen(local), domain_len = strlen(domain);
	mailbox->address[0] = '\0';
	if (local_len == 0 || local_len > ADDRESS_LOCAL_MAX || domain_len == 0 || domain_len > ADDRESS_DOMAIN_MAX)
		return false;
	address_write(mailbox->address, local, domain);
	for (char *at = mailbox->address; *at != '\0'; at++)
		*at = ascii_lower(*at);
	return true;
}

bool
mailbox_equal(const struct mailbox *one, const struct mailbox *other)
{
	return one->account == other->account && strcmp(one->address, other->address) == 0;
}

bool
mailbox_has_quota(const struct mailbox *mailbox)
{
	return mailbox->quota.bytes > 0 || mailbox->quota.messages > 0;
}
