/* The commands of ftgatectl on the relay queue. */
#include "cmd/ctl/queue.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/address/address.h"
#include "base/system/data.h"
#include "base/text/translate.h"
#include "cmd/ctl/ctl.h"

enum { CLAIM_POLLS = 100 }; /* of 50 milliseconds */

static int
open_queue(const struct request *request, struct queue *queue)
{
	char path[PATH_MAX];
	if (data_path(path, request->data, "queue") == 0 && queue_open_made(queue, path) == 0)
		return EX_OK;
	if (errno == ENOENT)
		return ctl_fail(EX_UNAVAILABLE, _("there is no queue in %.400s; the server makes it when it starts"),
		    request->data);
	return ctl_fail(EX_UNAVAILABLE, _("cannot open %.400s/queue: %s"), request->data, strerror(errno));
}

/* Reports the errno of an entry. Returns an exit status. */
static int
fail_entry(const char *id)
{
	switch (errno) {
	case ENOENT:
		return ctl_fail(
		    EX_NOUSER, _("there is no message %.100s in the queue; for those in it: ftgatectl queue list"), id);
	case EBADMSG:
		return ctl_fail(EX_DATAERR,
		    _("the envelope of %.100s is damaged; to remove it: ftgatectl queue remove %.100s"), id, id);
	case EWOULDBLOCK: return ctl_fail(EX_TEMPFAIL, _("%.100s is being sent; try again later"), id);
	default: return ctl_fail(EX_IOERR, "%.100s: %s", id, strerror(errno));
	}
}

/* The IDs of a queue. */
struct ids {
	char (*id)[QUEUE_ID_SIZE];
	size_t count, room;
};

static bool
keep_id(void *context, const char *id)
{
	struct ids *ids = context;
	if (ids->count == ids->room) {
		size_t room = ids->room == 0 ? 64 : 2 * ids->room;
		void *grown = reallocarray(ids->id, room, sizeof *ids->id);
		if (grown == NULL)
			return false;
		ids->id = grown;
		ids->room = room;
	}
	snprintf(ids->id[ids->count++], QUEUE_ID_SIZE, "%s", id);
	return true;
}

static int
compare_ids(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* The A-label form of a domain; a text that is no domain is returned, and matches nothing. */
static const char *
read_domain(char name[ADDRESS_DOMAIN_MAX + 1], const char *text)
{
	return address_parse_domain(name, text, strlen(text)) ? name : text;
}

static bool
is_domain(const char *text)
{
	char name[ADDRESS_DOMAIN_MAX + 1];
	return address_parse_domain(name, text, strlen(text));
}

static bool
goes_to(const struct queue_entry *entry, const char *domain)
{
	for (size_t i = 0; i < entry->count; i++) {
		const char *its = queue_domain(&entry->recipients[i]);
		if (strcasecmp(its, domain) == 0)
			return true;
	}
	return false;
}

/* An entry is left out if it has been removed meanwhile or does not go to the domain. */
static void
list_entry(struct table *table, const struct queue *queue, const char *id, const char *domain)
{
	struct queue_entry entry;
	if (queue_load(queue, id, &entry) == 0) {
		if (domain == NULL || goes_to(&entry, domain))
			queue_put(table, &entry);
	} else if (errno == EBADMSG && domain == NULL) {
		queue_put_damaged(table, id);
	}
	queue_entry_clear(&entry);
}

/* A server that has never run has no queue, and nothing is in it. */
static bool
has_queue(const struct request *request)
{
	char path[PATH_MAX];
	return data_path(path, request->data, "queue") == 0 && (access(path, F_OK) == 0 || errno != ENOENT);
}

/* Lists a queue, of which request names a domain or none. */
static int
list_queue(const struct request *request, struct table *table)
{
	struct ids ids = { NULL, 0, 0 };
	struct queue queue;
	char name[ADDRESS_DOMAIN_MAX + 1];
	const char *domain = request->count > 0 ? read_domain(name, request->words[0]) : NULL;
	int status = open_queue(request, &queue);
	if (status != EX_OK)
		return status;
	if (queue_scan(&queue, keep_id, &ids) < 0)
		status = ctl_fail(EX_IOERR, _("cannot read %.400s/queue: %s"), request->data, strerror(errno));
	if (ids.count > 0)
		qsort(ids.id, ids.count, sizeof *ids.id, compare_ids);
	for (size_t i = 0; i < ids.count; i++)
		list_entry(table, &queue, ids.id[i], domain);
	free(ids.id);
	queue_close(&queue);
	return status;
}

int
ctl_queue_list(struct request *request)
{
	if (request->count > 0 && !is_domain(request->words[0]))
		return ctl_fail(EX_DATAERR, _("'%.300s' is not a domain"), request->words[0]);
	struct table *table = ctl_table(request, queue_columns, QUEUE_COLUMNS, false);
	if (table == NULL)
		return ctl_fail_memory();
	return ctl_close_table(table, has_queue(request) ? list_queue(request, table) : EX_OK);
}

int
ctl_queue_show(struct request *request)
{
	struct queue queue;
	struct queue_entry entry;
	int status = open_queue(request, &queue);
	if (status != EX_OK)
		return status;
	if (queue_load(&queue, request->words[0], &entry) < 0) {
		status = fail_entry(request->words[0]);
	} else if (request->format == OUTPUT_TABLE) {
		queue_print_fields(&entry);
	} else {
		struct table *table = ctl_table(request, queue_columns, QUEUE_COLUMNS, true);
		queue_put(table, &entry);
		status = table == NULL ? ctl_fail_memory() : ctl_close_table(table, EX_OK);
	}
	queue_entry_clear(&entry);
	queue_close(&queue);
	return status;
}

static bool
is_entry(const struct queue *queue, const char *word)
{
	struct queue_entry entry;
	bool is = queue_load(queue, word, &entry) == 0 || errno != ENOENT;
	queue_entry_clear(&entry);
	return is;
}

static struct queue_run
read_wish(const struct queue *queue, const char *word, char name[ADDRESS_DOMAIN_MAX + 1])
{
	if (is_entry(queue, word))
		return (struct queue_run) { QUEUE_RUN_ENTRY, word };
	if (*word == '@')
		return (struct queue_run) { QUEUE_RUN_BELOW, read_domain(name, word + 1) };
	return (struct queue_run) { QUEUE_RUN_DOMAIN, read_domain(name, word) };
}

/* The messages of a queue that a request for a run names. */
struct selection {
	const struct queue *queue;
	const struct queue_run *wish;
	size_t named;
	size_t due; /* of them, those that are not held and have a recipient that waits */
};

/* Is a domain the one that is named, or below it, if that counts? */
static bool
is_reached(const struct queue_run *wish, const char *domain)
{
	size_t len = strlen(domain), of = strlen(wish->name);
	bool below = wish->reach == QUEUE_RUN_BELOW && len > of && domain[len - of - 1] == '.';
	return strcasecmp(below ? domain + len - of : domain, wish->name) == 0;
}

static bool
is_selected(const struct queue_run *wish, const struct queue_entry *entry, const struct queue_recipient *recipient)
{
	if (wish->reach == QUEUE_RUN_ENTRY)
		return strcmp(entry->id, wish->name) == 0;
	return wish->reach == QUEUE_RUN_ALL || is_reached(wish, queue_domain(recipient));
}

static bool
select_entry(void *context, const char *id)
{
	struct selection *selection = context;
	struct queue_entry entry;
	bool named = false, due = false;
	if (queue_load(selection->queue, id, &entry) == 0)
		for (size_t i = 0; i < entry.count; i++) {
			bool is = is_selected(selection->wish, &entry, &entry.recipients[i]);
			named = named || is;
			due = due || (is && !entry.held && entry.recipients[i].state == QUEUE_WAITING);
		}
	selection->named += named;
	selection->due += due;
	queue_entry_clear(&entry);
	return true;
}

/* A word without a dot that is no message is a misspelled ID, unless it is the name of a host that messages go to. */
static bool
is_unknown_id(const struct selection *selection)
{
	const struct queue_run *wish = selection->wish;
	return wish->reach == QUEUE_RUN_DOMAIN && address_domain_valid(wish->name, strlen(wish->name), true) &&
	    strchr(wish->name, '.') == NULL && selection->named == 0;
}

static void
print_due(const struct request *request, size_t due)
{
	if (request->format == OUTPUT_JSON)
		printf("{\"messages\": %zu}\n", due);
	else
		printf(translate_count("%zu message is due now\n", "%zu messages are due now\n", due), due);
}

/* Requests that the server sends messages now. The request lasts until a server reads it. */
int
ctl_queue_run(struct request *request)
{
	struct queue queue;
	char name[ADDRESS_DOMAIN_MAX + 1];
	struct queue_run wish = { QUEUE_RUN_ALL, NULL };
	int status = open_queue(request, &queue);
	if (status != EX_OK)
		return status;
	if (request->count > 0)
		wish = read_wish(&queue, request->words[0], name);
	struct selection selection = { .queue = &queue, .wish = &wish };
	if (queue_scan(&queue, select_entry, &selection) < 0) {
		status = ctl_fail(EX_IOERR, _("cannot read %.400s/queue: %s"), request->data, strerror(errno));
	} else if (is_unknown_id(&selection)) {
		errno = ENOENT;
		status = fail_entry(wish.name);
	} else if (queue_request_run(&queue, &wish) == 0) {
		print_due(request, selection.due);
	} else {
		if (errno == EINVAL)
			status = ctl_fail(EX_DATAERR,
			    _("'%.300s' is neither a message in the queue nor a domain; for those in it: ftgatectl queue list"),
			    wish.name);
		else
			status = ctl_fail(EX_IOERR, _("cannot request a queue run: %s"), strerror(errno));
	}
	queue_close(&queue);
	return status;
}

/* Claims an entry. Waits a while if the server has claimed it, which sends it. */
static int
claim(const struct queue *queue, const char *id, struct queue_entry *entry)
{
	const struct timespec pause = { .tv_nsec = 50 * 1000 * 1000 };
	for (int i = 0; i < CLAIM_POLLS; i++) {
		if (queue_claim(queue, id, entry) == 0)
			return 0;
		if (errno != EWOULDBLOCK)
			return -1;
		nanosleep(&pause, NULL);
	}
	errno = EWOULDBLOCK;
	return -1;
}

/* Changes each entry that is named. A failure does not stop it. */
static int
change_each(struct request *request, int (*change)(const struct queue *queue, struct queue_entry *entry))
{
	struct queue queue;
	int status = open_queue(request, &queue);
	if (status != EX_OK)
		return status;
	for (size_t i = 0; i < request->count; i++) {
		struct queue_entry entry;
		bool claimed = claim(&queue, request->words[i], &entry) == 0 ||
		    (errno == EBADMSG && request->command->run == ctl_queue_remove);
		if (!claimed || change(&queue, &entry) < 0)
			status = fail_entry(request->words[i]);
		queue_entry_clear(&entry);
	}
	queue_close(&queue);
	return status;
}

static int
set_held(const struct queue *queue, struct queue_entry *entry, bool held)
{
	bool is = entry->held == held;
	entry->held = held;
	return is ? 0 : queue_record(queue, entry);
}

static int
hold(const struct queue *queue, struct queue_entry *entry)
{
	return set_held(queue, entry, true);
}

static int
release(const struct queue *queue, struct queue_entry *entry)
{
	return set_held(queue, entry, false);
}

int
ctl_queue_hold(struct request *request)
{
	return change_each(request, hold);
}

int
ctl_queue_release(struct request *request)
{
	return change_each(request, release);
}

int
ctl_queue_remove(struct request *request)
{
	return change_each(request, queue_remove);
}
