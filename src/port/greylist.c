/* Greylisting (RFC 6647): mail of an unknown kind is deferred for a while. */
#include "port/greylist.h"

#include <string.h>

#include "base/address/address_key.h"
#include "base/address/network.h"
#include "base/siphash.h"
#include "base/text/ascii.h"

enum {
	IPV4_PREFIX = NETWORK_IPV4_BITS + 24,
	IPV6_PREFIX = 64,
	NAME_MAX_SIZE = NETWORK_TEXT_SIZE + 2 * (ADDRESS_MAX + 2)
};

/* The octets of a key. Each part ends with a NUL, so that different parts never make the same octets. */
struct name {
	char octets[NAME_MAX_SIZE];
	size_t len;
};

static void
put_octet(struct name *name, char octet)
{
	if (name->len < sizeof name->octets)
		name->octets[name->len++] = ascii_lower(octet);
}

static void
put(struct name *name, const char *text)
{
	for (; *text != '\0'; text++)
		put_octet(name, *text);
	put_octet(name, '\0');
}

/* Senders that number their mail (VERP) count as one sender. */
static void
put_unnumbered(struct name *name, const char *local)
{
	for (; *local != '\0' && *local != '+'; local++)
		if (!ascii_is_digit(*local))
			put_octet(name, *local);
	put_octet(name, '\0');
}

/* A client whose address cannot be read is a network of its own. */
static void
put_network(struct name *name, const char *client)
{
	char text[NETWORK_TEXT_SIZE];
	struct network network;
	if (network_parse_address(&network, client)) {
		network_widen(&network, network_is_ipv4(&network) ? IPV4_PREFIX : IPV6_PREFIX);
		network_write(text, &network);
		client = text;
	}
	put(name, client);
}

/* A local part in any of its spellings; in this one if memory is out, which delays the mail once more. */
static const char *
key_of(char key[ADDRESS_LOCAL_MAX + 1], const char *local)
{
	return address_key(key, local) && key[0] != '\0' ? key : local;
}

struct greylist_keys
greylist_keys(const unsigned char secret[GREYLIST_SECRET_SIZE], const char *client, const struct address *sender,
    const struct address *recipient)
{
	struct name name = { .len = 0 };
	struct greylist_keys keys;
	uint64_t key[2];
	char local[ADDRESS_LOCAL_MAX + 1];
	memcpy(key, secret, sizeof key);
	put_network(&name, client);
	keys.network = siphash(key, name.octets, name.len);
	put_unnumbered(&name, key_of(local, sender->local));
	put(&name, sender->domain);
	put(&name, key_of(local, recipient->local));
	put(&name, recipient->domain);
	keys.mail = siphash(key, name.octets, name.len);
	return keys;
}

/* The record of a mail that has passed is rewritten only from time to time. */
static bool
pass(struct greylist_store *store, uint64_t key, const struct greylist_record *record, int64_t now, int64_t lifetime)
{
	if (record->passed > 0 && record->until > now + lifetime - lifetime / 32)
		return true;
	return store->ops->pass(store, key, now, now + lifetime);
}

static enum greylist_verdict
verdict(bool done)
{
	return done ? GREYLIST_PASS : GREYLIST_FAILED;
}

/* A clock that was set back must not prolong the delay, and another one that is a little behind must not end it. */
static int64_t
time_left(const struct greylist_record *mail, const struct greylist_rules *rules, int64_t now)
{
	if (mail->passed > 0 || mail->since - now > rules->delay)
		return 0;
	return mail->since > now ? rules->delay : mail->since + rules->delay - now;
}

enum greylist_verdict
greylist_judge(struct greylist_store *store, const struct greylist_rules *rules, const struct greylist_keys *keys,
    int64_t now, int64_t *left)
{
	struct greylist_record network, mail;
	*left = 0;
	if (rules->passes > 0) {
		if (!store->ops->find(store, keys->network, now, &network))
			return GREYLIST_FAILED;
		if (network.passed >= rules->passes)
			return verdict(pass(store, keys->network, &network, now, rules->lifetime));
	}
	if (!store->ops->meet(store, keys->mail, now, now + rules->window, &mail))
		return GREYLIST_FAILED;
	*left = time_left(&mail, rules, now);
	if (*left > 0)
		return GREYLIST_WAIT;
	if (rules->passes > 0 && mail.passed == 0 &&
	    !store->ops->pass(store, keys->network, now, now + rules->lifetime))
		return GREYLIST_FAILED;
	return verdict(pass(store, keys->mail, &mail, now, rules->lifetime));
}

static void
work(struct job *job)
{
	struct greylist_question *question = (struct greylist_question *)(void *)job;
	struct greylist *greylist = question->greylist;
	question->verdict = greylist_judge(
	    greylist->store, &greylist->rules, &question->keys, question->now, &question->left);
	if (question->verdict == GREYLIST_FAILED)
		question->trouble = greylist->store->ops->trouble(greylist->store);
}

static void
done(struct job *job)
{
	struct greylist_question *question = (struct greylist_question *)(void *)job;
	question->answered(question);
}

void
greylist_ask(struct greylist *greylist, struct greylist_question *question)
{
	question->job = (struct job) { .work = work, .done = done };
	question->greylist = greylist;
	question->trouble = NULL;
	if (greylist->store->ops->ask != NULL) {
		greylist->store->ops->ask(greylist->store, question);
		return;
	}
	greylist->executor->start(greylist->executor, &question->job);
}
