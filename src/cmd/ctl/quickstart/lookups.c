/* Questions to the DNS, asked together and waited for. */
#include "cmd/ctl/quickstart/lookups.h"

#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "peer/dns.h"

enum { TIMEOUT = 5000 }; /* milliseconds for all questions */

static void
keep(struct resolver_question *question, const struct resolver_answer *answer)
{
	struct lookup *lookup = (struct lookup *)question;
	lookup->outcome = answer->outcome;
	lookup->count = answer->count;
	lookup->secure = answer->secure;
	for (size_t i = 0; i < answer->count; i++) {
		const struct resolver_record *record = &answer->records[i];
		if (lookup->type == RESOLVER_A || lookup->type == RESOLVER_AAAA) {
			lookup->addresses[i] = record->address;
			network_write(lookup->texts[i], &record->address);
			lookup->lens[i] = strlen(lookup->texts[i]);
			continue;
		}
		lookup->lens[i] = record->len < RESOLVER_TEXT_MAX ? record->len : RESOLVER_TEXT_MAX;
		memcpy(lookup->texts[i], record->text, lookup->lens[i]);
		lookup->texts[i][lookup->lens[i]] = '\0';
	}
}

static void
after(struct dns *dns)
{
	(void)dns;
}

static void
close_handle(uv_handle_t *handle, void *unused)
{
	(void)unused;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

static void
ask_all(uv_loop_t *loop, struct lookup *lookups, size_t count, const char *servers)
{
	struct dns dns = { 0 };
	const struct dns_config config = { .servers = servers, .timeout = TIMEOUT };
	if (dns_open(&dns, loop, &config, after) != 0)
		return;
	for (size_t i = 0; i < count; i++)
		resolver_ask(&dns.resolver, lookups[i].type, lookups[i].name, &lookups[i].question);
	while (dns.first != NULL && uv_run(loop, UV_RUN_ONCE) != 0)
		;
	dns_close(&dns);
	uv_run(loop, UV_RUN_NOWAIT);
	uv_walk(loop, close_handle, NULL);
	uv_run(loop, UV_RUN_DEFAULT);
}

void
lookups_run(struct lookup *lookups, size_t count, const char *servers)
{
	uv_loop_t loop;
	for (size_t i = 0; i < count; i++) {
		lookups[i].question.done = keep;
		lookups[i].outcome = RESOLVER_FAILED;
		lookups[i].count = 0;
	}
	if (uv_loop_init(&loop) != 0)
		return;
	ask_all(&loop, lookups, count, servers);
	uv_loop_close(&loop);
}
