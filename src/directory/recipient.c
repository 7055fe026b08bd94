/* Answers questions about the recipient of RCPT and the rights of a sender, by single records. */
#include "directory/recipient.h"

#include <stdio.h>
#include <string.h>

#include "base/address/address_key.h"
#include "base/text/ascii.h"
#include "directory/access.h"

enum directory_verdict
recipient_find_postmaster(struct lookup *lookup, struct address *address)
{
	struct alias alias = { .number = 0 };
	struct account account;
	const struct address *chosen = &lookup->settings->postmaster;
	if (chosen->domain[0] == '\0')
		return DIRECTORY_NO_MAILBOX;
	enum directory_verdict verdict = lookup_account(lookup, chosen->domain, chosen->local, false, &account);
	if (verdict == DIRECTORY_NO_MAILBOX)
		verdict = lookup_alias(lookup, chosen, &alias);
	if (verdict == DIRECTORY_FOUND)
		*address = *chosen;
	else if (verdict != DIRECTORY_FAILED)
		lookup->no_postmaster = true;
	return verdict == DIRECTORY_NO_DOMAIN ? DIRECTORY_NO_MAILBOX : verdict;
}

/*
 * Is the address that of the server's own postmaster: without a domain, or at the server's name, which is not hosted?
 */
static enum directory_verdict
is_own_postmaster(struct lookup *lookup, const struct address *address, bool *own)
{
	struct domain domain;
	*own = address->domain[0] == '\0';
	if (*own || strcmp(address->domain, lookup->settings->hostname) != 0)
		return DIRECTORY_FOUND;
	enum directory_verdict verdict = lookup->ops->domain(lookup, address->domain, &domain);
	*own = verdict == DIRECTORY_NO_DOMAIN;
	return verdict == DIRECTORY_FAILED ? verdict : DIRECTORY_FOUND;
}

static enum directory_verdict
complete_postmaster(struct lookup *lookup, const struct address *address, struct address *whole)
{
	bool own;
	enum directory_verdict verdict = is_own_postmaster(lookup, address, &own);
	if (verdict != DIRECTORY_FOUND || !own)
		return verdict;
	verdict = recipient_find_postmaster(lookup, whole);
	return verdict == DIRECTORY_NO_MAILBOX ? lookup_bare(lookup, whole->local, whole->domain) : verdict;
}

/* Writes the address without its tag. Returns false if it has none, or tags have no meaning. */
static bool
remove_tag(struct lookup *lookup, const struct address *address, struct address *base)
{
	size_t len = strcspn(address->local, "+");
	if (!lookup->settings->plus_addressing || len == 0 || address->local[len] == '\0')
		return false;
	*base = *address;
	base->local[len] = '\0';
	return true;
}

enum directory_verdict
recipient_complete(struct lookup *lookup, const struct address *address, struct address *whole)
{
	*whole = *address;
	if (lookup_is_postmaster(address->local))
		return complete_postmaster(lookup, address, whole);
	if (address->domain[0] != '\0')
		return DIRECTORY_FOUND;
	struct address base;
	enum directory_verdict verdict = lookup_bare(lookup, address->local, whole->domain);
	if (verdict == DIRECTORY_NO_MAILBOX && remove_tag(lookup, address, &base))
		verdict = lookup_bare(lookup, base.local, whole->domain);
	return verdict;
}

enum directory_verdict
recipient_account_verdict(const struct account *account)
{
	if (account->moved_to[0] != '\0')
		return DIRECTORY_MOVED;
	if (account->flags & ACCOUNT_SPAMTRAP)
		return DIRECTORY_SPAMTRAP;
	if (account->flags & ACCOUNT_DISABLED)
		return DIRECTORY_DISABLED;
	return account->flags & ACCOUNT_RECEIVE ? DIRECTORY_FOUND : DIRECTORY_NO_PRIVILEGE;
}

enum directory_verdict
recipient_postmaster_mailbox(struct lookup *lookup, const struct address *address, struct mailbox *mailbox)
{
	const char *domain = address->domain[0] == '\0' ? "localhost" : address->domain;
	if (lookup->ops->mailbox(lookup, domain, mailbox) == DIRECTORY_FAILED)
		return DIRECTORY_FAILED;
	return mailbox_set_address(mailbox, address->local, domain) ? DIRECTORY_FOUND : DIRECTORY_FAILED;
}

/* Is the sender one of the members of a list, as they were added? */
static enum directory_verdict
find_member(struct lookup *lookup, const struct alias *list, const char *sender, bool *member)
{
	struct address address;
	char key[ADDRESS_LOCAL_MAX + 1];
	*member = false;
	if (address_parse(&address, sender, strlen(sender), true, true) != ADDRESS_OK)
		return DIRECTORY_FOUND;
	if (!address_key(key, address.local))
		return DIRECTORY_FAILED;
	enum directory_verdict verdict = lookup->ops->member(lookup, list->number, address.domain, key);
	*member = verdict == DIRECTORY_FOUND;
	return verdict == DIRECTORY_FAILED ? DIRECTORY_FAILED : DIRECTORY_FOUND;
}

static enum directory_verdict
find_list(struct lookup *lookup, const struct address *address, struct recipient_question *question)
{
	struct alias alias = { .number = 0 };
	struct recipient *recipient = &question->recipient;
	enum directory_verdict verdict = lookup_alias(lookup, address, &alias);
	if (verdict != DIRECTORY_FOUND)
		return verdict;
	recipient->kind = alias.list ? RECIPIENT_LIST : RECIPIENT_ALIAS;
	memcpy(recipient->local, alias.local, sizeof recipient->local);
	recipient->post = alias.list ? alias.post : POSTING_ANYONE;
	if (recipient->post != POSTING_MEMBERS || question->sender == NULL || *question->sender == '\0')
		return DIRECTORY_FOUND;
	return find_member(lookup, &alias, question->sender, &recipient->member);
}

static void
describe(struct recipient *recipient, const struct account *account)
{
	recipient->domain = account->domain;
	memcpy(recipient->language, account->language, sizeof recipient->language);
	memcpy(recipient->moved_to, account->moved_to, sizeof recipient->moved_to);
	memcpy(recipient->local, account->local, sizeof recipient->local);
	recipient->mailbox = account->mailbox;
}

/* The account, alias or list of this very name. */
static enum directory_verdict
find_named(struct lookup *lookup, const struct address *address, struct recipient_question *question)
{
	struct account account;
	struct recipient *recipient = &question->recipient;
	enum directory_verdict verdict = lookup_account(lookup, address->domain, address->local, false, &account);
	describe(recipient, &account);
	if (verdict == DIRECTORY_FOUND)
		return recipient_account_verdict(&account);
	memcpy(recipient->local, address->local, sizeof recipient->local);
	if (account.domain.relayed) {
		recipient->kind = RECIPIENT_RELAYED;
		return DIRECTORY_FOUND;
	}
	if (verdict == DIRECTORY_NO_MAILBOX)
		verdict = find_list(lookup, address, question);
	return verdict;
}

/* A tag belongs to its writer: an account or an alias gets it, but a list only what is for the whole list. */
static enum directory_verdict
find_untagged(struct lookup *lookup, const struct address *address, struct recipient_question *question)
{
	struct address base;
	if (!remove_tag(lookup, address, &base))
		return DIRECTORY_NO_MAILBOX;
	enum directory_verdict verdict = find_named(lookup, &base, question);
	return verdict == DIRECTORY_FOUND && question->recipient.kind == RECIPIENT_LIST ? DIRECTORY_NO_MAILBOX
	                                                                                : verdict;
}

static enum directory_verdict find_whole(
    struct lookup *lookup, const struct address *address, struct recipient_question *question);

/* A postmaster without an account is the one of the setting; else it has a mailbox all the same. */
static enum directory_verdict
find_postmaster(struct lookup *lookup, const struct address *address, struct recipient_question *question)
{
	struct address chosen;
	enum directory_verdict verdict = recipient_find_postmaster(lookup, &chosen);
	if (verdict != DIRECTORY_NO_MAILBOX)
		return verdict == DIRECTORY_FOUND ? find_whole(lookup, &chosen, question) : verdict;
	return recipient_postmaster_mailbox(lookup, address, &question->recipient.mailbox);
}

/*
 * The postmaster of a list's domain gets the bounces to the list's mail, unless an address of this name has a record.
 */
static enum directory_verdict
find_bounces(struct lookup *lookup, const struct address *address, struct recipient_question *question)
{
	static const char suffix[] = DIRECTORY_BOUNCES;
	struct alias list = { .number = 0 };
	struct address base = *address;
	size_t len = strlen(address->local), tail = sizeof suffix - 1;
	if (len <= tail || !ascii_equal(address->local + len - tail, suffix, tail))
		return DIRECTORY_NO_MAILBOX;
	base.local[len - tail] = '\0';
	enum directory_verdict verdict = lookup_alias(lookup, &base, &list);
	if (verdict != DIRECTORY_FOUND || !list.list)
		return verdict == DIRECTORY_FAILED ? verdict : DIRECTORY_NO_MAILBOX;
	snprintf(base.local, sizeof base.local, "postmaster");
	verdict = find_named(lookup, &base, question);
	return verdict == DIRECTORY_NO_MAILBOX ? find_postmaster(lookup, &base, question) : verdict;
}

/* The alias of all addresses of a domain that have no record. */
static enum directory_verdict
find_catch_all(struct lookup *lookup, const struct address *address, struct recipient_question *question)
{
	struct alias alias = { .number = 0 };
	struct recipient *recipient = &question->recipient;
	struct address all = *address;
	memcpy(all.local, DIRECTORY_CATCH_ALL, sizeof DIRECTORY_CATCH_ALL);
	enum directory_verdict verdict = lookup_alias(lookup, &all, &alias);
	bool found = verdict == DIRECTORY_FOUND && !alias.list;
	recipient->kind = found ? RECIPIENT_ALIAS : RECIPIENT_ACCOUNT;
	recipient->post = POSTING_ANYONE;
	memcpy(recipient->local, found ? alias.local : address->local, sizeof recipient->local);
	return verdict == DIRECTORY_FOUND && !found ? DIRECTORY_NO_MAILBOX : verdict;
}

static enum directory_verdict
find_whole(struct lookup *lookup, const struct address *address, struct recipient_question *question)
{
	enum directory_verdict verdict = find_named(lookup, address, question);
	if (verdict == DIRECTORY_NO_MAILBOX)
		verdict = find_untagged(lookup, address, question);
	if (verdict == DIRECTORY_NO_MAILBOX)
		verdict = find_bounces(lookup, address, question);
	return verdict == DIRECTORY_NO_MAILBOX ? find_catch_all(lookup, address, question) : verdict;
}

enum directory_verdict
recipient_find(struct lookup *lookup, struct recipient_question *question)
{
	struct address whole;
	memset(&question->recipient, 0, sizeof question->recipient);
	enum directory_verdict verdict = recipient_complete(lookup, &question->address, &whole);
	if (verdict == DIRECTORY_FOUND)
		verdict = find_whole(lookup, &whole, question);
	bool missing = verdict == DIRECTORY_NO_MAILBOX || (verdict == DIRECTORY_NO_DOMAIN && whole.domain[0] == '\0');
	return missing && lookup_is_postmaster(whole.local) ? find_postmaster(lookup, &whole, question) : verdict;
}

/* A catch-all is for receiving: nobody owns its name, nor one with a tag. */
static enum directory_verdict
find_owner(struct lookup *lookup, struct sender_question *question, const struct address *address)
{
	char key[ADDRESS_LOCAL_MAX + 1];
	if (!address_key(key, address->local))
		return DIRECTORY_FAILED;
	if (strcmp(key, DIRECTORY_CATCH_ALL) == 0)
		return DIRECTORY_FOUND;
	enum directory_verdict verdict = lookup->ops->owner(lookup, question->account, address->domain, key);
	question->owned = verdict == DIRECTORY_FOUND;
	return verdict == DIRECTORY_FAILED ? DIRECTORY_FAILED : DIRECTORY_FOUND;
}

/* An address with a tag is its account's, unless it is the whole name of another account, alias or list. */
static enum directory_verdict
find_owner_of_tag(struct lookup *lookup, struct sender_question *question)
{
	struct account account;
	struct alias alias;
	struct address base;
	const struct address *address = &question->address;
	if (question->owned || !remove_tag(lookup, address, &base))
		return DIRECTORY_FOUND;
	enum directory_verdict verdict = lookup_account(lookup, address->domain, address->local, false, &account);
	if (verdict == DIRECTORY_NO_MAILBOX)
		verdict = lookup_alias(lookup, address, &alias);
	if (verdict == DIRECTORY_NO_MAILBOX)
		return find_owner(lookup, question, &base);
	return verdict == DIRECTORY_FAILED ? verdict : DIRECTORY_FOUND;
}

enum directory_verdict
sender_find(struct lookup *lookup, struct sender_question *question)
{
	struct domain domain;
	question->owned = false;
	enum directory_verdict verdict = access_of_sender(lookup, question);
	enum directory_verdict hosted = lookup->ops->domain(lookup, question->address.domain, &domain);
	question->hosted = hosted == DIRECTORY_FOUND;
	question->relayed = question->hosted && domain.relayed;
	if (verdict == DIRECTORY_FOUND && question->account != 0)
		verdict = find_owner(lookup, question, &question->address);
	if (verdict == DIRECTORY_FOUND && question->account != 0)
		verdict = find_owner_of_tag(lookup, question);
	return hosted == DIRECTORY_FAILED ? DIRECTORY_FAILED : verdict;
}
