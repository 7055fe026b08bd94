/* The statistics of a server for Prometheus: its text format, version 0.0.4, over HTTP. */
#include "process/metrics.h"

#include <ftgate/version.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "process/own_texts.h"
#include "process/status.h"

static void
put_head(struct text_buffer *buffer, const char *name, const char *type, const char *help)
{
	text_buffer_put(buffer, "# HELP ftgate_%s %s.\n# TYPE ftgate_%s %s\n", name, help, name, type);
}

static void
put(struct text_buffer *buffer, const char *name, const char *type, const char *help, uint64_t value)
{
	put_head(buffer, name, type, help);
	text_buffer_put(buffer, "ftgate_%s %" PRIu64 "\n", name, value);
}

/* Replies that were never sent are listed, too, so that the first one shows as an increase. */
static void
put_replies(struct text_buffer *buffer, const struct stats *stats)
{
	put_head(buffer, "replies_total", "counter", "Replies that were sent");
	for (unsigned id = 0; id < FTG_IDS; id++) {
		const struct ftg_row *row = ftg_row((enum ftg_id)id);
		text_buffer_put(buffer, "ftgate_replies_total{ref=\"%s\",id=\"%s\"} %" PRIu64 "\n", row->ref, row->id,
		    stats_replies(stats, id));
	}
}

/* A value of a label, in which backslash, quote and line feed are escaped. */
static void
put_label(struct text_buffer *buffer, const char *value)
{
	for (; *value != '\0'; value++)
		if (*value == '\n')
			text_buffer_put(buffer, "\\n");
		else
			text_buffer_put(buffer, "%s%c", *value == '\\' || *value == '"' ? "\\" : "", *value);
}

static void
put_build(struct text_buffer *buffer, const struct status *status)
{
	put_head(buffer, "build_info", "gauge", "Version of the program that runs; the value is 1");
	text_buffer_put(
	    buffer, "ftgate_build_info{program=\"ftgate-%s\",version=\"%s\"} 1\n", status->server, FTG_VERSION);
}

static void
put_certificate(struct text_buffer *buffer, const struct stats *stats)
{
	const char *error;
	uint64_t expiry = (uint64_t)stats_certificate_expiry(stats);
	if (expiry != 0)
		put(buffer, "certificate_expiry_timestamp_seconds", "gauge",
		    "Unix time at which the TLS certificate expires", expiry);
	put(buffer, "certificate_failures", "gauge", "Workers whose last load of the TLS certificate failed",
	    stats_certificate_failures(stats, &error));
}

/* The start of the server is a load, too. */
static void
put_reloads(struct text_buffer *buffer, const struct stats *stats)
{
	const char *error;
	bool texts = stats->kept == 0 && stats_refused(stats) == 0;
	bool certificate = stats_certificate_failures(stats, &error) == 0;
	put(buffer, "reloads_total", "counter", "Reloads that have ended", stats->done);
	if (stats->reloaded != 0)
		put(buffer, "last_reload_timestamp_seconds", "gauge", "Unix time at which the last reload ended",
		    (uint64_t)stats->reloaded);
	put_head(buffer, "last_reload_successful", "gauge",
	    "1 if all workers took over all texts, or the certificate, when they loaded them last");
	text_buffer_put(buffer, "ftgate_last_reload_successful{what=\"texts\"} %d\n", texts);
	text_buffer_put(buffer, "ftgate_last_reload_successful{what=\"certificate\"} %d\n", certificate);
}

/* A value for each peer: how many workers treat it as down. */
static void
put_peers(struct text_buffer *buffer, const struct status *status)
{
	put_head(buffer, "peer_down", "gauge",
	    "Workers that treat a policy service, a filter, the LMTP server or the database as down");
	for (size_t i = 0; i < status->peer_count && i < STATS_PEERS; i++) {
		text_buffer_put(buffer, "ftgate_peer_down{kind=\"%s\",peer=\"", status->peers[i].kind);
		put_label(buffer, status->peers[i].name);
		text_buffer_put(buffer, "\"} %u\n", stats_peer_down(status->stats, i));
	}
	text_buffer_put(
	    buffer, "ftgate_peer_down{kind=\"mailboxes\",peer=\"lmtp\"} %u\n", stats_mailboxes_down(status->stats));
	text_buffer_put(
	    buffer, "ftgate_peer_down{kind=\"database\",peer=\"postgresql\"} %u\n", stats_database_down(status->stats));
}

static void
put_records(struct text_buffer *buffer, const struct stats *stats)
{
	int64_t age = stats_records_age(stats, time(NULL));
	if (age < 0)
		return;
	put(buffer, "records_change", "gauge",
	    "Number of the last change of the records in PostgreSQL that all workers know",
	    stats_records_change(stats));
	put(buffer, "records_age_seconds", "gauge",
	    "Seconds since the worker that lags most knew all changes of the records in PostgreSQL", (uint64_t)age);
}

static void
put_queue(struct text_buffer *buffer, const struct stats *stats)
{
	const struct stats_queue *queue = &stats->queue;
	if (!stats->relays)
		return;
	put_head(buffer, "queue_messages", "gauge", "Messages in the relay queue, by state");
	text_buffer_put(buffer, "ftgate_queue_messages{state=\"active\"} %" PRIu64 "\n", queue->active);
	text_buffer_put(buffer, "ftgate_queue_messages{state=\"deferred\"} %" PRIu64 "\n", queue->deferred);
	text_buffer_put(buffer, "ftgate_queue_messages{state=\"held\"} %" PRIu64 "\n", queue->held);
	put(buffer, "queue_oldest_age_seconds", "gauge",
	    "Age of the oldest message of the relay queue that is not held; 0 if there is none",
	    stats_queue_age(stats, time(NULL)));
	put(buffer, "next_hops_down", "gauge", "Domains and routes whose server could not be reached when tried last",
	    queue->next_hops_down);
}

static void
put_own_texts(void *context, const char *language, const struct own_texts *own)
{
	static const char line[] = "ftgate_own_texts{lang=\"%s\",state=\"%s\"} %u\n";
	text_buffer_put(context, line, language, "live", own->live);
	text_buffer_put(context, line, language, "stale", own->stale);
	text_buffer_put(context, line, language, "refused", own->refused);
}

/* A counter without labels, or with its own and perhaps the protocol. */
static void
put_stat(struct text_buffer *buffer, const char *name, const char *protocol, const char *labels, uint64_t value)
{
	bool has_labels = *labels != '\0', has_protocol = protocol != NULL;
	text_buffer_put(buffer, "ftgate_%s%s", name, has_labels || has_protocol ? "{" : "");
	if (has_protocol)
		text_buffer_put(buffer, "protocol=\"%s\"%s", protocol, has_labels ? "," : "");
	text_buffer_put(buffer, "%s%s %" PRIu64 "\n", labels, has_labels || has_protocol ? "}" : "", value);
}

static void
put_stats(struct text_buffer *buffer, const struct status *status)
{
	const char *const PLAIN = NULL, *const OF_PROTOCOL = status->protocol;
	const char *family = "", *protocol = NULL;
#define FAMILY(name, type, scope, help)                                                                                \
	put_head(buffer, name, type, help);                                                                            \
	family = name;                                                                                                 \
	protocol = scope;
#define STAT(figure, key, labels) put_stat(buffer, family, protocol, labels, stats_sum(status->stats, figure));
#include "base/log/stats.def"
#undef STAT
#undef FAMILY
}

static void
put_metrics(struct text_buffer *buffer, const struct status *status)
{
	const struct stats *stats = status->stats;
	put_build(buffer, status);
	put(buffer, "uptime_seconds", "gauge", "Seconds since the start", (uint64_t)stats_uptime(stats));
	put(buffer, "workers", "gauge", "Worker processes", status->workers);
	put(buffer, "catalogue_generation", "gauge", "Catalogues that have been in use", stats->generation);
	put(buffer, "catalogue_refused", "gauge", "Texts and files that the last load refused", stats_refused(stats));
	put_reloads(buffer, stats);
	put_certificate(buffer, stats);
	put_peers(buffer, status);
	put_records(buffer, stats);
	put_queue(buffer, stats);
	put_stats(buffer, status);
	put_replies(buffer, stats);
	put_head(buffer, "own_texts", "gauge", "The operator's own texts, by language and state");
	own_texts_count(status->catalogs, put_own_texts, buffer);
}

static void
put_status(struct text_buffer *buffer, const char *status, const char *more)
{
	text_buffer_put(buffer,
	    "HTTP/1.0 %s\r\n%sContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
	    "Connection: close\r\n\r\n",
	    status, more);
}

/* Half of the metrics would look as if the rest did not exist. */
static void
answer_metrics(struct text_buffer *buffer, const struct status *status)
{
	struct text_buffer start = *buffer;
	put_status(buffer, "200 OK", "");
	put_metrics(buffer, status);
	if (buffer->size > buffer->len)
		return;
	*buffer = start;
	put_status(buffer, "500 Internal Server Error", "");
	text_buffer_put(buffer, "The metrics do not fit into an answer.\n");
}

void
metrics_answer(void *context, const char *request, struct text_buffer *buffer)
{
	static const char asked[] = "GET /metrics HTTP/1.";
	if (strncmp(request, asked, sizeof asked - 1) == 0 && strstr(request, "\r\n\r\n") != NULL) {
		answer_metrics(buffer, context);
	} else if (strncmp(request, "GET ", 4) == 0) {
		put_status(buffer, "404 Not Found", "");
		text_buffer_put(buffer, "The stats are at /metrics.\n");
	} else {
		put_status(buffer, "405 Method Not Allowed", "Allow: GET\r\n");
		text_buffer_put(buffer, "GET /metrics is answered here.\n");
	}
}
