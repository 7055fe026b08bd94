/* The figures of a server for Prometheus: its text format, version 0.0.4, over HTTP. */
#include "process/metrics.h"

#include <inttypes.h>
#include <string.h>

#include "process/status.h"

static void
put_head(struct page *page, const char *name, const char *type, const char *help)
{
	page_put(page, "# HELP ftgate_%s %s.\n# TYPE ftgate_%s %s\n", name, help, name, type);
}

static void
put(struct page *page, const char *name, const char *type, const char *help, uint64_t value)
{
	put_head(page, name, type, help);
	page_put(page, "ftgate_%s %" PRIu64 "\n", name, value);
}

/* Those that were never said are there too, so that the first time shows as an increase. */
static void
put_replies(struct page *page, const struct figures *figures)
{
	put_head(page, "replies_total", "counter", "Replies that were said");
	for (unsigned id = 0; id < FTG_IDS; id++) {
		const struct ftg_row *row = ftg_row((enum ftg_id)id);
		page_put(page, "ftgate_replies_total{ref=\"%s\",id=\"%s\"} %" PRIu64 "\n", row->ref, row->id,
		    figures_replies(figures, id));
	}
}

static void
put_metrics(struct page *page, const struct status *status)
{
	const struct figures *figures = status->figures;
	put(page, "uptime_seconds", "gauge", "Seconds since the start", (uint64_t)figures_uptime(figures));
	put(page, "workers", "gauge", "Worker processes", status->workers);
	put(page, "catalogue_generation", "gauge", "Catalogues that were spoken from", figures->generation);
	put(page, "catalogue_refused", "gauge", "Texts and files that the last load refused", figures_refused(figures));
	put(page, "reloads_total", "counter", "Reloads that have ended", figures->done);
#define FIGURE(figure, key, name, type, help) put(page, name, type, help, figures_sum(figures, figure));
#include "base/stats.def"
#undef FIGURE
	put_replies(page, figures);
}

static void
put_status(struct page *page, const char *status, const char *more)
{
	page_put(page,
	    "HTTP/1.0 %s\r\n%sContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
	    "Connection: close\r\n\r\n",
	    status, more);
}

void
metrics_answer(void *context, const char *request, struct page *page)
{
	static const char asked[] = "GET /metrics HTTP/1.";
	if (strncmp(request, asked, sizeof asked - 1) == 0 && strstr(request, "\r\n\r\n") != NULL) {
		put_status(page, "200 OK", "");
		put_metrics(page, context);
	} else if (strncmp(request, "GET ", 4) == 0) {
		put_status(page, "404 Not Found", "");
		page_put(page, "The figures are at /metrics.\n");
	} else {
		put_status(page, "405 Method Not Allowed", "Allow: GET\r\n");
		page_put(page, "GET /metrics is answered here.\n");
	}
}
