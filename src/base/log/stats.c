/* The statistics of a server, in memory that all its processes share. */
#include "base/log/stats.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static int64_t
now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

struct stats *
stats_new(void)
{
	struct stats *stats = mmap(NULL, sizeof *stats, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (stats == MAP_FAILED)
		return NULL;
	stats->pid = getpid();
	stats->started = now();
	stats->generation = 1;
	return stats;
}

void
stats_disown(struct stats *stats, unsigned worker)
{
	stats->slot[worker].value[STAT_CONNECTIONS] = 0;
	stats->slot[worker].peers_down = 0;
	stats->slot[worker].mailboxes_down = false;
	stats->slot[worker].database_down = false;
	stats->slot[worker].records_read = 0;
}

void
stats_tls(struct stats_slot *slot, bool out, const char *version)
{
	bool is_13 = strcmp(version, "TLSv1.3") == 0;
	if (out)
		stats_add(slot, is_13 ? STAT_TLS_OUT_13 : STAT_TLS_OUT_12, 1);
	else
		stats_add(slot, is_13 ? STAT_TLS_IN_13 : STAT_TLS_IN_12, 1);
}

uint64_t
stats_sum(const struct stats *stats, enum stats_item figure)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < PROCESSES_MAX; i++)
		sum += stats->slot[i].value[figure];
	return sum;
}

uint64_t
stats_replies(const struct stats *stats, unsigned reply)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < PROCESSES_MAX; i++)
		sum += stats->slot[i].reply[reply];
	return sum;
}

uint64_t
stats_refused(const struct stats *stats)
{
	uint64_t most = 0;
	for (size_t i = 0; i < PROCESSES_MAX; i++) {
		uint64_t refused = stats->slot[i].refused;
		most = refused > most ? refused : most;
	}
	return most;
}

uint64_t
stats_texts(const struct stats *stats, unsigned workers)
{
	uint64_t oldest = workers > 0 ? stats->slot[0].texts : 0;
	for (unsigned i = 1; i < workers; i++) {
		uint64_t texts = stats->slot[i].texts;
		oldest = texts < oldest ? texts : oldest;
	}
	return oldest;
}

bool
stats_texts_are(const struct stats *stats, unsigned workers, uint64_t number, uint64_t created)
{
	for (unsigned i = 0; i < workers; i++)
		if (stats->slot[i].texts != number || stats->slot[i].texts_created != created)
			return false;
	return true;
}

void
stats_certificate(struct stats_slot *slot, int64_t expiry, const char *error)
{
	snprintf(slot->certificate.error, sizeof slot->certificate.error - 1, "%s", error);
	slot->certificate.expiry = expiry;
	slot->certificate.failed = *error != '\0';
}

int64_t
stats_certificate_expiry(const struct stats *stats)
{
	int64_t first = 0;
	for (size_t i = 0; i < PROCESSES_MAX; i++) {
		int64_t expiry = stats->slot[i].certificate.expiry;
		if (expiry != 0 && (first == 0 || expiry < first))
			first = expiry;
	}
	return first;
}

unsigned
stats_certificate_failures(const struct stats *stats, const char **error)
{
	unsigned failures = 0;
	*error = NULL;
	for (size_t i = 0; i < PROCESSES_MAX; i++)
		if (stats->slot[i].certificate.failed) {
			failures++;
			*error = stats->slot[i].certificate.error;
		}
	return failures;
}

unsigned
stats_peer_down(const struct stats *stats, size_t peer)
{
	unsigned workers = 0;
	for (size_t i = 0; i < PROCESSES_MAX && peer < STATS_PEERS; i++)
		workers += (stats->slot[i].peers_down >> peer & 1) != 0;
	return workers;
}

unsigned
stats_mailboxes_down(const struct stats *stats)
{
	unsigned workers = 0;
	for (size_t i = 0; i < PROCESSES_MAX; i++)
		workers += stats->slot[i].mailboxes_down;
	return workers;
}

unsigned
stats_database_down(const struct stats *stats)
{
	unsigned processes = 0;
	for (size_t i = 0; i < PROCESSES_MAX; i++)
		processes += stats->slot[i].database_down;
	return processes;
}

int64_t
stats_records_age(const struct stats *stats, int64_t now)
{
	int64_t age = -1;
	for (size_t i = 0; i < PROCESSES_MAX; i++) {
		int64_t read = stats->slot[i].records_read;
		if (read != 0 && now - read > age)
			age = now - read;
	}
	return age;
}

uint64_t
stats_records_change(const struct stats *stats)
{
	uint64_t least = 0;
	for (size_t i = 0; i < PROCESSES_MAX; i++) {
		uint64_t change = stats->slot[i].records_change;
		if (stats->slot[i].records_read != 0 && (least == 0 || change < least))
			least = change;
	}
	return least;
}

uint64_t
stats_queue_age(const struct stats *stats, int64_t now)
{
	int64_t oldest = stats->queue.oldest;
	return oldest == 0 || oldest > now ? 0 : (uint64_t)(now - oldest);
}

int64_t
stats_uptime(const struct stats *stats)
{
	return now() - stats->started;
}
