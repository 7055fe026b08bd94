/* Notices to the senders of what is in the queue: into their mailbox where they are here, else into the queue. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "port/directory.h"
#include "relay/queue_manager_internal.h"

/* A notice on its way. */
struct noticing {
	unsigned *due; /* of each recipient */
	struct dsn_report report;
	struct dsn_words words;
	struct dsn dsn;
	char id[TOKEN_SIZE];
	struct active_entry *active;
	struct recipient_question sender;    /* where the sender is */
	struct expansion_question expansion; /* if that is an alias or a list */
	struct expansion targets;            /* mailboxes here; points into the two questions */
	struct queue_entry relay;            /* and where he is not */
	bool elsewhere;
};

static void
forget(struct active_entry *active)
{
	struct noticing *n = active->noticing;
	if (n == NULL)
		return;
	dsn_free(&n->dsn);
	dsn_words_free(&n->words);
	queue_entry_clear(&n->relay);
	expansion_clear(&n->expansion.expansion);
	free(n->due);
	free(n);
	active->noticing = NULL;
}

/* All that was due has been told, or never will be. */
static void
mark(struct active_entry *active)
{
	for (size_t i = 0; i < active->entry.count; i++)
		active->entry.recipients[i].noticed |= active->noticing->due[i];
	active->dirty = true;
}

static void
event(const struct active_entry *active, const char *name, const char *detail)
{
	log_begin(name);
	log_put("id", active->entry.id);
	log_put("to", active->entry.sender);
	if (active->noticing->words.language[0] != '\0')
		log_put("lang", active->noticing->words.language);
	if (detail != NULL)
		log_put("detail", detail);
	log_end();
}

/* Later, as nothing has been put down. */
static void
postpone(struct active_entry *active)
{
	active->later = queue_manager_now(active->manager) + AGAIN_LATER;
	active->mute = true;
}

static void
put_off(struct active_entry *active, const char *detail)
{
	event(active, "notice-deferred", detail);
	postpone(active);
}

static const char *
detail_of(const struct delivery_outcome *outcome)
{
	static const char *const details[] = { [DELIVERY_OK] = "",
		[DELIVERY_OVER_QUOTA] = "over quota",
		[DELIVERY_FULL] = "no space left",
		[DELIVERY_ACCESS] = "no access to the mailbox",
		[DELIVERY_FAILED] = "delivery failed" };
	return *outcome->detail != '\0' ? outcome->detail : details[outcome->result];
}

static void
committed(void *context, const struct delivery_outcome *outcome)
{
	struct active_entry *active = context;
	active->working = false;
	if (outcome->result == DELIVERY_OK)
		event(active, "notice", active->noticing->elsewhere ? "queued" : "delivered");
	else if (outcome->result == DELIVERY_OVER_QUOTA)
		event(active, "notice-lost", detail_of(outcome));
	else
		put_off(active, detail_of(outcome));
	if (!active->mute)
		mark(active);
	forget(active);
	active_entry_proceed(active);
}

/* Lines of a delivery end with CRLF. */
static bool
append_lines(struct delivery *delivery, const char *octets, size_t len)
{
	const char *end = octets + len;
	while (octets < end) {
		const char *stop = memchr(octets, '\n', (size_t)(end - octets));
		size_t run = (size_t)((stop != NULL ? stop : end) - octets);
		if (!delivery->ops->append(delivery, octets, run) ||
		    (stop != NULL && !delivery->ops->append(delivery, "\r\n", 2)))
			return false;
		octets += run + (stop != NULL);
	}
	return true;
}

/* A message has its reverse-path, which is the null one, in a mailbox alone. */
static bool
append(struct delivery *delivery, const struct dsn *dsn)
{
	static const char path[] = "Return-Path: <>\r\n";
	if (!delivery->ops->append(delivery, path, sizeof path - 1))
		return false;
	delivery->ops->begin_relayed(delivery);
	return append_lines(delivery, dsn->octets, dsn->len);
}

static void
deliver(struct active_entry *active)
{
	const struct queue_manager_config *config = active->manager->config;
	struct noticing *n = active->noticing;
	n->relay.utf8 = n->dsn.utf8;
	n->relay.eightbit = n->dsn.eightbit;
	struct delivery *delivery = config->delivery->begin(
	    config->delivery, n->targets.mailboxes, n->targets.count, &n->relay);
	if (delivery != NULL && append(delivery, &n->dsn)) {
		active->working = true;
		delivery->ops->commit(delivery, config->jobs, DELIVERY_TIMEOUT, committed, active);
		return;
	}
	if (delivery != NULL)
		delivery->ops->abandon(delivery, config->jobs);
	put_off(active, strerror(ENOMEM));
	forget(active);
	active_entry_proceed(active);
}

static struct active_entry *
of_job(struct job *job)
{
	return (struct active_entry *)(void *)((char *)job - offsetof(struct active_entry, job));
}

static void
make_work(struct job *job)
{
	struct active_entry *active = of_job(job);
	struct noticing *n = active->noticing;
	int message = queue_open_message(&active->manager->config->queue, &active->entry);
	active->error = dsn_make(&n->dsn, &n->report, &n->words, n->id, message) ? 0 : ENOMEM;
	if (message >= 0)
		close(message);
}

static void
made(struct job *job)
{
	struct active_entry *active = of_job(job);
	active->working = false;
	if (active->error == 0) {
		deliver(active);
		return;
	}
	put_off(active, strerror(active->error));
	forget(active);
	active_entry_proceed(active);
}

static bool
add_elsewhere(struct noticing *n, const char *address)
{
	n->elsewhere = true;
	return queue_entry_add(&n->relay, address) != NULL;
}

/* The sender's addresses at other servers go into the queue. */
static bool
set_targets(struct noticing *n, const struct expansion *targets)
{
	n->targets = *targets;
	for (size_t i = 0; i < targets->elsewhere_count; i++) {
		char text[ADDRESS_TEXT_SIZE];
		address_write(text, targets->elsewhere[i].local, targets->elsewhere[i].domain);
		if (!add_elsewhere(n, text))
			return false;
	}
	return true;
}

/* The envelope of the notice: from nobody, so that nobody is told of it. */
static bool
open_envelope(struct active_entry *active)
{
	struct queue_entry *relay = &active->noticing->relay;
	char message_id[TOKEN_SIZE + ADDRESS_DOMAIN_MAX + 4];
	token_make(active->noticing->id);
	snprintf(relay->id, sizeof relay->id, "%s", active->noticing->id);
	relay->arrival = queue_manager_now(active->manager);
	int len = snprintf(
	    message_id, sizeof message_id, "<%s@%s>", active->noticing->id, active->manager->config->world.hostname);
	return queue_set_text(&relay->sender, "", 0, 0) &&
	    queue_set_text(&relay->message_id, message_id, (size_t)len, sizeof message_id - 1);
}

static bool
open_noticing(struct active_entry *active)
{
	const struct queue_manager_config *config = active->manager->config;
	struct queue_entry *entry = &active->entry;
	struct noticing *n = calloc(1, sizeof *n);
	if (n == NULL)
		return false;
	active->noticing = n;
	n->due = calloc(entry->count + 1, sizeof *n->due);
	if (n->due == NULL)
		return false;
	for (size_t i = 0; i < entry->count; i++)
		n->due[i] = dsn_due(
		    entry, &entry->recipients[i], queue_manager_now(active->manager), config->delay_notice);
	n->report = (struct dsn_report) {
		.entry = entry,
		.due = n->due,
		.hostname = config->world.hostname,
		.contact = config->contact,
		.now = queue_manager_now(active->manager),
		.expire = config->expire,
	};
	return open_envelope(active);
}

static bool
is_any_due(const struct active_entry *active)
{
	const struct queue_manager_config *config = active->manager->config;
	for (size_t i = 0; i < active->entry.count; i++)
		if (dsn_due(&active->entry, &active->entry.recipients[i], queue_manager_now(active->manager),
		        config->delay_notice) != 0)
			return true;
	return false;
}

/* Ends what has not become a delivery. */
static void
end(struct active_entry *active)
{
	active->working = false;
	forget(active);
	active_entry_proceed(active);
}

static void
lose(struct active_entry *active)
{
	event(active, "notice-lost", "the sender has no mailbox");
	mark(active);
	end(active);
}

static void
fail(struct active_entry *active, const char *detail)
{
	put_off(active, detail);
	end(active);
}

/* The language of the sender: its account's, its domain's, or that of its session. */
static const char *
language_of(const struct active_entry *active)
{
	const struct recipient *sender = &active->noticing->sender.recipient;
	if (sender->language[0] != '\0')
		return sender->language;
	if (sender->domain.language[0] != '\0')
		return sender->domain.language;
	return active->entry.language != NULL ? active->entry.language : "";
}

/* Writes the DSN to a sender that can be reached. */
static void
compose(struct active_entry *active, const struct expansion *targets)
{
	const struct queue_manager_config *config = active->manager->config;
	struct noticing *n = active->noticing;
	const struct ftg_voice voice = config->voice(config->context, language_of(active));
	if (set_targets(n, targets) && dsn_say(&n->words, &n->report, &voice))
		active_entry_work(active, make_work, made);
	else
		fail(active, strerror(ENOMEM));
}

static void
expanded(struct directory_question *question)
{
	struct noticing *n = (struct noticing *)(void *)((char *)question - offsetof(struct noticing, expansion));
	switch (question->verdict) {
	case DIRECTORY_FOUND: compose(n->active, &n->expansion.expansion); break;
	case DIRECTORY_FAILED: fail(n->active, question->detail); break;
	default: lose(n->active); break;
	}
}

static void
expand(struct noticing *n)
{
	struct directory *directory = n->active->manager->config->directory;
	const struct recipient *sender = &n->sender.recipient;
	n->expansion.base = (struct directory_question) { .done = expanded };
	memcpy(n->expansion.address.local, sender->local, sizeof sender->local);
	memcpy(n->expansion.address.domain, sender->domain.name, sizeof sender->domain.name);
	directory->ops->expand(directory, &n->expansion);
}

static void
sender_is_found(struct noticing *n)
{
	switch (n->sender.recipient.kind) {
	case RECIPIENT_ACCOUNT:
		compose(n->active, &(struct expansion) { .mailboxes = &n->sender.recipient.mailbox, .count = 1 });
		break;
	case RECIPIENT_RELAYED:
		compose(n->active, &(struct expansion) { .elsewhere = &n->sender.address, .elsewhere_count = 1 });
		break;
	default: expand(n); break;
	}
}

static void
sender_is_known(struct directory_question *question)
{
	struct noticing *n = (struct noticing *)(void *)((char *)question - offsetof(struct noticing, sender));
	switch (question->verdict) {
	case DIRECTORY_FOUND: sender_is_found(n); break;
	case DIRECTORY_NO_DOMAIN:
		compose(n->active, &(struct expansion) { .elsewhere = &n->sender.address, .elsewhere_count = 1 });
		break;
	case DIRECTORY_FAILED: fail(n->active, question->detail); break;
	default: lose(n->active); break;
	}
}

/* Asks where the sender is. */
static void
find_sender(struct active_entry *active)
{
	struct directory *directory = active->manager->config->directory;
	struct noticing *n = active->noticing;
	const char *text = active->entry.sender;
	active->working = true;
	n->active = active;
	n->sender.base = (struct directory_question) { .done = sender_is_known };
	n->sender.sender = (struct address) { .null = true };
	if (address_parse(&n->sender.address, text, strlen(text), false, true) != ADDRESS_OK)
		lose(active);
	else
		directory->ops->recipient(directory, &n->sender);
}

bool
active_entry_notice(struct active_entry *active)
{
	if (active->mute || active->entry.held || !is_any_due(active))
		return false;
	if (active->manager->stopping) { /* the directory may be gone by now */
		postpone(active);
		return false;
	}
	if (open_noticing(active)) {
		find_sender(active);
		return true;
	}
	postpone(active);
	forget(active);
	return false;
}
