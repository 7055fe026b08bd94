/*
 * Keeps forged authors of domains that are hosted here from passing SPF, and so DMARC (RFC 7489 section 3.1), by this server:
 * the mail of strangers that goes on with a sender of its own; and from being signed, if a user with SMTPUTF8 forges them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "message/author_domains.h"
#include "session/srs_file.h"
#include "smtp/lookup_state.h"
#include "smtp/policy/checks.h"
#include "smtp/policy/header_check.h"

/* A domain as the directory knows it: not at all, hosted here, or relayed to servers of its own. */
enum place { NOWHERE, HERE, RELAYED };

/* Most labels of a domain for which the directory is asked about the domains above it; one with more counts as hosted. */
enum { LABELS_MAX = 8 };

struct author {
	struct author_domains domains;
	char host[ADDRESS_DOMAIN_MAX + 1];   /* the name of this server, as domains are compared */
	char sender[ADDRESS_DOMAIN_MAX + 1]; /* the domain of the sender, likewise; "": it has none */
	size_t asked;                        /* domains whose place is known */
	const char *name;                    /* asked for: the next of the domains, or one above it */
	unsigned char places[AUTHOR_DOMAINS_MAX];
};

static bool
is_sent_on(const struct smtp_session *s)
{
	return s->lookup != NULL && s->lookup->sent_on;
}

static bool
is_asked_for(const struct smtp_session *s)
{
	return is_sent_on(s) || (s->user != NULL && s->envelope.utf8 && s->config->scanner_count > 0);
}

/* Writes the A-label form in lower case, "" if the text is no domain. False when memory is out. */
static bool
fold(char name[ADDRESS_DOMAIN_MAX + 1], const char *text)
{
	if (address_parse_domain(name, text, strlen(text)))
		return true;
	name[0] = '\0';
	return errno != ENOMEM;
}

/* The sender is as the client wrote it, the name of this server as the operator did. */
static struct author *
author_new(const struct smtp_session *s)
{
	const char *at = strrchr(s->envelope.sender, '@');
	struct author *author = calloc(1, sizeof *author);

	if (author == NULL ||
	    (fold(author->host, s->config->hostname) && fold(author->sender, at != NULL ? at + 1 : "")))
		return author;
	free(author);
	return NULL;
}

static struct author *
author_open(struct smtp_session *s)
{
	struct lookup *lookup = lookup_open(s);

	if (lookup == NULL || (lookup->author == NULL && (lookup->author = author_new(s)) == NULL)) {
		header_refuse(s, ERR_SMTP_HARDERROR, "memory");
		return NULL;
	}
	return lookup->author;
}

void
author_look(struct smtp_session *s, const struct header_field *field)
{
	struct author *author;

	if (is_asked_for(s) && header_is(field, "From") && (author = author_open(s)) != NULL)
		author_domains_read(&author->domains, field->value, field->len, field->last);
}

/* Only HEADER_MAX octets of a header are examined: a longer one may have other authors, so its authors are unclear. */
void
author_end(struct smtp_session *s)
{
	struct author *author;

	if (is_asked_for(s) && s->message.checks->header.size >= HEADER_MAX && (author = author_open(s)) != NULL)
		author->domains.unclear = true;
}

/* The last two labels of a domain, which all domains of an organization share. */
static const char *
last_labels(const char *domain)
{
	const char *last = strrchr(domain, '.');
	const char *at = last != NULL ? last : domain;

	while (at > domain && at[-1] != '.')
		at--;
	return at;
}

/*
 * May two domains belong to one organization, so that they are aligned (RFC 7489 section 3.1.1)? Only a list of public suffixes
 * says so: without one, all that share two labels may.
 */
static bool
may_align(const char *domain, const char *other)
{
	return strcmp(last_labels(domain), last_labels(other)) == 0;
}

static bool
is_within(const char *domain, const char *above)
{
	size_t len = strlen(domain), tail = strlen(above);

	return len >= tail && strcmp(domain + len - tail, above) == 0 && (len == tail || domain[len - tail - 1] == '.');
}

/* Does SPF of the sender prove this author? */
static bool
is_proven(const struct smtp_session *s, const char *name)
{
	return strcmp(s->lookup->author->sender, name) == 0 && spf_has_passed(s);
}

/*
 * If the message goes on with a sender of this domain of ours, does DMARC pass for an author whose domain is hosted here, or is
 * below such a one or this one, although the client has not proved that it may write in that name?
 */
static bool
is_forged(const struct smtp_session *s, const char *domain)
{
	const struct author *author = s->lookup->author;

	if (author->domains.unclear)
		return true;
	for (size_t i = 0; i < author->domains.count; i++) {
		const char *name = author->domains.names[i];
		bool ours = author->places[i] == HERE || (author->places[i] == NOWHERE && is_within(name, domain));
		if (ours && may_align(name, domain) && !is_proven(s, name))
			return true;
	}
	return false;
}

/* The domain whose SPF record the next server asks for if the sender stays; NULL: it is not ours (RFC 7208 section 2.4). */
static const char *
own_domain(const struct smtp_session *s)
{
	const struct author *author = s->lookup->author;
	const char *srs = s->config->srs != NULL ? s->config->srs->domain : "";

	if (strchr(s->envelope.sender, '@') == NULL || strcmp(author->sender, author->host) == 0)
		return author->host;
	return *srs != '\0' && strcmp(author->sender, srs) == 0 ? srs : NULL;
}

/* The domain of a rewritten sender; NULL: the sender stays. */
static const char *
new_domain(const struct queue_recipient *recipient)
{
	const char *at = recipient->sender != NULL ? strrchr(recipient->sender, '@') : NULL;

	return at != NULL ? at + 1 : NULL;
}

/* The domain of the sender of a list's mail. */
static const char *
list_domain(const struct smtp_session *s, const struct list_message *list)
{
	return *s->envelope.sender != '\0' ? list->list.domain : s->lookup->author->host;
}

/* Gives recipients the original sender, for which SPF fails at the next server, so that DKIM decides. Are there others? */
static bool
keep_senders(struct smtp_session *s)
{
	const struct queue_entry *relay = s->envelope.relay;
	const char *own = own_domain(s);
	bool kept = false, forged = false;

	for (size_t i = 0; i < relay->count; i++) {
		struct queue_recipient *recipient = &relay->recipients[i];
		const char *domain = new_domain(recipient);
		if (domain != NULL && is_forged(s, domain)) {
			(void)queue_set_text(&recipient->sender, NULL, 0, 0);
			kept = true;
		}
		forged |= recipient->state == QUEUE_WAITING && recipient->sender == NULL && own != NULL &&
		    is_forged(s, own);
	}
	if (kept)
		s->outlet->log(s->outlet, "srs-kept", "from", s->envelope.sender, "cause", "author", NULL);
	return forged;
}

/* The sender of a list's mail cannot be the author: bounces would tell who is in it. */
static bool
has_forged_list(const struct smtp_session *s)
{
	const struct envelope *envelope = &s->envelope;
	bool forged = false;

	for (size_t i = 0; i < list_messages_count(envelope->lists) && !forged; i++) {
		const struct list_message *list = envelope->lists->all[i];
		forged = list->entry.count > 0 && is_forged(s, list_domain(s, list));
	}
	return forged;
}

static struct ftg_reply
judge(struct smtp_session *s)
{
	if (!keep_senders(s) && !has_forged_list(s))
		return policy_pass();
	s->message.fault = (struct message_fault) { ERR_SMTP_SPOOF, "author" };
	return ftg_reply(ERR_SMTP_SPOOF);
}

static struct ftg_reply
fail(struct smtp_session *s)
{
	s->message.fault = (struct message_fault) { ERR_SMTP_HARDERROR, "directory" };
	return ftg_reply(ERR_SMTP_HARDERROR);
}

/* May the sender with which the message goes on be aligned with this author? */
static bool
may_count(const struct smtp_session *s, const char *name)
{
	const struct envelope *envelope = &s->envelope;
	const char *own = own_domain(s);
	bool may = own != NULL && may_align(name, own);

	for (size_t i = 0; envelope->relay != NULL && i < envelope->relay->count && !may; i++) {
		const char *domain = new_domain(&envelope->relay->recipients[i]);
		may = domain != NULL && may_align(name, domain);
	}
	for (size_t i = 0; i < list_messages_count(envelope->lists) && !may; i++)
		may = may_align(name, list_domain(s, envelope->lists->all[i]));
	return may;
}

static bool
is_deep(const char *name)
{
	size_t labels = 1;

	for (; *name != '\0'; name++)
		labels += *name == '.';
	return labels > LABELS_MAX;
}

/* The domain above, if it has two labels or more. */
static const char *
above(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot != NULL && strchr(dot + 1, '.') != NULL ? dot + 1 : NULL;
}

/* Notes what was found. Returns the domain above, if that has to be asked for, too. */
static const char *
note_place(const struct smtp_session *s, enum place found)
{
	struct author *author = s->lookup->author;
	unsigned char *place = &author->places[author->asked];
	bool first = author->name == author->domains.names[author->asked];

	if (first || found == HERE)
		*place = (unsigned char)found;
	if (*place != NOWHERE || (first && !may_count(s, author->name)))
		return NULL;
	if (is_deep(author->name))
		*place = HERE;
	return *place == NOWHERE ? above(author->name) : NULL;
}

static void domain_is_known(struct directory_question *question);

static void
ask(struct smtp_session *s, const char *name)
{
	struct directory *directory = s->config->directory;

	s->lookup->author->name = name;
	s->lookup->domain = (struct domain_question) { .base = { .done = domain_is_known }, .name = name };
	directory->ops->domain(directory, &s->lookup->domain);
}

static void
domain_is_known(struct directory_question *question)
{
	const struct lookup *lookup = lookup_of(question, offsetof(struct lookup, domain));
	struct smtp_session *s = lookup->session;
	struct author *author = s->lookup->author;
	bool found = question->verdict == DIRECTORY_FOUND;

	if (!found && question->verdict != DIRECTORY_NO_DOMAIN) {
		policy_decide(s, fail(s));
		return;
	}
	const char *next = note_place(s, !found ? NOWHERE : lookup->domain.domain.relayed ? RELAYED : HERE);
	if (next == NULL && ++author->asked < author->domains.count)
		next = author->domains.names[author->asked];
	if (next != NULL)
		ask(s, next);
	else
		policy_decide(s, judge(s));
}

/* A message without a From field has no author whom DMARC could check. */
struct ftg_reply
check_author(struct smtp_session *s, const struct policy_subject *subject)
{
	const struct author *author = is_sent_on(s) ? s->lookup->author : NULL;

	(void)subject;
	if (author == NULL)
		return policy_pass();
	if (author->domains.unclear || author->domains.count == 0)
		return judge(s);
	if (!policy_wait(s))
		return ftg_reply(ERR_SMTP_HARDERROR);
	ask(s, author->domains.names[0]);
	return policy_pass();
}

bool
author_is_own(const struct smtp_session *s)
{
	const struct author *author = s->lookup != NULL ? s->lookup->author : NULL;

	return author != NULL && !author->domains.unclear && author->domains.count == 1 &&
	    strcmp(author->domains.names[0], author->sender) == 0;
}
