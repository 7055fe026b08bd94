/* How a server fares, told at its status socket. */
#include "net/status.h"

#include <inttypes.h>
#include <string.h>

static void
put(struct page *page, const char *name, uint64_t value)
{
	page_put(page, "%s %" PRIu64 "\n", name, value);
}

static void
put_figures(struct page *page, const struct figures *figures)
{
#define FIGURE(figure, name, ...) put(page, name, figures_sum(figures, figure));
#include "base/figures.def"
#undef FIGURE
}

static void
put_replies(struct page *page, const struct figures *figures)
{
	for (unsigned id = 0; id < FTG_IDS; id++) {
		uint64_t count = figures_replies(figures, id);
		const struct ftg_row *row = ftg_row((enum ftg_id)id);
		if (count > 0)
			page_put(page, "reply %s %s %" PRIu64 "\n", row->ref, row->id, count);
	}
}

void
status_answer(void *context, const char *request, struct page *page)
{
	const struct status *status = context;
	const struct figures *figures = status->figures;
	const struct ftg_voice voice = texts_voice(status->texts, NULL);
	if (strcmp(request, "status\n") != 0) {
		page_put(page, "error the request should be: status\nend\n");
		return;
	}
	put(page, "pid", (uint64_t)figures->pid);
	put(page, "uptime", (uint64_t)figures_uptime(figures));
	put(page, "workers", status->workers);
	page_put(page, "language %s\n", ftg_catalog_tag(voice.catalog, voice.language));
	page_put(page, "profile %s\n", status->texts->wish.profile == FTG_STRICT ? "strict" : "published");
	put(page, "generation", figures->generation);
	put(page, "refused", figures_refused(figures));
	put(page, "reloads-asked", figures->asked);
	put(page, "reloads-done", figures->done);
	put(page, "workers-kept", figures->kept);
	put_figures(page, figures);
	put_replies(page, figures);
	page_put(page, "end\n");
}
