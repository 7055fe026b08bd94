/* The senders of mail that an alias leads to other servers, and the way back of bounces to them (SRS). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "session/srs_file.h"
#include "smtp/internal.h"
#include "smtp/lookup_state.h"

/* The secrets may have been rotated by ftgatectl. If they cannot be read, those that were read before still count. */
static const struct srs_secrets *
secrets_of(struct smtp_session *s)
{
	if (srs_refresh(s->config->srs) < 0)
		s->outlet->log(s->outlet, "srs-failed", "file", s->config->srs->path, "detail", strerror(errno), NULL);
	return &s->config->srs->secrets;
}

static bool
is_srs_domain(const struct smtp_session *s, const char *domain)
{
	return s->config->srs->domain[0] != '\0' && strcmp(s->config->srs->domain, domain) == 0;
}

static bool
parse_sender(const struct smtp_session *s, struct address *sender)
{
	const char *text = s->envelope.sender;
	return *text != '\0' && address_parse(sender, text, strlen(text), false, true) == ADDRESS_OK;
}

static void
log_kept(const struct smtp_session *s, enum srs_outcome outcome)
{
	s->outlet->log(s->outlet, "srs-kept", "from", s->envelope.sender, "cause",
	    outcome == SRS_TOO_LONG ? "too-long" : "no-secret", NULL);
}

const char *
forwarding_sender(struct smtp_session *s, char text[ADDRESS_TEXT_SIZE])
{
	const struct recipient *alias = &s->lookup->recipient.recipient;
	struct address sender, made;

	if (s->config->srs == NULL || alias->kind != RECIPIENT_ALIAS || sender_is_here(&s->envelope.known) ||
	    !parse_sender(s, &sender) || is_srs_domain(s, sender.domain))
		return NULL;
	const char *domain = s->config->srs->domain[0] != '\0' ? s->config->srs->domain : alias->domain.name;
	enum srs_outcome outcome = srs_forward(&made, secrets_of(s), &sender, domain, s->config->now());
	if (outcome != SRS_OK) {
		log_kept(s, outcome);
		return NULL;
	}
	address_write(text, made.local, made.domain);
	return text;
}

/* The server of a relayed domain gets all mail by this one, and so does not look at SPF. */
static bool
is_sent_on(const struct smtp_session *s, const struct expansion *targets)
{
	if (policy_is_known(s) || (!lookup_is_list(s->lookup) && !s->lookup->returning.elsewhere))
		return false;
	for (size_t i = 0; i < targets->elsewhere_count; i++)
		if (!targets->elsewhere[i].relayed)
			return true;
	return false;
}

struct ftg_reply
forwarding_check(struct smtp_session *s, const struct expansion *targets)
{
	const struct sender_facts *known = &s->envelope.known;

	if (!is_sent_on(s, targets))
		return policy_pass();
	if (known->failed)
		return refuse_for(s, ERR_SMTP_HARDERROR, "directory");
	if (sender_is_here(known) && !spf_has_passed(s))
		return s->access_unknown ? refuse_for(s, ERR_SMTP_HARDERROR, "directory")
		                         : refuse_for(s, ERR_SMTP_SPOOF, "sent-on");
	return policy_pass();
}

void
forwarding_note(struct smtp_session *s, const struct expansion *targets)
{
	s->lookup->sent_on |= is_sent_on(s, targets);
}

/* The cause for the log, if the address looks like a rewritten sender; NULL: it does not, or it is one. */
static const char *
cause_of(const struct smtp_session *s, enum srs_outcome outcome)
{
	switch (outcome) {
	case SRS_OTHER: return NULL;
	case SRS_OK: return *s->envelope.sender != '\0' ? "srs-sender" : NULL;
	case SRS_EXPIRED: return "srs-expired";
	default: return "srs-forged";
	}
}

/* The second answer. Every address of another server exists, as those of a relayed domain do. */
static void
complete(struct lookup *lookup)
{
	struct recipient_question *question = &lookup->recipient;

	if (question->base.verdict != DIRECTORY_NO_DOMAIN)
		return;
	lookup->returning.elsewhere = true;
	question->base.verdict = DIRECTORY_FOUND;
	question->recipient.kind = RECIPIENT_RELAYED;
	question->recipient.domain = lookup->returning.domain;
}

/* Is the recipient one of a domain for which this server rewrites senders? */
static bool
is_own(const struct smtp_session *s, const struct recipient_question *question)
{
	const struct domain *domain = &question->recipient.domain;

	if (s->config->srs == NULL || question->base.verdict == DIRECTORY_FAILED)
		return false;
	return is_srs_domain(s, question->address.domain) || (domain->name[0] != '\0' && !domain->relayed);
}

bool
forwarding_returns(struct smtp_session *s)
{
	struct directory *directory = s->config->directory;
	struct lookup *lookup = s->lookup;
	struct recipient_question *question = &lookup->recipient;
	struct address original;

	if (lookup->returning.asked) {
		complete(lookup);
		return false;
	}
	if (!is_own(s, question) || !srs_is_tagged(question->address.local))
		return false;
	enum srs_outcome outcome = srs_reverse(&original, secrets_of(s), question->address.local, s->config->now());
	lookup->returning.cause = cause_of(s, outcome);
	if (outcome != SRS_OK || lookup->returning.cause != NULL)
		return false;
	lookup->returning.asked = true;
	lookup->returning.domain = question->recipient.domain;
	question->address = original;
	directory->ops->recipient(directory, question);
	return true;
}

void
forwarding_log_return(const struct smtp_session *s, struct span address)
{
	const struct address *original = &s->lookup->recipient.address;
	char text[ADDRESS_TEXT_SIZE], to[ADDRESS_TEXT_SIZE];

	if (!s->lookup->returning.asked)
		return;
	address_write(text, original->local, original->domain);
	snprintf(to, sizeof to, "%.*s", (int)address.len, address.text);
	s->outlet->log(s->outlet, "srs-returned", "to", to, "original", text, NULL);
}
