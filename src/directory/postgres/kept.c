/* Which answers are kept: the key of a question, and the records that its answer depends on. */
#include "directory/postgres/kept.h"

#include <stdio.h>
#include <string.h>

#include "base/address/address_key.h"
#include "base/text/ascii.h"
#include "directory/lookup.h"

/* Subjects of changes, as the triggers of the schema write them. */
#define NETWORKS "n"
#define SENDERS  "s"

enum { SUBJECT_SIZE = ADDRESS_MAX + 8 };

struct kept_access {
	unsigned access;
	bool hosted, relayed;
	char text[DIRECTORY_TEXT_SIZE];
};

struct kept_recipient {
	enum directory_verdict verdict;
	struct recipient recipient;
};

_Static_assert(sizeof(struct kept_access) <= ANSWER_SIZE_MAX, "it can be kept");
_Static_assert(sizeof(struct kept_recipient) <= ANSWER_SIZE_MAX, "it can be kept");

static void
depend_on_domain(const struct answer_cache *cache, struct answer_subjects *subjects, const char *domain)
{
	char subject[SUBJECT_SIZE];
	snprintf(subject, sizeof subject, "d:%s", domain);
	answer_cache_depend(cache, subjects, subject);
}

static bool
depend_on_address(const struct answer_cache *cache, struct answer_subjects *subjects, const struct address *address,
    const char *local)
{
	char subject[SUBJECT_SIZE], key[ADDRESS_LOCAL_MAX + 1];
	if (!address_key(key, local))
		return false;
	snprintf(subject, sizeof subject, "a:%s@%s", key, address->domain);
	answer_cache_depend(cache, subjects, subject);
	return true;
}

static bool
is_found(const struct directory_question *question)
{
	return question->verdict == DIRECTORY_FOUND;
}

static bool
identify_client(const struct directory_question *question, struct answer_key *key)
{
	answer_key_begin(key, "client");
	answer_key_add(key, ((const struct client_question *)question)->address);
	return true;
}

static bool
depend_client(const struct answer_cache *cache, const struct directory_settings *settings,
    const struct directory_question *question, struct answer_subjects *subjects)
{
	(void)settings, (void)question;
	answer_cache_depend(cache, subjects, NETWORKS);
	return true;
}

static void
copy_client(struct directory_question *base, const struct directory_question *from)
{
	struct client_question *to = (struct client_question *)base;
	const struct client_question *question = (const struct client_question *)from;
	to->access = question->access;
	memcpy(to->text, question->text, sizeof to->text);
}

static bool
find_client(
    const struct answer_cache *cache, const struct answer_key *key, int64_t not_before, struct directory_question *base)
{
	struct client_question *question = (struct client_question *)base;
	struct kept_access kept;
	if (!answer_cache_find(cache, ANSWER_CLIENT, key, not_before, &kept, sizeof kept))
		return false;
	question->access = kept.access;
	memcpy(question->text, kept.text, sizeof question->text);
	base->verdict = DIRECTORY_FOUND;
	return true;
}

static void
keep_client(struct answer_cache *cache, const struct answer_key *key, const struct answer_subjects *subjects,
    int64_t time, const struct directory_question *base)
{
	const struct client_question *question = (const struct client_question *)base;
	struct kept_access kept = { .access = question->access };
	snprintf(kept.text, sizeof kept.text, "%s", question->text);
	answer_cache_keep(cache, ANSWER_CLIENT, key, subjects, time, &kept, sizeof kept);
}

const struct kept_kind kept_clients = {
	.identify = identify_client,
	.depend = depend_client,
	.find = find_client,
	.is_shared = is_found,
	.keep = keep_client,
	.copy = copy_client,
};

/* The addresses that an account owns depend on too many records. */
static bool
identify_sender(const struct directory_question *base, struct answer_key *key)
{
	const struct sender_question *question = (const struct sender_question *)base;
	answer_key_begin(key, "sender");
	answer_key_add(key, question->address.local);
	answer_key_add(key, question->address.domain);
	return question->account == 0;
}

static bool
depend_sender(const struct answer_cache *cache, const struct directory_settings *settings,
    const struct directory_question *base, struct answer_subjects *subjects)
{
	(void)settings;
	answer_cache_depend(cache, subjects, SENDERS);
	depend_on_domain(cache, subjects, ((const struct sender_question *)base)->address.domain);
	return true;
}

static void
copy_sender(struct directory_question *base, const struct directory_question *from)
{
	struct sender_question *to = (struct sender_question *)base;
	const struct sender_question *question = (const struct sender_question *)from;
	to->access = question->access;
	memcpy(to->text, question->text, sizeof to->text);
	to->hosted = question->hosted;
	to->relayed = question->relayed;
	to->owned = question->owned;
}

static bool
find_sender(
    const struct answer_cache *cache, const struct answer_key *key, int64_t not_before, struct directory_question *base)
{
	struct sender_question *question = (struct sender_question *)base;
	struct kept_access kept;
	if (!answer_cache_find(cache, ANSWER_SENDER, key, not_before, &kept, sizeof kept))
		return false;
	question->access = kept.access;
	memcpy(question->text, kept.text, sizeof question->text);
	question->hosted = kept.hosted;
	question->relayed = kept.relayed;
	question->owned = false;
	base->verdict = DIRECTORY_FOUND;
	return true;
}

static void
keep_sender(struct answer_cache *cache, const struct answer_key *key, const struct answer_subjects *subjects,
    int64_t time, const struct directory_question *base)
{
	const struct sender_question *question = (const struct sender_question *)base;
	struct kept_access kept = {
		.access = question->access, .hosted = question->hosted, .relayed = question->relayed
	};
	snprintf(kept.text, sizeof kept.text, "%s", question->text);
	answer_cache_keep(cache, ANSWER_SENDER, key, subjects, time, &kept, sizeof kept);
}

const struct kept_kind kept_senders = {
	.identify = identify_sender,
	.depend = depend_sender,
	.find = find_sender,
	.is_shared = is_found,
	.keep = keep_sender,
	.copy = copy_sender,
};

static bool
is_bounces(const char *local)
{
	size_t len = strlen(local), tail = sizeof DIRECTORY_BOUNCES - 1;
	return len > tail && ascii_equal(local + len - tail, DIRECTORY_BOUNCES, tail);
}

/*
 * All spellings of a local part have one answer. A bare local part, the postmaster and the bounces of a list depend on the
 * records of other names, too; what can be no name has no key of its own.
 */
static bool
identify_recipient(const struct directory_question *question, struct answer_key *key)
{
	const struct address *address = &((const struct recipient_question *)question)->address;
	char local[ADDRESS_LOCAL_MAX + 1];
	if (!address_key(local, address->local) || local[0] == '\0')
		return false;
	answer_key_begin(key, "recipient");
	answer_key_add(key, local);
	answer_key_add(key, address->domain);
	return address->domain[0] != '\0' && !lookup_is_postmaster(address->local) && !is_bounces(address->local);
}

/* A change of the alias for all addresses is one of its domain. */
static bool
depend_recipient(const struct answer_cache *cache, const struct directory_settings *settings,
    const struct directory_question *question, struct answer_subjects *subjects)
{
	const struct address *address = &((const struct recipient_question *)question)->address;
	char base[ADDRESS_LOCAL_MAX + 1];
	size_t len = strcspn(address->local, "+");
	depend_on_domain(cache, subjects, address->domain);
	if (!depend_on_address(cache, subjects, address, address->local))
		return false;
	if (!settings->plus_addressing || address->local[len] == '\0')
		return true;
	snprintf(base, sizeof base, "%.*s", (int)len, address->local);
	return depend_on_address(cache, subjects, address, base);
}

static bool
is_missing(enum directory_verdict verdict)
{
	return verdict == DIRECTORY_NO_DOMAIN || verdict == DIRECTORY_NO_MAILBOX;
}

/* A name that has no record is spelled as it was asked about. */
static void
take_recipient(struct recipient_question *question, enum directory_verdict verdict, const struct recipient *recipient)
{
	question->recipient = *recipient;
	if (is_missing(verdict) || recipient->kind == RECIPIENT_RELAYED)
		memcpy(question->recipient.local, question->address.local, sizeof question->recipient.local);
}

static void
copy_recipient(struct directory_question *to, const struct directory_question *from)
{
	take_recipient(
	    (struct recipient_question *)to, from->verdict, &((const struct recipient_question *)from)->recipient);
}

static bool
find_recipient(
    const struct answer_cache *cache, const struct answer_key *key, int64_t not_before, struct directory_question *base)
{
	struct kept_recipient kept;
	if (!answer_cache_find(cache, ANSWER_RECIPIENT, key, not_before, &kept, sizeof kept) &&
	    !answer_cache_find(cache, ANSWER_NO_RECIPIENT, key, not_before, &kept, sizeof kept))
		return false;
	take_recipient((struct recipient_question *)base, kept.verdict, &kept.recipient);
	base->verdict = kept.verdict;
	return true;
}

/* The right to post to a list depends on the sender. */
static bool
is_shared_recipient(const struct directory_question *question)
{
	const struct recipient *recipient = &((const struct recipient_question *)question)->recipient;
	return question->verdict != DIRECTORY_FAILED && question->verdict != DIRECTORY_MISCONFIGURED &&
	    recipient->post != POSTING_MEMBERS;
}

/*
 * Is the answer about a name that has a record? There are not more of these than records. In a neutral domain, how long it
 * is kept must not tell apart what replies do not: a recipient that gets no mail, or an alias that leads to one.
 */
static bool
has_record(const struct recipient_question *question)
{
	const struct recipient *recipient = &question->recipient;
	bool gets_mail = question->base.verdict == DIRECTORY_FOUND && recipient->kind == RECIPIENT_ACCOUNT;
	return !is_missing(question->base.verdict) && recipient->kind != RECIPIENT_RELAYED &&
	    (gets_mail || !recipient->domain.neutral) && address_same(recipient->local, question->address.local);
}

static void
keep_recipient(struct answer_cache *cache, const struct answer_key *key, const struct answer_subjects *subjects,
    int64_t time, const struct directory_question *base)
{
	const struct recipient_question *question = (const struct recipient_question *)base;
	struct kept_recipient kept;
	memset(&kept, 0, sizeof kept);
	kept.verdict = base->verdict;
	kept.recipient = question->recipient;
	answer_cache_keep(cache, has_record(question) ? ANSWER_RECIPIENT : ANSWER_NO_RECIPIENT, key, subjects, time,
	    &kept, sizeof kept);
}

const struct kept_kind kept_recipients = {
	.identify = identify_recipient,
	.depend = depend_recipient,
	.find = find_recipient,
	.is_shared = is_shared_recipient,
	.keep = keep_recipient,
	.copy = copy_recipient,
};
