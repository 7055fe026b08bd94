/* Notifies the sender of an entry: writes a DSN, and delivers it to the sender's mailbox here, or queues it. */
#include "relay/notification.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log/log.h"
#include "relay/dsn/diagnosis.h"
#include "relay/dsn/dsn.h"

struct notification {
	struct job job;
	const struct queue_manager_config *config;
	const struct queue_entry *entry;
	void (*done)(void *owner);
	void *owner;
	bool settled;  /* the sender was notified, or never can be */
	unsigned *due; /* of each recipient */
	struct dsn_report report;
	struct explain_texts *first, *second; /* explanations in the languages of the words */
	char tags[2][FTG_TAG_MAX];            /* of these languages; "": none */
	struct dsn_words words;
	struct dsn dsn;
	int error;
	char id[TOKEN_SIZE];
	struct recipient_question sender;    /* who the sender is */
	struct expansion_question expansion; /* if that is an alias or a list */
	struct expansion targets;            /* mailboxes here; points into the two questions */
	struct queue_entry relay; /* the DSN's own; its recipients are the sender's addresses that are not here */
	bool elsewhere;
};

static void
notification_free(struct notification *n)
{
	dsn_free(&n->dsn);
	dsn_words_free(&n->words);
	explain_texts_free(n->first);
	explain_texts_free(n->second);
	queue_entry_clear(&n->relay);
	expansion_clear(&n->expansion.expansion);
	free(n->due);
	free(n);
}

static unsigned
due_of(const struct queue_manager_config *config, const struct queue_entry *entry, size_t recipient)
{
	return dsn_due(entry, &entry->recipients[recipient], queue_config_now(config), config->delay_notice);
}

bool
notification_is_due(const struct queue_manager_config *config, const struct queue_entry *entry)
{
	for (size_t i = 0; i < entry->count && !entry->held; i++)
		if (due_of(config, entry, i) != 0)
			return true;
	return false;
}

int64_t
notification_time(const struct queue_manager_config *config, const struct queue_entry *entry, int64_t next)
{
	int64_t time = entry->arrival + config->delay_notice;
	if (config->delay_notice == 0 || time >= next || time <= queue_config_now(config))
		return next;
	for (size_t i = 0; i < entry->count; i++)
		if (dsn_due(entry, &entry->recipients[i], time, config->delay_notice) == DSN_DELAY)
			return time;
	return next;
}

static void
log_dsn(const struct notification *n, const char *event, const char *detail)
{
	log_begin(event);
	log_put("id", n->entry->id);
	log_put("to", n->entry->sender);
	if (n->relay.message_id != NULL)
		log_put("message-id", n->relay.message_id);
	if (n->words.language[0] != '\0')
		log_put("lang", n->words.language);
	if (detail != NULL)
		log_put("detail", detail);
	log_end();
}

static void
finish(struct notification *n, bool settled)
{
	n->settled = settled;
	n->done(n->owner);
}

static void
finish_later(struct notification *n, const char *cause)
{
	log_dsn(n, "dsn-deferred", cause);
	finish(n, false);
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
on_committed(void *context, const struct delivery_outcome *outcome)
{
	struct notification *n = context;
	switch (outcome->result) {
	case DELIVERY_OK:
		log_dsn(n, "dsn", n->elsewhere ? "queued" : "delivered");
		finish(n, true);
		break;
	case DELIVERY_OVER_QUOTA:
		log_dsn(n, "dsn-lost", detail_of(outcome));
		finish(n, true);
		break;
	default: finish_later(n, detail_of(outcome)); break;
	}
}

/* A message has its reverse-path, which is the null one, in a mailbox alone. */
static bool
append(struct delivery *delivery, const struct dsn *dsn)
{
	static const char path[] = "Return-Path: <>\r\n";
	if (!delivery->ops->append(delivery, path, sizeof path - 1))
		return false;
	delivery->ops->begin_relayed(delivery);
	return delivery_append_lines(delivery, dsn->octets, dsn->len);
}

static void
deliver(struct notification *n)
{
	const struct queue_manager_config *config = n->config;
	n->relay.utf8 = n->dsn.utf8;
	n->relay.eightbit = n->dsn.eightbit;
	struct delivery *delivery = config->delivery->begin(
	    config->delivery, n->targets.mailboxes, n->targets.count, &n->relay);
	if (delivery != NULL && append(delivery, &n->dsn)) {
		delivery->ops->commit(delivery, config->jobs, DELIVERY_TIMEOUT, on_committed, n);
		return;
	}
	if (delivery != NULL)
		delivery->ops->abandon(delivery, config->jobs);
	finish_later(n, strerror(ENOMEM));
}

static struct notification *
of_job(struct job *job)
{
	return (struct notification *)(void *)job;
}

static void
write_work(struct job *job)
{
	struct notification *n = of_job(job);
	int message = queue_open_message(&n->config->queue, n->entry);
	n->error = dsn_make(&n->dsn, &n->report, &n->words, n->id, message) ? 0 : ENOMEM;
	if (message >= 0)
		close(message);
}

static void
on_written(struct job *job)
{
	struct notification *n = of_job(job);
	if (n->error == 0)
		deliver(n);
	else
		finish_later(n, strerror(n->error));
}

static bool
add_elsewhere(struct notification *n, const char *address)
{
	n->elsewhere = true;
	return queue_entry_add(&n->relay, address) != NULL;
}

/* The sender's addresses at other servers go into the queue. */
static bool
set_targets(struct notification *n, const struct expansion *targets)
{
	n->targets = *targets;
	n->targets.elsewhere = NULL;
	for (size_t i = 0; i < targets->elsewhere_count; i++) {
		char text[ADDRESS_TEXT_SIZE];
		const struct address *address = &targets->elsewhere[i].address;
		address_write(text, address->local, address->domain);
		if (!add_elsewhere(n, text))
			return false;
	}
	return true;
}

/* The language of the sender: that of the account, of its domain, or of the session. */
static const char *
language_of(const struct notification *n)
{
	const struct recipient *sender = &n->sender.recipient;
	if (sender->language[0] != '\0')
		return sender->language;
	if (sender->domain.language[0] != '\0')
		return sender->domain.language;
	return n->entry->language != NULL ? n->entry->language : "";
}

static void
start(struct notification *n, void (*work)(struct job *job), void (*done)(struct job *job))
{
	n->job = (struct job) { .work = work, .done = done };
	n->config->jobs->start(n->config->jobs, &n->job);
}

static void
inspect(struct notification *n)
{
	int message = queue_open_message(&n->config->queue, n->entry);
	n->report.malformed = dsn_is_malformed(&n->report, message);
	if (message >= 0)
		close(message);
}

static struct explain_texts *
open_texts(const struct notification *n, const char *tag)
{
	return tag[0] != '\0' ? explain_texts_open(n->config->locale, tag) : NULL;
}

/* Reads what the words depend on: the message, of which a part is returned, and explanations. */
static void
prepare_work(struct job *job)
{
	struct notification *n = of_job(job);
	if (dsn_returns_all(&n->report))
		inspect(n);
	n->first = open_texts(n, n->tags[0]);
	n->second = open_texts(n, n->tags[1]);
}

/* The own texts are those of the sender's domain. */
static struct ftg_voice
voice_of(const struct notification *n)
{
	struct ftg_voice voice = n->config->voice(n->config->context, language_of(n));
	if (voice.catalog != NULL)
		voice.domain = ftg_catalog_domain(voice.catalog, n->sender.recipient.domain.name);
	return voice;
}

/* The words are written on the loop, which has the catalogue; the rest is a job. */
static void
on_prepared(struct job *job)
{
	struct notification *n = of_job(job);
	const struct ftg_voice voice = voice_of(n);
	if (dsn_say(&n->words, &n->report, &voice, &(struct dsn_explained) { n->first, n->second }))
		start(n, write_work, on_written);
	else
		finish_later(n, strerror(ENOMEM));
}

/* Chooses the languages of explanations, if there is a reply to explain. */
static bool
choose_explanations(struct notification *n)
{
	const struct ftg_voice voice = voice_of(n);
	const ftg_catalog *catalog = voice.catalog != NULL ? voice.catalog : ftg_catalog_english(FTG_PUBLISHED);
	bool any = false;
	for (size_t i = 0; i < n->entry->count && !any; i++)
		any = n->due[i] != 0 && diagnosis_read(n->entry, &n->entry->recipients[i]).id != FTG_IDS;
	if (!any)
		return false;
	snprintf(n->tags[0], FTG_TAG_MAX, "%s", ftg_catalog_spoken(catalog, voice.language, FTG_UTF8));
	if (voice.bilingual)
		snprintf(n->tags[1], FTG_TAG_MAX, "%s", ftg_catalog_spoken(catalog, voice.second, FTG_UTF8));
	return true;
}

static void
write_dsn(struct notification *n, const struct expansion *targets)
{
	if (!set_targets(n, targets))
		finish_later(n, strerror(ENOMEM));
	else if (choose_explanations(n) || dsn_returns_all(&n->report))
		start(n, prepare_work, on_prepared);
	else
		on_prepared(&n->job);
}

static void
lose(struct notification *n)
{
	log_dsn(n, "dsn-lost", "the sender has no mailbox");
	finish(n, true);
}

static void
on_expansion(struct directory_question *question)
{
	struct notification *n = (struct notification *)(void *)((char *)question -
	    offsetof(struct notification, expansion));
	switch (question->verdict) {
	case DIRECTORY_FOUND: write_dsn(n, &n->expansion.expansion); break;
	case DIRECTORY_FAILED: finish_later(n, question->detail); break;
	default: lose(n); break;
	}
}

static void
expand(struct notification *n)
{
	struct directory *directory = n->config->directory;
	const struct recipient *sender = &n->sender.recipient;
	n->expansion.base = (struct directory_question) { .done = on_expansion };
	memcpy(n->expansion.address.local, sender->local, sizeof sender->local);
	memcpy(n->expansion.address.domain, sender->domain.name, sizeof sender->domain.name);
	directory->ops->expand(directory, &n->expansion);
}

static void
send_elsewhere(struct notification *n)
{
	struct expansion_target target = { .address = n->sender.address };
	write_dsn(n, &(struct expansion) { .elsewhere = &target, .elsewhere_count = 1 });
}

static void find_sender(struct notification *n);

/* Anybody can name a list as the sender. A DSN is no post: whoever gets the bounces to the mail of the list gets it. */
static void
found_list(struct notification *n)
{
	if (directory_takes_reports(&n->sender.address)) {
		expand(n);
		return;
	}
	directory_name_bounces(&n->sender.address);
	find_sender(n);
}

static void
found_sender(struct notification *n)
{
	switch (n->sender.recipient.kind) {
	case RECIPIENT_ACCOUNT:
		write_dsn(n, &(struct expansion) { .mailboxes = &n->sender.recipient.mailbox, .count = 1 });
		break;
	case RECIPIENT_RELAYED: send_elsewhere(n); break;
	case RECIPIENT_LIST: found_list(n); break;
	default: expand(n); break;
	}
}

static void
on_sender(struct directory_question *question)
{
	struct notification *n = (struct notification *)(void *)((char *)question -
	    offsetof(struct notification, sender));
	switch (question->verdict) {
	case DIRECTORY_FOUND: found_sender(n); break;
	case DIRECTORY_NO_DOMAIN: send_elsewhere(n); break;
	case DIRECTORY_FAILED: finish_later(n, question->detail); break;
	default: lose(n); break;
	}
}

static void
find_sender(struct notification *n)
{
	struct directory *directory = n->config->directory;
	n->sender.base = (struct directory_question) { .done = on_sender };
	n->sender.sender = NULL;
	directory->ops->recipient(directory, &n->sender);
}

static void
find_first_sender(struct notification *n)
{
	const char *text = n->entry->sender;
	if (address_parse(&n->sender.address, text, strlen(text), false, true) != ADDRESS_OK)
		lose(n);
	else
		find_sender(n);
}

/* A DSN has the null sender (RFC 3464 section 2). */
static bool
open_envelope(struct notification *n)
{
	char message_id[TOKEN_SIZE + ADDRESS_DOMAIN_MAX + 4];
	token_make(n->id);
	snprintf(n->relay.id, sizeof n->relay.id, "%s", n->id);
	n->relay.arrival = queue_config_now(n->config);
	int len = snprintf(message_id, sizeof message_id, "<%s@%s>", n->id, n->config->world.hostname);
	return queue_set_text(&n->relay.sender, "", 0, 0) &&
	    queue_set_text(&n->relay.message_id, message_id, (size_t)len, sizeof message_id - 1);
}

static bool
open_report(struct notification *n)
{
	const struct queue_manager_config *config = n->config;
	n->due = calloc(n->entry->count + 1, sizeof *n->due);
	if (n->due == NULL)
		return false;
	for (size_t i = 0; i < n->entry->count; i++)
		n->due[i] = due_of(config, n->entry, i);
	n->report = (struct dsn_report) {
		.entry = n->entry,
		.due = n->due,
		.hostname = config->world.hostname,
		.contact = config->contact,
		.now = queue_config_now(config),
		.expire = config->expire,
	};
	return open_envelope(n);
}

struct notification *
notification_start(
    const struct queue_manager_config *config, const struct queue_entry *entry, void (*done)(void *owner), void *owner)
{
	struct notification *n = calloc(1, sizeof *n);
	if (n == NULL)
		return NULL;
	n->config = config;
	n->entry = entry;
	n->done = done;
	n->owner = owner;
	if (!open_report(n)) {
		notification_free(n);
		return NULL;
	}
	find_first_sender(n);
	return n;
}

bool
notification_finish(struct notification *n, struct queue_entry *entry)
{
	bool settled = n->settled;
	for (size_t i = 0; i < entry->count && settled; i++)
		entry->recipients[i].noticed |= n->due[i];
	notification_free(n);
	return settled;
}
