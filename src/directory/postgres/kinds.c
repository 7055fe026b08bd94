/* The kinds of questions to the directory, and how each is answered from facts. */
#include "directory/postgres/kinds.h"

#include "directory/access.h"
#include "directory/expand.h"
#include "directory/login.h"
#include "directory/postgres/wants.h"
#include "directory/recipient.h"

static enum directory_verdict
find_client(struct lookup *lookup, struct directory_question *question)
{
	return access_of_client(lookup, (struct client_question *)question);
}

static enum directory_verdict
find_sender(struct lookup *lookup, struct directory_question *question)
{
	return sender_find(lookup, (struct sender_question *)question);
}

static enum directory_verdict
find_recipient(struct lookup *lookup, struct directory_question *question)
{
	return recipient_find(lookup, (struct recipient_question *)question);
}

static enum directory_verdict
find_expansion(struct lookup *lookup, struct directory_question *question)
{
	return expansion_find(lookup, (struct expansion_question *)question);
}

static enum directory_verdict
find_members(struct lookup *lookup, struct directory_question *question)
{
	return members_find(lookup, (struct members_question *)question);
}

static enum directory_verdict
find_login(struct lookup *lookup, struct directory_question *question)
{
	return login_find(lookup, (struct login_question *)question);
}

static enum directory_verdict
find_domain(struct lookup *lookup, struct directory_question *base)
{
	struct domain_question *question = (struct domain_question *)base;
	return lookup->ops->domain(lookup, question->name, &question->domain);
}

static void
want_client(struct facts *facts, const struct directory_question *question)
{
	wants_of_client(facts, ((const struct client_question *)question)->address);
}

static void
want_sender(struct facts *facts, const struct directory_question *base)
{
	const struct sender_question *question = (const struct sender_question *)base;
	wants_of_sender(facts, &question->address, question->account);
}

static void
want_recipient(struct facts *facts, const struct directory_question *base)
{
	const struct recipient_question *question = (const struct recipient_question *)base;
	facts_set_sender(facts, question->sender);
	wants_of_recipient(facts, &question->address);
}

const struct kind kind_clients = { find_client, want_client, &kept_clients };
const struct kind kind_senders = { find_sender, want_sender, &kept_senders };
const struct kind kind_recipients = { find_recipient, want_recipient, &kept_recipients };
const struct kind kind_expansions = { find_expansion, NULL, NULL };
const struct kind kind_memberships = { find_members, NULL, NULL };
const struct kind kind_logins = { find_login, NULL, NULL };
const struct kind kind_domains = { find_domain, NULL, NULL };
