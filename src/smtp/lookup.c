/* VRFY and EXPN (RFC 5321 section 3.5, RFC 6531 section 3.7.4), and ETRN (RFC 1985). */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/text/ascii.h"
#include "smtp/internal.h"
#include "smtp/lookup_state.h"
#include "smtp/members.h"

bool
lookup_is_allowed(const struct smtp_session *s, enum smtp_audience audience)
{
	return audience == SMTP_ANYONE || (audience == SMTP_ACCOUNTS && s->user != NULL);
}

static struct ftg_reply
answered(void)
{
	return ftg_reply(FTG_IDS);
}

/* The argument: a mailbox with or without brackets, or a local part. */
struct question {
	struct address address;
	bool utf8; /* the answer may hold UTF-8 */
};

/* Removes the parameter SMTPUTF8 from the end; returns whether it was there. */
static bool
remove_utf8(const char *text, size_t *len)
{
	static const char word[] = " SMTPUTF8";
	const size_t word_len = sizeof word - 1;

	if (*len <= word_len || !ascii_equal(text + *len - word_len, word, word_len))
		return false;
	for (*len -= word_len; *len > 0 && text[*len - 1] == ' ';)
		--*len;
	return true;
}

/* False if the text cannot be an address, and so matches nothing. */
static bool
read_question(struct question *question, const char *text, size_t len)
{
	size_t used = len;
	enum address_error error;

	question->utf8 = remove_utf8(text, &len);
	if (*text == '<')
		error = address_parse_path(&question->address, text, len, &used, false, true, question->utf8);
	else
		error = address_parse(&question->address, text, len, true, question->utf8);
	return error == ADDRESS_OK && used >= len;
}

/* The enhanced status of the lines of an answer. Their reply code is that of RFC 5321 in both profiles. */
static const char *
status_of(const struct smtp_session *s)
{
	return s->config->profile == FTG_STRICT ? "2.1.5 " : "";
}

/* The replies to verdicts that VRFY and EXPN share. */
static struct ftg_reply
no_answer(struct smtp_session *s, enum directory_verdict verdict)
{
	switch (verdict) {
	case DIRECTORY_NO_DOMAIN:
	case DIRECTORY_NO_MAILBOX: return ftg_reply(ERR_SMTP_NOMATCH);
	case DIRECTORY_AMBIGUOUS: return ftg_reply(ERR_SMTP_ADDRESS_AMBIGUOUS);
	case DIRECTORY_MISCONFIGURED: return ftg_reply(ERR_SMTP_SYSTEM_CONFIGERR);
	case DIRECTORY_FAILED: return refuse_for(s, ERR_SMTP_HARDERROR, "directory");
	default: return ftg_reply(FTG_SMTP_VRFY); /* it exists; RCPT reports whether it accepts mail */
	}
}

/* Sends the reply that a late answer has led to. */
static void
finish(struct smtp_session *s, struct ftg_reply reply)
{
	s->busy = false;
	if (reply.id != FTG_IDS)
		smtp_reply(s, reply);
	smtp_resume(s);
}

static struct ftg_reply
say_recipient(struct smtp_session *s, enum directory_verdict verdict)
{
	const struct recipient *recipient = &s->lookup->recipient.recipient;

	if (verdict != DIRECTORY_FOUND)
		return no_answer(s, verdict);
	bool every = recipient->kind == RECIPIENT_ALIAS && strcmp(recipient->local, DIRECTORY_CATCH_ALL) == 0;
	if (recipient->kind == RECIPIENT_RELAYED || every)
		return ftg_reply(FTG_SMTP_VRFY);
	members_send_line(s->outlet, status_of(s), recipient->local, recipient->domain.name, true);
	return answered();
}

static void
alias_is_known(struct directory_question *question)
{
	struct lookup *lookup = lookup_of(question, offsetof(struct lookup, expansion));

	expansion_clear(&lookup->expansion.expansion);
	finish(lookup->session, say_recipient(lookup->session, question->verdict));
}

/* An alias that expands to no recipient is not valid. In a neutral domain, the same is said of every address. */
static void
recipient_is_known(struct directory_question *question)
{
	struct lookup *lookup = lookup_of(question, offsetof(struct lookup, recipient));
	struct directory *directory = lookup->session->config->directory;

	if (lookup->recipient.recipient.domain.neutral && question->verdict != DIRECTORY_FAILED) {
		finish(lookup->session, ftg_reply(FTG_SMTP_VRFY));
		return;
	}
	if (!lookup_is_list(lookup)) {
		finish(lookup->session, say_recipient(lookup->session, question->verdict));
		return;
	}
	lookup_name_list(lookup);
	lookup->expansion.base = (struct directory_question) { .done = alias_is_known };
	directory->ops->expand(directory, &lookup->expansion);
}

struct ftg_reply
lookup_verify(struct smtp_session *s, const char *text, size_t len)
{
	struct directory *directory = s->config->directory;
	struct question question;
	struct lookup *lookup;

	if (s->config->vrfy == SMTP_UNTOLD)
		return ftg_reply(FTG_SMTP_VRFY);
	if (!lookup_is_allowed(s, s->config->vrfy))
		return ftg_reply(ERR_SMTP_ACCESSDENIED2);
	if (!read_question(&question, text, len))
		return ftg_reply(ERR_SMTP_NOMATCH);
	if ((lookup = lookup_open(s)) == NULL)
		return ftg_reply(ERR_SMTP_HARDERROR);
	lookup->recipient.base = (struct directory_question) { .done = recipient_is_known };
	lookup->recipient.address = question.address;
	lookup->recipient.sender = NULL;
	s->busy = true;
	directory->ops->recipient(directory, &lookup->recipient);
	return answered();
}

void
lookup_send_members(struct smtp_session *s)
{
	if (members_send(s->members, s->outlet, status_of(s)))
		return;
	members_free(s->members);
	s->members = NULL;
}

static struct ftg_reply
say_members(struct smtp_session *s, const struct members_question *question, bool utf8)
{
	if (question->base.verdict != DIRECTORY_FOUND)
		return no_answer(s, question->base.verdict);
	if (question->right < question->needed)
		return ftg_reply(ERR_SMTP_ACCESSDENIED2);
	if (question->count == 0)
		return ftg_reply(ERR_SMTP_NOMEMBERS);
	for (size_t i = 0; i < question->count && !utf8; i++)
		if (!ascii_is_all(question->members[i].local, strlen(question->members[i].local)))
			return ftg_reply(FTG_SMTP_NEEDS_UTF8);
	s->members = members_new(question->members, question->count);
	if (s->members == NULL)
		return ftg_reply(ERR_SMTP_HARDERROR);
	lookup_send_members(s);
	return answered();
}

static void
members_are_known(struct directory_question *question)
{
	struct lookup *lookup = lookup_of(question, offsetof(struct lookup, members));
	struct ftg_reply reply = say_members(lookup->session, &lookup->members, lookup->utf8);

	members_clear(&lookup->members);
	finish(lookup->session, reply);
}

struct ftg_reply
lookup_expand(struct smtp_session *s, const char *text, size_t len)
{
	struct directory *directory = s->config->directory;
	struct question question;
	struct lookup *lookup;

	if (!lookup_is_allowed(s, s->config->expn))
		return ftg_reply(ERR_SMTP_ACCESSDENIED2);
	if (!read_question(&question, text, len))
		return ftg_reply(ERR_SMTP_NOMATCH);
	if ((lookup = lookup_open(s)) == NULL)
		return ftg_reply(ERR_SMTP_HARDERROR);
	lookup->utf8 = question.utf8;
	lookup->members = (struct members_question) {
		.base = { .done = members_are_known },
		.address = question.address,
		.needed = s->user != NULL ? EXPANSION_ACCOUNTS : EXPANSION_ANYONE,
	};
	s->busy = true;
	directory->ops->members(directory, &lookup->members);
	return answered();
}

static void
queue_is_asked(void *context, const struct delivery_outcome *outcome)
{
	struct smtp_session *s = context;

	s->busy = false;
	if (outcome->result == DELIVERY_OK)
		smtp_reply(s, ftg_reply(ERR_SMTP_QUEUESTARTED));
	else
		smtp_reply(s, refuse_for(s, ERR_SMTP_HARDERROR, "queue"));
	smtp_resume(s);
}

static struct ftg_reply
ask_queue(struct smtp_session *s, const char *domain, bool below)
{
	struct delivery_agent *agent = s->config->delivery;

	s->busy = true;
	agent->run_queue(agent, s->config->executor, domain, below, queue_is_asked, s);
	return answered();
}

/*
 * The queue holds no mail for a domain whose mailboxes are here, so its queue run has nothing to do.
 */
static void
domain_is_known(struct directory_question *question)
{
	struct lookup *lookup = lookup_of(question, offsetof(struct lookup, domain));
	struct smtp_session *s = lookup->session;

	switch (question->verdict) {
	case DIRECTORY_FOUND:
		if (lookup->domain.domain.relayed)
			(void)ask_queue(s, lookup->domain_name, lookup->below);
		else
			finish(s, ftg_reply(ERR_SMTP_QUEUESTARTED));
		break;
	case DIRECTORY_NO_DOMAIN: finish(s, ftg_reply(ERR_SMTP_DOMAINNOTFOUND)); break;
	default: finish(s, refuse_for(s, ERR_SMTP_HARDERROR, "directory")); break;
	}
}

/* The argument is a domain, or "@" and a domain, which includes those below it. */
struct ftg_reply
lookup_queue(struct smtp_session *s, const char *text, size_t len)
{
	struct directory *directory = s->config->directory;
	struct lookup *lookup;
	bool below = *text == '@';

	if (!lookup_is_allowed(s, s->config->etrn))
		return ftg_reply(ERR_SMTP_ACCESSDENIED2);
	text += below;
	len -= below;
	if ((lookup = lookup_open(s)) == NULL)
		return ftg_reply(ERR_SMTP_HARDERROR);
	if (!address_parse_domain(lookup->domain_name, text, len))
		return ftg_reply(errno == ENOMEM ? ERR_SMTP_HARDERROR : ERR_SMTP_ARGUMANT);
	lookup->below = below;
	lookup->domain = (struct domain_question) { .base = { .done = domain_is_known }, .name = lookup->domain_name };
	s->busy = true;
	directory->ops->domain(directory, &lookup->domain);
	return answered();
}
