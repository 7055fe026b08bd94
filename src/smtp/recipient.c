/* What a recipient comes to: mailboxes, here with room or elsewhere, in the envelope; or a refusal. */
#include <string.h>

#include "smtp/internal.h"

static struct ftg_reply
about(enum ftg_id id, struct span text)
{
	return ftg_reply_text(id, text.text, text.len);
}

/* A local part that asks for the mail to go on elsewhere, as before the days of MX records. */
static bool
is_routing(const struct address *address)
{
	return strpbrk(address->local, "%!@") != NULL;
}

static void
take_back(struct smtp_session *s)
{
	envelope_take_back(&s->envelope, s->without);
	s->state = s->envelope.rcpts == 0 ? SMTP_SENDER : SMTP_RECIPIENT;
}

static void
room_is_known(void *context, const struct delivery_outcome *outcome)
{
	struct smtp_session *s = context;

	s->busy = false;
	if (outcome->result == DELIVERY_OK) {
		smtp_reply(s, ftg_reply(ERR_SMTP_RCPTOK));
	} else {
		event_failed_delivery(s, outcome);
		if (outcome->result == DELIVERY_FAILED)
			s->cause = "delivery";
		take_back(s);
		smtp_reply(s, refusal_delivery(outcome->result, s->path));
	}
	smtp_resume(s);
}

/* Has one of the mailboxes that the recipient has brought a quota? There is room enough elsewhere. */
static bool
has_quota(const struct smtp_session *s)
{
	if (envelope_mark(&s->envelope).relayed > s->without.relayed)
		return false;
	for (size_t i = s->without.mailboxes; i < s->envelope.count; i++)
		if (s->envelope.mailboxes[i].quota.bytes > 0 || s->envelope.mailboxes[i].quota.messages > 0)
			return true;
	return false;
}

/* The line that names the recipient is gone by the time that the answer is known. */
static struct ftg_reply
ask_for_room(struct smtp_session *s)
{
	struct delivery_agent *agent = s->config->delivery;
	const struct envelope *envelope = &s->envelope;

	if (s->path.len > sizeof s->held.text)
		s->path.len = sizeof s->held.text;
	s->path.text = memmove(s->held.text, s->path.text, s->path.len);
	s->busy = true;
	agent->check_space(agent, s->config->executor, envelope->mailboxes + s->without.mailboxes,
	    envelope->count - s->without.mailboxes, envelope->size, room_is_known, s);
	return ftg_reply(FTG_IDS);
}

/* Who is refused for now comes again, and is to be counted once. */
static struct ftg_reply
keep(struct smtp_session *s, struct ftg_reply verdict)
{
	if (verdict.id == FTG_IDS && refusal_too_many(s))
		verdict = ftg_reply(ERR_SMTP_ADDRESS_RCPTCOUNT);
	if (verdict.id == FTG_IDS)
		return has_quota(s) ? ask_for_room(s) : ftg_reply(ERR_SMTP_RCPTOK);
	take_back(s);
	return verdict;
}

static struct ftg_reply
accept(struct smtp_session *s, const struct recipient *recipient)
{
	s->without = envelope_mark(&s->envelope);
	s->post = recipient->post;
	if (!envelope_add(&s->envelope, s->path, recipient))
		return ftg_reply(ERR_SMTP_HARDERROR);
	s->state = SMTP_RECIPIENT;
	return policy_run(s, POLICY_ACCEPTED, s->policy.subject.address, s->path, keep);
}

/* Mail for a domain that it is relayed to is anyone's to send, but not on from there to yet another one. */
static struct ftg_reply
accept_found(struct smtp_session *s, const struct address *address, const struct recipient *recipient)
{
	if (recipient->domain.relayed && is_routing(address) && !relaying_is_allowed(s))
		return about(ERR_SMTP_ADDRESS_BAD, s->path);
	return accept(s, recipient);
}

/* An address of a domain that is not hosted here. */
static struct ftg_reply
accept_elsewhere(struct smtp_session *s, const struct address *address)
{
	const struct recipient recipient = { .elsewhere = address, .elsewhere_count = 1 };

	if (*address->domain == '\0')
		return refusal_unknown(s);
	if (!relaying_is_allowed(s))
		return refusal_relay(s);
	return relaying_has_route(s, address->domain) ? accept(s, &recipient) : ftg_reply(ERR_SMTP_GLACCESSDENIED);
}

struct ftg_reply
recipient_add(struct smtp_session *s, const struct address *address)
{
	struct directory *directory = s->config->directory;
	struct recipient recipient = { 0 };
	enum directory_verdict verdict = directory->ops->resolve(directory, address, &recipient);

	xlang_prefer(s, LANGUAGE_OF_DOMAIN, recipient.domain.language);
	switch (verdict) {
	case DIRECTORY_FOUND: return accept_found(s, address, &recipient);
	case DIRECTORY_NO_DOMAIN: return accept_elsewhere(s, address);
	case DIRECTORY_NO_MAILBOX:
		return is_routing(address) ? about(ERR_SMTP_ADDRESS_BAD, s->path) : refusal_unknown(s);
	case DIRECTORY_AMBIGUOUS: return ftg_reply(ERR_SMTP_ADDRESS_AMBIGUOUS);
	case DIRECTORY_DISABLED: return about(ERR_SMTP_MAILBOX_DISABLED, s->path);
	case DIRECTORY_NO_PRIVILEGE:
		s->cause = "no-privilege";
		return ftg_reply_reason(ERR_SMTP_ACCESSDENIED, s->path.text, s->path.len, ERR_MAILBOX_DISABLED);
	case DIRECTORY_SPAMTRAP: return refusal_spamtrap(s);
	case DIRECTORY_MOVED: return refusal_moved(s, recipient.moved_to);
	case DIRECTORY_MISCONFIGURED: return ftg_reply(ERR_SMTP_SYSTEM_CONFIGERR);
	default: return refuse_for(s, ERR_SMTP_HARDERROR, "directory");
	}
}
