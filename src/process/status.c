/* Answers at the control socket: the state of a server, and changes of its blacklist. */
#include "process/status.h"

#include <ftgate/version.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/address/network.h"
#include "base/log/log.h"
#include "base/text/printable.h"
#include "process/own_texts.h"

static void
put(struct text_buffer *buffer, const char *name, uint64_t value)
{
	text_buffer_put(buffer, "%s %" PRIu64 "\n", name, value);
}

static void
put_stats(struct text_buffer *buffer, const struct stats *stats)
{
#define FAMILY(...)
#define STAT(figure, name, ...) put(buffer, name, stats_sum(stats, figure));
#include "base/log/stats.def"
#undef STAT
#undef FAMILY
}

static void
put_replies(struct text_buffer *buffer, const struct stats *stats)
{
	for (unsigned id = 0; id < FTG_IDS; id++) {
		uint64_t count = stats_replies(stats, id);
		const struct ftg_row *row = ftg_row((enum ftg_id)id);
		if (count > 0)
			text_buffer_put(buffer, "reply %s %s %" PRIu64 "\n", row->ref, row->id, count);
	}
}

/* "certificate-error" is there only if a worker could not load the certificate. */
static void
put_certificate(struct text_buffer *buffer, const struct stats *stats)
{
	int64_t expiry = stats_certificate_expiry(stats);
	time_t time = (time_t)expiry;
	char date[sizeof "2026-01-31T12:00:00Z"] = "";
	const char *error;
	struct tm tm;
	unsigned failures = stats_certificate_failures(stats, &error);
	if (expiry != 0 && gmtime_r(&time, &tm) != NULL && strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &tm) > 0)
		text_buffer_put(buffer, "certificate-expires %s\n", date);
	put(buffer, "certificate-failures", failures);
	if (failures > 0)
		text_buffer_put(buffer, "certificate-error %s\n", error);
}

/* The names come from a file of the operator: cleaned, as all else that a person reads. */
static void
put_certificate_names(struct text_buffer *buffer, const struct certificate *certificate)
{
	char names[TLS_NAMES_SIZE], clean[TLS_NAMES_SIZE];
	if (certificate->context == NULL)
		return;
	tls_context_names(certificate->context, names);
	printable_copy(clean, sizeof clean, names, strlen(names));
	text_buffer_put(buffer, "certificate-names %s\n", clean);
}

static void
put_listeners(const struct status *status, struct text_buffer *buffer)
{
	const struct ftg_voice voice = status->catalogs->source.voice;
	for (size_t i = 0; i < status->listener_count; i++) {
		const struct status_listener *at = &status->listeners[i];
		text_buffer_put(buffer, "listener %s %s %s %s\n", at->address, at->role, at->tls,
		    *at->language != '\0' ? at->language : ftg_catalog_tag(voice.catalog, voice.language));
	}
}

/* The peers that a worker at least treats as down, in one line. */
static void
put_peers(struct text_buffer *buffer, const struct status *status)
{
	const char *between = " ";
	text_buffer_put(buffer, "peers-down");
	for (size_t i = 0; i < status->peer_count; i++) {
		if (stats_peer_down(status->stats, i) == 0)
			continue;
		char name[64];
		printable_copy(name, sizeof name, status->peers[i].name, strlen(status->peers[i].name));
		text_buffer_put(buffer, "%s%s %s", between, status->peers[i].kind, name);
		between = ", ";
	}
	text_buffer_put(buffer, "%s\n", *between == ',' ? "" : " none");
	put(buffer, "mailboxes-down", stats_mailboxes_down(status->stats));
	put(buffer, "database-down", stats_database_down(status->stats));
}

/* The values of variables in texts, cleaned: they come from the configuration. */
static void
put_variables(const struct catalog_request *request, struct text_buffer *buffer)
{
	const struct {
		const char *name, *value;
	} variables[] = { { "host", request->host }, { "contact", request->contact }, { "help-url", request->help } };
	for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
		char value[256] = "";
		if (variables[i].value != NULL)
			printable_copy(value, sizeof value, variables[i].value, strlen(variables[i].value));
		text_buffer_put(buffer, "%s %s\n", variables[i].name, value);
	}
}

/* A line for each language that has own texts. */
static void
put_own_texts(void *context, const char *language, const struct own_texts *own)
{
	text_buffer_put(
	    context, "own-texts %s live %u stale %u refused %u\n", language, own->live, own->stale, own->refused);
}

static void
put_records(struct text_buffer *buffer, const struct stats *stats)
{
	int64_t age = stats_records_age(stats, time(NULL));
	if (age < 0)
		return;
	put(buffer, "records-age", (uint64_t)age);
	put(buffer, "records-change", stats_records_change(stats));
}

static void
put_queue(struct text_buffer *buffer, const struct stats *stats)
{
	const struct stats_queue *queue = &stats->queue;
	if (!stats->relays)
		return;
	put(buffer, "queue-active", queue->active);
	put(buffer, "queue-deferred", queue->deferred);
	put(buffer, "queue-held", queue->held);
	put(buffer, "queue-age", stats_queue_age(stats, time(NULL)));
	put(buffer, "next-hops-down", queue->next_hops_down);
	put(buffer, "dnssec-missing", queue->dnssec_missing);
}

/* After an upgrade, the file of the program that runs has been removed, or another one has its name. */
static bool
program_is_replaced(void)
{
	static const char deleted[] = " (deleted)";
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof path);
	ssize_t end = len - (ssize_t)(sizeof deleted - 1);
	return end > 0 && memcmp(path + end, deleted, sizeof deleted - 1) == 0;
}

static void
put_status(const struct status *status, struct text_buffer *buffer)
{
	const struct stats *stats = status->stats;
	const struct ftg_voice voice = status->catalogs->source.voice;
	put(buffer, "pid", (uint64_t)stats->pid);
	text_buffer_put(buffer, "version %s\n", FTG_VERSION);
	put(buffer, "program-replaced", program_is_replaced());
	put(buffer, "uptime", (uint64_t)stats_uptime(stats));
	put(buffer, "workers", status->workers);
	text_buffer_put(buffer, "language %s\n", ftg_catalog_tag(voice.catalog, voice.language));
	text_buffer_put(
	    buffer, "profile %s\n", status->catalogs->request.profile == FTG_STRICT ? "strict" : "published");
	put_variables(&status->catalogs->request, buffer);
	char postmaster[512];
	printable_copy(postmaster, sizeof postmaster, status->postmaster, strlen(status->postmaster));
	text_buffer_put(buffer, "postmaster %s\n", *postmaster != '\0' ? postmaster : "-");
	put(buffer, "languages", (uint64_t)ftg_catalog_languages(voice.catalog));
	put(buffer, "generation", stats->generation);
	put(buffer, "refused", stats_refused(stats));
	put(buffer, "reloads-asked", stats->asked);
	put(buffer, "reloads-done", stats->done);
	put(buffer, "workers-kept", stats->kept);
	put_certificate(buffer, stats);
	put_certificate_names(buffer, status->certificate);
	put_peers(buffer, status);
	put_records(buffer, stats);
	put_queue(buffer, stats);
	put_stats(buffer, stats);
	put(buffer, "text-domains", (uint64_t)ftg_catalog_domains(voice.catalog));
	put_listeners(status, buffer);
	own_texts_count(status->catalogs, put_own_texts, buffer);
	put_replies(buffer, stats);
}

static void
clear_blacklist(const struct status *status, struct text_buffer *buffer)
{
	size_t removed = limiter_pardon_all(status->limiter);
	char number[24];
	snprintf(number, sizeof number, "%zu", removed);
	log_event("blacklist-cleared", "addresses", number, NULL);
	put(buffer, "removed", removed);
}

enum { BLACKLIST_LINES = 500 }; /* of an answer: each has 80 octets at most */

static void
put_blacklisted(void *context, const struct counter_note *note, int64_t left)
{
	text_buffer_put(
	    context, "blacklisted %s %lld %s\n", note->address, (long long)(left + 999) / 1000, note->cause);
}

/* A part of the list, behind so many: addresses, seconds left, and references of replies. */
static void
list_blacklist(const struct status *status, const char *text, struct text_buffer *buffer)
{
	size_t skipped = strtoul(text, NULL, 10);
	put(buffer, "listed", limiter_blacklisted(status->limiter, skipped, BLACKLIST_LINES, put_blacklisted, buffer));
}

/* text is the address, and a line feed. */
static void
remove_from_blacklist(const struct status *status, const char *text, struct text_buffer *buffer)
{
	char address[NETWORK_TEXT_SIZE];
	struct network network;
	snprintf(address, sizeof address, "%.*s", (int)strcspn(text, "\n"), text);
	if (!network_parse_address(&network, address)) {
		text_buffer_put(
		    buffer, "error '%s' is not an address; write one such as 192.0.2.1 or 2001:db8::1\n", address);
		return;
	}
	bool removed = limiter_pardon(status->limiter, address);
	if (removed)
		log_event("blacklist-removed", "client", address, NULL);
	put(buffer, "removed", removed);
}

void
status_answer(void *context, const char *request, struct text_buffer *buffer)
{
	static const char one[] = "blacklist-remove ", list[] = "blacklist-list ", refusals[] = "refusals ";
	const struct status *status = context;
	if (strcmp(request, "status\n") == 0)
		put_status(status, buffer);
	else if (status->limiter != NULL && strcmp(request, "blacklist-clear\n") == 0)
		clear_blacklist(status, buffer);
	else if (status->limiter != NULL && strncmp(request, list, sizeof list - 1) == 0)
		list_blacklist(status, request + sizeof list - 1, buffer);
	else if (status->limiter != NULL && strncmp(request, one, sizeof one - 1) == 0)
		remove_from_blacklist(status, request + sizeof one - 1, buffer);
	else if (strncmp(request, refusals, sizeof refusals - 1) == 0)
		catalog_refusals_put(
		    &status->catalogs->refusals, strtoul(request + sizeof refusals - 1, NULL, 10), buffer);
	else
		text_buffer_put(buffer,
		    "error the request should be: status, refusals NUMBER, blacklist-list NUMBER, blacklist-remove ADDRESS or blacklist-clear\n");
	text_buffer_put(buffer, "end\n");
}
