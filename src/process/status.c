/* How a server fares, told at its status socket. */
#include "process/status.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/network.h"

static void
put(struct page *page, const char *name, uint64_t value)
{
	page_put(page, "%s %" PRIu64 "\n", name, value);
}

static void
put_figures(struct page *page, const struct figures *figures)
{
#define FIGURE(figure, name, ...) put(page, name, figures_sum(figures, figure));
#include "base/stats.def"
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

static void
put_status(const struct status *status, struct page *page)
{
	const struct figures *figures = status->figures;
	const struct ftg_voice voice = texts_voice(status->texts, NULL);
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
}

static void
clear_blacklist(const struct status *status, struct page *page)
{
	size_t removed = guard_pardon_all(status->guard);
	char number[24];
	snprintf(number, sizeof number, "%zu", removed);
	log_event("blacklist-cleared", "addresses", number, NULL);
	put(page, "removed", removed);
}

/* text is the address, and a line feed. */
static void
remove_from_blacklist(const struct status *status, const char *text, struct page *page)
{
	char address[NETWORK_TEXT_SIZE];
	struct network network;
	snprintf(address, sizeof address, "%.*s", (int)strcspn(text, "\n"), text);
	if (!network_parse_address(&network, address)) {
		page_put(page, "error '%s' is no address; write one such as 192.0.2.1 or 2001:db8::1\n", address);
		return;
	}
	bool removed = guard_pardon(status->guard, address);
	if (removed)
		log_event("blacklist-removed", "client", address, NULL);
	put(page, "removed", removed);
}

void
status_answer(void *context, const char *request, struct page *page)
{
	static const char one[] = "blacklist-remove ";
	const struct status *status = context;
	if (strcmp(request, "status\n") == 0)
		put_status(status, page);
	else if (status->guard != NULL && strcmp(request, "blacklist-clear\n") == 0)
		clear_blacklist(status, page);
	else if (status->guard != NULL && strncmp(request, one, sizeof one - 1) == 0)
		remove_from_blacklist(status, request + sizeof one - 1, page);
	else
		page_put(page, "error the request should be: status, blacklist-remove ADDRESS or blacklist-clear\n");
	page_put(page, "end\n");
}
