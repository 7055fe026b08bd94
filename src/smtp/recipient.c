/* The recipient of a RCPT command: from its directory entry to its mailboxes in the envelope, or a refusal. */
#include <stddef.h>
#include <string.h>

#include "smtp/internal.h"
#include "smtp/lookup_state.h"

static struct ftg_reply
about(enum ftg_id id, struct span text)
{
	return ftg_reply_text(id, text.text, text.len);
}

/* Does the local part name a route ("user%host", "host!user"), as was usual before MX records? */
static bool
is_routing(const struct address *address)
{
	return strpbrk(address->local, "%!@") != NULL;
}

/* Copies the path: the command line is freed before a late answer comes. */
static void
keep_path(struct smtp_session *s)
{
	if (s->path.len > sizeof s->held.text)
		s->path.len = sizeof s->held.text;
	s->path.text = memmove(s->held.text, s->path.text, s->path.len);
}

/* Resolves the recipient's mailboxes and addresses. One that is itself elsewhere is written to self. */
static struct expansion
targets_of(struct lookup *lookup, struct expansion_target *self)
{
	struct recipient_question *question = &lookup->recipient;

	if (lookup_is_list(lookup))
		return lookup->expansion.expansion;
	if (question->base.verdict == DIRECTORY_FOUND && question->recipient.kind == RECIPIENT_ACCOUNT)
		return (struct expansion) { .mailboxes = &question->recipient.mailbox, .count = 1 };
	*self = (struct expansion_target) { .address = question->address };
	return (struct expansion) { .elsewhere = self, .elsewhere_count = 1 };
}

static void
note_added(struct smtp_session *s, const struct expansion *targets, struct span address)
{
	const struct recipient_question *question = &s->lookup->recipient;

	if (question->recipient.kind == RECIPIENT_LIST && s->envelope.lists != NULL &&
	    !directory_takes_reports(&question->address))
		s->envelope.lists->posted = true;
	envelope_note_rcpt(&s->envelope, &question->address);
	forwarding_note(s, targets);
	event_expanded(s, address, targets);
	forwarding_log_return(s, address);
}

/* Each list has a file, and maybe a lock. The client sends the message again for the others: the reply is 4xx. */
static bool
has_too_many_lists(const struct envelope *envelope, const struct expansion *targets)
{
	size_t added = 0, count = list_messages_count(envelope->lists);
	for (size_t i = 0; i < targets->list_count; i++)
		added += !envelope_has_list(envelope, &targets->lists[i]);
	return count > 0 && added > 0 && count + added > DIRECTORY_LISTS_MAX;
}

/*
 * Whatever the recipients lead to, the delivery of one message must not take a thread for long. A client that names each
 * address itself may name max-recipients.
 */
static bool
has_too_many_addresses(const struct smtp_session *s, const struct expansion *targets)
{
	const size_t named = s->config->max_recipients;
	const size_t most = named > DIRECTORY_TARGETS_MAX ? named : DIRECTORY_TARGETS_MAX;
	return s->envelope.rcpts > 0 &&
	    envelope_count_addresses(&s->envelope) + envelope_count_new(&s->envelope, targets) > most;
}

/* Why the message cannot be for this recipient, too, for the log; NULL: it can be. */
static const char *
excess(const struct smtp_session *s, const struct expansion *targets)
{
	if (has_too_many_lists(&s->envelope, targets))
		return "max-lists";
	return has_too_many_addresses(s, targets) ? "max-addresses" : NULL;
}

static struct ftg_reply
add(struct smtp_session *s)
{
	const struct address *named = &s->lookup->recipient.address;
	struct expansion_target self;
	const struct expansion targets = targets_of(s->lookup, &self);
	char text[ADDRESS_TEXT_SIZE], sender[ADDRESS_TEXT_SIZE];

	const char *too_many = excess(s, &targets);
	if (too_many != NULL) {
		expansion_clear(&s->lookup->expansion.expansion);
		return refuse_for(s, ERR_SMTP_HARDERROR, too_many);
	}
	const struct ftg_reply refusal = forwarding_check(s, &targets);
	if (refusal.id != FTG_IDS) {
		expansion_clear(&s->lookup->expansion.expansion);
		return refusal;
	}
	if (refusal_count(s)) {
		expansion_clear(&s->lookup->expansion.expansion);
		return ftg_reply(ERR_SMTP_ADDRESS_RCPTCOUNT);
	}
	const char *as = targets.elsewhere_count > 0 ? forwarding_sender(s, sender) : NULL;
	const struct span address = envelope_spell(text, s->path, named);
	bool added = (!policy_is_greylisted(s, named) || envelope_note_greylisted(&s->envelope, address)) &&
	    envelope_add(&s->envelope, address, &targets, as);
	if (added)
		note_added(s, &targets, address);
	expansion_clear(&s->lookup->expansion.expansion);
	if (!added)
		return ftg_reply(ERR_SMTP_HARDERROR);
	if (lookup_is_list(s->lookup))
		envelope_note_list(&s->envelope, &s->lookup->expansion.address);
	s->state = SMTP_RECIPIENT;
	return ftg_reply(ERR_SMTP_RCPTOK);
}

static void
space_is_known(void *context, const struct delivery_outcome *outcome)
{
	struct smtp_session *s = context;

	s->busy = false;
	if (outcome->result == DELIVERY_OK) {
		smtp_reply(s, add(s));
	} else {
		event_failed_delivery(s, outcome);
		if (outcome->result == DELIVERY_FAILED)
			s->cause = "delivery";
		expansion_clear(&s->lookup->expansion.expansion);
		smtp_reply(s, refusal_delivery(outcome->result, s->path));
	}
	smtp_resume(s);
}

/* Has one of the mailboxes that the recipient adds a quota? There is room enough elsewhere. */
static bool
has_quota(const struct envelope *envelope, const struct expansion *targets)
{
	for (size_t i = 0; i < targets->count && targets->elsewhere_count == 0; i++)
		if (mailbox_has_quota(&targets->mailboxes[i]) &&
		    !envelope_has_mailbox(envelope, targets->mailboxes[i].address))
			return true;
	return false;
}

/* The mailboxes are known: adds them, if one has room. */
static struct ftg_reply
check_space(struct smtp_session *s)
{
	struct delivery_agent *agent = s->config->delivery;
	struct expansion_target self;
	const struct expansion targets = targets_of(s->lookup, &self);

	if (!has_quota(&s->envelope, &targets))
		return add(s);
	keep_path(s);
	s->busy = true;
	agent->check_space(
	    agent, s->config->executor, targets.mailboxes, targets.count, s->envelope.size, space_is_known, s);
	return ftg_reply(FTG_IDS);
}

/* Whether the domain of the recipient hides why one gets no mail. */
static bool
is_neutral(const struct smtp_session *s)
{
	return s->lookup->recipient.recipient.domain.neutral;
}

/* Whether this verdict is one of those that a neutral domain does not tell apart. */
static bool
is_hidden(enum directory_verdict verdict)
{
	return verdict == DIRECTORY_NO_MAILBOX || verdict == DIRECTORY_DISABLED || verdict == DIRECTORY_NO_PRIVILEGE ||
	    verdict == DIRECTORY_SPAMTRAP || verdict == DIRECTORY_MOVED;
}

static struct ftg_reply
hide(struct smtp_session *s, enum directory_verdict verdict)
{
	if (verdict == DIRECTORY_SPAMTRAP)
		(void)refusal_spamtrap(s);
	if (verdict == DIRECTORY_NO_PRIVILEGE)
		s->cause = "no-privilege";
	return refusal_neutral(s, verdict);
}

/* The reply to a recipient that gets no mail. */
static struct ftg_reply
refuse(struct smtp_session *s, enum directory_verdict verdict, const char *moved_to)
{
	if (is_neutral(s) && is_hidden(verdict))
		return hide(s, verdict);
	switch (verdict) {
	case DIRECTORY_AMBIGUOUS: return ftg_reply(ERR_SMTP_ADDRESS_AMBIGUOUS);
	case DIRECTORY_DISABLED: return about(ERR_SMTP_MAILBOX_DISABLED, s->path);
	case DIRECTORY_NO_PRIVILEGE:
		s->cause = "no-privilege";
		return ftg_reply_reason(ERR_SMTP_ACCESSDENIED, s->path.text, s->path.len, ERR_MAILBOX_DISABLED);
	case DIRECTORY_SPAMTRAP: return refusal_spamtrap(s);
	case DIRECTORY_MOVED: return refusal_moved(s, moved_to);
	case DIRECTORY_MISCONFIGURED: return ftg_reply(ERR_SMTP_SYSTEM_CONFIGERR);
	case DIRECTORY_NO_DOMAIN: /* removed since it was looked up */
	case DIRECTORY_NO_MAILBOX: return refusal_unknown(s);
	default: return refuse_for(s, ERR_SMTP_HARDERROR, "directory");
	}
}

static void
expanded(struct directory_question *question)
{
	struct lookup *lookup = lookup_of(question, offsetof(struct lookup, expansion));
	struct smtp_session *s = lookup->session;

	s->busy = false;
	enum directory_verdict verdict = question->verdict, known = lookup->recipient.base.verdict;
	if (is_hidden(known) && verdict != DIRECTORY_FAILED) {
		expansion_clear(&lookup->expansion.expansion);
		verdict = known;
	}
	struct ftg_reply reply = verdict == DIRECTORY_FOUND ? check_space(s)
	                                                    : refuse(s, verdict, lookup->expansion.expansion.moved_to);
	if (reply.id != FTG_IDS)
		smtp_reply(s, reply);
	smtp_resume(s);
}

/* An alias or a list that the envelope has already is not expanded again. */
static struct ftg_reply
expand(struct smtp_session *s)
{
	struct directory *directory = s->config->directory;
	struct lookup *lookup = s->lookup;

	lookup_name_list(lookup);
	if (lookup_is_list(lookup) && envelope_has_list(&s->envelope, &lookup->expansion.address))
		return add(s);
	keep_path(s);
	s->busy = true;
	lookup->expansion.base = (struct directory_question) { .done = expanded };
	directory->ops->expand(directory, &lookup->expansion);
	return ftg_reply(FTG_IDS);
}

/*
 * A client that was deferred retries: a recipient is counted when it is added, after all that can refuse it. Whoever is over a
 * limit has nothing expanded.
 */
static struct ftg_reply
accepted(struct smtp_session *s, struct ftg_reply verdict)
{
	if (verdict.id != FTG_IDS)
		return verdict;
	if (refusal_is_over(s))
		return ftg_reply(ERR_SMTP_ADDRESS_RCPTCOUNT);
	bool hidden = is_hidden(s->lookup->recipient.base.verdict);
	return hidden || lookup_is_list(s->lookup) ? expand(s) : check_space(s);
}

static struct ftg_reply
accept(struct smtp_session *s)
{
	return policy_run(s, POLICY_ACCEPTED, s->policy.subject.address, s->path, accepted);
}

/* Anyone may send mail to a relayed domain, but not through it to a third one. */
static struct ftg_reply
accept_found(struct smtp_session *s, const struct address *address, const struct recipient *recipient)
{
	if (s->lookup->returning.elsewhere && !relaying_has_route(s, s->lookup->recipient.address.domain))
		return ftg_reply(ERR_SMTP_GLACCESSDENIED);
	if (recipient->domain.relayed && is_routing(address) && !relaying_is_allowed(s))
		return s->access_unknown ? refusal_relay(s) : about(ERR_SMTP_ADDRESS_BAD, s->path);
	return accept(s);
}

/* An address of a domain that is not hosted here. */
static struct ftg_reply
accept_elsewhere(struct smtp_session *s, const struct address *address)
{
	if (*address->domain == '\0')
		return refusal_unknown(s);
	if (!relaying_is_allowed(s))
		return refusal_relay(s);
	return relaying_has_route(s, address->domain) ? accept(s) : ftg_reply(ERR_SMTP_GLACCESSDENIED);
}

/*
 * In a neutral domain, a recipient that gets no mail takes the same steps as an alias that leads to such a one: the checks
 * of a recipient that is accepted, and a job that expands it; and answers of PostgreSQL about them are kept for as long. So
 * neither the reply nor its time tells them apart.
 */
static struct ftg_reply
refuse_neutral(struct smtp_session *s, const struct address *address)
{
	return is_routing(address) ? about(ERR_SMTP_ADDRESS_BAD, s->path) : accept(s);
}

struct ftg_reply
recipient_add(struct smtp_session *s, const struct address *address)
{
	const struct recipient_question *question = &s->lookup->recipient;

	xlang_prefer(s, LANGUAGE_OF_DOMAIN, question->recipient.domain.language);
	s->outlet->speak_of(s->outlet, LANGUAGE_OF_DOMAIN, question->recipient.domain.name);
	if (is_neutral(s) && is_hidden(question->base.verdict))
		return refuse_neutral(s, address);
	s->cause = s->lookup->returning.cause;
	switch (question->base.verdict) {
	case DIRECTORY_FOUND: return accept_found(s, address, &question->recipient);
	case DIRECTORY_NO_DOMAIN: return accept_elsewhere(s, address);
	case DIRECTORY_NO_MAILBOX:
		return is_routing(address) ? about(ERR_SMTP_ADDRESS_BAD, s->path) : refusal_unknown(s);
	default: return refuse(s, question->base.verdict, question->recipient.moved_to);
	}
}
