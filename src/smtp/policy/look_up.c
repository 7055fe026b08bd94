/* Asks the directory once about a client, a sender and a recipient, before the checks that need the answer. */
#include <stdlib.h>
#include <string.h>

#include "smtp/lookup_state.h"
#include "smtp/policy/checks.h"

/* If the directory fails, no client is refused for missing data; what depends on its rights gets a temporary reply. */
static void
client_is_known(struct directory_question *question)
{
	struct lookup *lookup = lookup_of(question, offsetof(struct lookup, client));
	struct smtp_session *s = lookup->session;

	s->access_unknown = question->verdict != DIRECTORY_FOUND;
	s->access = s->access_unknown ? 0 : (unsigned char)lookup->client.access;
	access_text_of_client(s, s->access_unknown ? "" : lookup->client.text);
	policy_decide(s, policy_pass());
}

struct ftg_reply
check_client_lookup(struct smtp_session *s, const struct policy_subject *subject)
{
	struct directory *directory = s->config->directory;
	struct lookup *lookup = lookup_open(s);

	(void)subject;
	if (lookup == NULL || !policy_wait(s))
		return ftg_reply(ERR_SMTP_HARDERROR);
	lookup->client = (struct client_question) { .base = { .done = client_is_known }, .address = s->peer.address };
	directory->ops->client(directory, &lookup->client);
	return policy_pass();
}

static void
sender_is_known(struct directory_question *question)
{
	struct lookup *lookup = lookup_of(question, offsetof(struct lookup, sender));
	struct smtp_session *s = lookup->session;
	bool found = question->verdict == DIRECTORY_FOUND;

	s->envelope.known = (struct sender_facts) {
		.failed = !found,
		.hosted = found && lookup->sender.hosted,
		.relayed = found && lookup->sender.relayed,
		.owned = found && lookup->sender.owned,
		.access = found ? (unsigned char)lookup->sender.access : 0,
	};
	access_text_of_sender(s, found ? lookup->sender.text : "");
	policy_decide(s, policy_pass());
}

/* The null sender, which all DSNs have, is open to all clients. */
struct ftg_reply
check_sender_lookup(struct smtp_session *s, const struct policy_subject *subject)
{
	struct directory *directory = s->config->directory;
	struct lookup *lookup;

	if (subject->address->null)
		return policy_pass();
	lookup = lookup_open(s);
	if (lookup == NULL || !policy_wait(s))
		return ftg_reply(ERR_SMTP_HARDERROR);
	lookup->sender = (struct sender_question) {
		.base = { .done = sender_is_known },
		.address = *s->policy.subject.address,
		.account = s->user != NULL ? s->account : 0,
	};
	directory->ops->sender(directory, &lookup->sender);
	return policy_pass();
}

static void
recipient_is_known(struct directory_question *question)
{
	struct smtp_session *s = lookup_of(question, offsetof(struct lookup, recipient))->session;

	s->lookup->rcpt_waits = false;
	if (!forwarding_returns(s))
		policy_decide(s, policy_pass());
}

struct ftg_reply
check_recipient_lookup(struct smtp_session *s, const struct policy_subject *subject)
{
	struct directory *directory = s->config->directory;
	struct lookup *lookup = lookup_open(s);

	(void)subject;
	if (lookup == NULL || !policy_wait(s))
		return ftg_reply(ERR_SMTP_HARDERROR);
	lookup->recipient.base = (struct directory_question) { .done = recipient_is_known };
	lookup->recipient.address = *s->policy.subject.address;
	lookup->recipient.sender = s->envelope.sender;
	lookup->returning = (struct returning) { .asked = false };
	lookup->rcpt_waits = true;
	directory->ops->recipient(directory, &lookup->recipient);
	return policy_pass();
}
