/* The statistics of a server for Prometheus: its text format, version 0.0.4, over HTTP. */
#include "process/metrics.h"

#include <inttypes.h>
#include <string.h>

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
	put_head(buffer, "replies_total", "counter", "Replies that were said");
	for (unsigned id = 0; id < FTG_IDS; id++) {
		const struct ftg_row *row = ftg_row((enum ftg_id)id);
		text_buffer_put(buffer, "ftgate_replies_total{ref=\"%s\",id=\"%s\"} %" PRIu64 "\n", row->ref, row->id,
		    stats_replies(stats, id));
	}
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
put_peers(struct text_buffer *buffer, const struct status *status)
{
	if (status->peer_count == 0)
		return;
	put_head(buffer, "peer_down", "gauge", "Workers that treat a policy service or filter as down");
	for (size_t i = 0; i < status->peer_count && i < STATS_PEERS; i++) {
		text_buffer_put(buffer, "ftgate_peer_down{kind=\"%s\",peer=\"", status->peers[i].kind);
		put_label(buffer, status->peers[i].name);
		text_buffer_put(buffer, "\"} %u\n", stats_peer_down(status->stats, i));
	}
}

static void
put_metrics(struct text_buffer *buffer, const struct status *status)
{
	const struct stats *stats = status->stats;
	put(buffer, "uptime_seconds", "gauge", "Seconds since the start", (uint64_t)stats_uptime(stats));
	put(buffer, "workers", "gauge", "Worker processes", status->workers);
	put(buffer, "catalogue_generation", "gauge", "Catalogues that were spoken from", stats->generation);
	put(buffer, "catalogue_refused", "gauge", "Texts and files that the last load refused", stats_refused(stats));
	put(buffer, "reloads_total", "counter", "Reloads that have ended", stats->done);
	put_certificate(buffer, stats);
	put_peers(buffer, status);
#define STAT(figure, key, name, type, help) put(buffer, name, type, help, stats_sum(stats, figure));
#include "base/stats.def"
#undef STAT
	put_replies(buffer, stats);
}

static void
put_status(struct text_buffer *buffer, const char *status, const char *more)
{
	text_buffer_put(buffer,
	    "HTTP/1.0 %s\r\n%sContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
	    "Connection: close\r\n\r\n",
	    status, more);
}

void
metrics_answer(void *context, const char *request, struct text_buffer *buffer)
{
	static const char asked[] = "GET /metrics HTTP/1.";
	if (strncmp(request, asked, sizeof asked - 1) == 0 && strstr(request, "\r\n\r\n") != NULL) {
		put_status(buffer, "200 OK", "");
		put_metrics(buffer, context);
	} else if (strncmp(request, "GET ", 4) == 0) {
		put_status(buffer, "404 Not Found", "");
		text_buffer_put(buffer, "The stats are at /metrics.\n");
	} else {
		put_status(buffer, "405 Method Not Allowed", "Allow: GET\r\n");
		text_buffer_put(buffer, "GET /metrics is answered here.\n");
	}
}
