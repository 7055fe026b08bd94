/* Notices to the senders of what is in the queue: into their mailbox where they are here, else into the queue. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "relay/queue_manager_internal.h"

/* A notice on its way. */
struct noticing {
	unsigned *due; /* of each recipient */
	struct notice_order order;
	struct notice_words words;
	struct notice notice;
	char id[TOKEN_SIZE];
	struct mailbox *mailboxes; /* of the sender, where he is here */
	size_t mailbox_count;
	struct queue_entry relay; /* and where he is not */
	bool elsewhere;
};

static void
forget(struct visit *visit)
{
	struct noticing *n = visit->noticing;
	if (n == NULL)
		return;
	notice_free(&n->notice);
	notice_words_free(&n->words);
	queue_entry_clear(&n->relay);
	free(n->mailboxes);
	free(n->due);
	free(n);
	visit->noticing = NULL;
}

/* All that was due has been told, or never will be. */
static void
mark(struct visit *visit)
{
	for (size_t i = 0; i < visit->entry.count; i++)
		visit->entry.recipients[i].noticed |= visit->noticing->due[i];
	visit->dirty = true;
}

static void
event(const struct visit *visit, const char *name, const char *detail)
{
	log_begin(name);
	log_put("id", visit->entry.id);
	log_put("to", visit->entry.sender);
	if (visit->noticing->words.language[0] != '\0')
		log_put("lang", visit->noticing->words.language);
	if (detail != NULL)
		log_put("detail", detail);
	log_end();
}

/* Later, as nothing has been put down. */
static void
postpone(struct visit *visit)
{
	visit->later = runner_now(visit->runner) + AGAIN_LATER;
	visit->mute = true;
}

static void
put_off(struct visit *visit, const char *detail)
{
	event(visit, "notice-deferred", detail);
	postpone(visit);
}

static const char *
detail_of(enum delivery_result result)
{
	static const char *const details[] = { [DELIVERY_OK] = "",
		[DELIVERY_OVER_QUOTA] = "over quota",
		[DELIVERY_FULL] = "no space left",
		[DELIVERY_ACCESS] = "no access to the mailbox",
		[DELIVERY_FAILED] = "delivery failed" };
	return details[result];
}

static void
committed(void *context, enum delivery_result result)
{
	struct visit *visit = context;
	visit->working = false;
	if (result == DELIVERY_OK)
		event(visit, "notice", visit->noticing->elsewhere ? "queued" : "delivered");
	else if (result == DELIVERY_OVER_QUOTA)
		event(visit, "notice-lost", detail_of(result));
	else
		put_off(visit, detail_of(result));
	if (!visit->mute)
		mark(visit);
	forget(visit);
	visit_proceed(visit);
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
append(struct delivery *delivery, const struct notice *notice)
{
	static const char path[] = "Return-Path: <>\r\n";
	if (!delivery->ops->append(delivery, path, sizeof path - 1))
		return false;
	delivery->ops->begin_relayed(delivery);
	return append_lines(delivery, notice->octets, notice->len);
}

static void
deliver(struct visit *visit)
{
	const struct runner_config *config = visit->runner->config;
	struct noticing *n = visit->noticing;
	n->relay.utf8 = n->notice.utf8;
	n->relay.eightbit = n->notice.eightbit;
	bool queued = n->elsewhere || config->delivery->leftovers;
	struct delivery *delivery = config->delivery->begin(
	    config->delivery, n->mailboxes, n->mailbox_count, queued ? &n->relay : NULL);
	if (delivery != NULL && append(delivery, &n->notice)) {
		visit->working = true;
		delivery->ops->commit(delivery, config->jobs, committed, visit);
		return;
	}
	if (delivery != NULL)
		delivery->ops->abandon(delivery, config->jobs);
	put_off(visit, strerror(ENOMEM));
	forget(visit);
	visit_proceed(visit);
}

static struct visit *
of_job(struct job *job)
{
	return (struct visit *)(void *)((char *)job - offsetof(struct visit, job));
}

static void
make_work(struct job *job)
{
	struct visit *visit = of_job(job);
	struct noticing *n = visit->noticing;
	int message = queue_open_message(&visit->runner->config->queue, &visit->entry);
	visit->error = notice_make(&n->notice, &n->order, &n->words, n->id, message) ? 0 : ENOMEM;
	if (message >= 0)
		close(message);
}

static void
made(struct job *job)
{
	struct visit *visit = of_job(job);
	visit->working = false;
	if (visit->error == 0) {
		deliver(visit);
		return;
	}
	put_off(visit, strerror(visit->error));
	forget(visit);
	visit_proceed(visit);
}

static bool
add_elsewhere(struct noticing *n, const char *address)
{
	n->elsewhere = true;
	return queue_entry_add(&n->relay, address) != NULL;
}

static bool
take_targets(struct noticing *n, const struct recipient *found)
{
	n->mailboxes = calloc(found->count + 1, sizeof *n->mailboxes);
	if (n->mailboxes == NULL)
		return false;
	memcpy(n->mailboxes, found->mailboxes, found->count * sizeof *n->mailboxes);
	n->mailbox_count = found->count;
	for (size_t i = 0; i < found->elsewhere_count; i++) {
		char text[ADDRESS_TEXT_SIZE];
		address_write(text, found->elsewhere[i].local, found->elsewhere[i].domain);
		if (!add_elsewhere(n, text))
			return false;
	}
	return true;
}

/* Finds out where the sender is, and his language: DIRECTORY_FOUND; DIRECTORY_FAILED passes, all else is for ever. */
static enum directory_verdict
find_sender(struct visit *visit, char language[FTG_TAG_MAX])
{
	struct directory *directory = visit->runner->config->directory;
	struct noticing *n = visit->noticing;
	const struct queue_entry *entry = &visit->entry;
	struct recipient found = { 0 };
	struct address address;
	snprintf(language, FTG_TAG_MAX, "%s", entry->language != NULL ? entry->language : "");
	if (address_parse(&address, entry->sender, strlen(entry->sender), false, true) != ADDRESS_OK)
		return DIRECTORY_NO_MAILBOX;
	enum directory_verdict verdict = directory->ops->resolve(directory, &address, &found);
	if (verdict == DIRECTORY_NO_DOMAIN)
		return add_elsewhere(n, entry->sender) ? DIRECTORY_FOUND : DIRECTORY_FAILED;
	if (verdict != DIRECTORY_FOUND)
		return verdict;
	const char *own = found.language[0] != '\0' ? found.language : found.domain.language;
	if (own[0] != '\0')
		snprintf(language, FTG_TAG_MAX, "%s", own);
	return take_targets(n, &found) ? DIRECTORY_FOUND : DIRECTORY_FAILED;
}

/* The envelope of the notice: from nobody, so that nobody is told of it. */
static bool
open_envelope(struct visit *visit)
{
	struct queue_entry *relay = &visit->noticing->relay;
	token_make(visit->noticing->id);
	snprintf(relay->id, sizeof relay->id, "%s", visit->noticing->id);
	relay->arrival = runner_now(visit->runner);
	return queue_set_text(&relay->sender, "", 0, 0);
}

static bool
open_noticing(struct visit *visit)
{
	const struct runner_config *config = visit->runner->config;
	struct queue_entry *entry = &visit->entry;
	struct noticing *n = calloc(1, sizeof *n);
	if (n == NULL)
		return false;
	visit->noticing = n;
	n->due = calloc(entry->count + 1, sizeof *n->due);
	if (n->due == NULL)
		return false;
	for (size_t i = 0; i < entry->count; i++)
		n->due[i] = notice_due(entry, &entry->recipients[i], runner_now(visit->runner), config->delay_notice);
	n->order = (struct notice_order) {
		.entry = entry,
		.due = n->due,
		.hostname = config->world.hostname,
		.contact = config->contact,
		.now = runner_now(visit->runner),
		.expire = config->expire,
	};
	return open_envelope(visit);
}

static bool
is_any_due(const struct visit *visit)
{
	const struct runner_config *config = visit->runner->config;
	for (size_t i = 0; i < visit->entry.count; i++)
		if (notice_due(&visit->entry, &visit->entry.recipients[i], runner_now(visit->runner),
		        config->delay_notice) != 0)
			return true;
	return false;
}

/* False with what hinders it. */
static bool
prepare(struct visit *visit, const char **hindrance)
{
	const struct runner_config *config = visit->runner->config;
	char language[FTG_TAG_MAX];
	*hindrance = strerror(ENOMEM);
	switch (find_sender(visit, language)) {
	case DIRECTORY_FOUND: break;
	case DIRECTORY_FAILED: *hindrance = "the directory fails"; return false;
	default: *hindrance = NULL; return false;
	}
	const struct ftg_voice voice = config->voice(config->context, language);
	return notice_say(&visit->noticing->words, &visit->noticing->order, &voice);
}

bool
visit_notice(struct visit *visit)
{
	const char *hindrance = strerror(ENOMEM);
	if (visit->mute || visit->entry.held || !is_any_due(visit))
		return false;
	if (visit->runner->stopping) { /* the directory may be gone by now */
		postpone(visit);
		return false;
	}
	bool open = open_noticing(visit);
	if (open && prepare(visit, &hindrance)) {
		visit_work(visit, make_work, made);
		return true;
	}
	if (open && hindrance == NULL) {
		event(visit, "notice-lost", "the sender has no mailbox");
		mark(visit);
	} else if (open) {
		put_off(visit, hindrance);
	} else {
		postpone(visit);
	}
	forget(visit);
	return false;
}
