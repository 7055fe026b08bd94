/* Prints what trace has found, for people. */
#include "cmd/ctl/trace/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/printable.h"
#include "base/text/translate.h"
#include "base/text/wrap.h"
#include "cmd/ctl/trace/sentence.h"
#include "cmd/output/terminal.h"
#include "explain/explain.h"

enum { NAME_WIDTH = 16, INDENT = 4 };

static void
explain_line(const char *label, const char *text)
{
	char *line = NULL;
	int len = asprintf(&line, "%s: %s", label, text);
	if (len < 0)
		return;
	wrap_write_between(stdout, line, (size_t)len, terminal_paragraph_width() - INDENT, "    ", "");
	free(line);
}

/* What the reply of an event means, and what to do about it: once for each reply. */
static void
explain_event(const struct event *event, bool explained[FTG_IDS])
{
	bool is_failure = event->kind == EVENT_REPLY || event_is(event, "undelivered") || event_is(event, "deferred") ||
	    event_is(event, "bounced");
	enum ftg_id id = is_failure ? event_reply(event) : FTG_IDS;
	if (id == FTG_IDS || explained[id])
		return;
	explained[id] = true;
	explain_line(_("Cause"), _(explain_reply(id)->cause));
	explain_line(_("What the sender can do"), _(explain_reply(id)->sender));
	explain_line(_("What the operator can do"), _(explain_reply(id)->operator));
}

static void
print_event(const struct story_event *kept, bool explained[FTG_IDS])
{
	char time[SENTENCE_TIME_SIZE], name[EVENT_VALUE_SIZE];
	struct event event;
	if (!event_read_text(&event, (struct log_span) { kept->text, kept->len }))
		return;
	sentence_time(time, kept->time, 0);
	if (!event_get(&event, "session", name) && event.kind != EVENT_REPLY)
		event_get(&event, "id", name);
	printable_print(stdout, "%s %-*s ", time, NAME_WIDTH, name);
	sentence_write(stdout, &event, kept->time);
	putchar('\n');
	explain_event(&event, explained);
}

static void
print_state(const struct result *result)
{
	char time[SENTENCE_TIME_SIZE], again[SENTENCE_TIME_SIZE];
	sentence_time(time, result->time, 0);
	sentence_time(again, result->time, result->again);
	switch (result->state) {
	case RESULT_QUEUED: printable_print(stdout, _("on the way: in the queue since %s\n"), time); break;
	/* TRANSLATORS: a time; a reference. */
	case RESULT_DEFERRED:
		printable_print(stdout, _("on the way: next attempt at %s (%s)\n"), again, result->ref);
		break;
	case RESULT_DELIVERED: printable_print(stdout, _("delivered at %s\n"), time); break;
	/* TRANSLATORS: a time; a server. */
	case RESULT_RELAYED: printable_print(stdout, _("sent at %s, accepted by %s\n"), time, result->detail); break;
	/* TRANSLATORS: a time; a reference; the reply or the name of a server. */
	case RESULT_BOUNCED:
		printable_print(stdout, _("given up at %s (%s): %s\n"), time, result->ref, result->detail);
		break;
	case RESULT_LATER:
		/* TRANSLATORS: a time; a reference. */
		printable_print(
		    stdout, _("refused for now at %s (%s): the sender's server tries again\n"), time, result->ref);
		break;
	/* TRANSLATORS: a time; a reference. */
	case RESULT_REFUSED: printable_print(stdout, _("refused at %s (%s)\n"), time, result->ref); break;
	default: printable_print(stdout, _("unknown: accepted at %s; the log says no more\n"), time); break;
	}
}

static void
print_result(const struct result *result)
{
	const char *from = result->from[0] != '\0' ? result->from : "<>";
	const char *name = result->message_id[0] != '\0' ? result->message_id : result->message;
	if (result->to[0] != '\0')
		/* TRANSLATORS: the message, by its Message-ID or another ID; its sender; its recipient. What became of it follows. */
		printable_print(stdout, _("%s from %s to %s: "), name, from, result->to);
	else
		/* TRANSLATORS: the message, by its Message-ID or another ID; its sender. What became of it follows. */
		printable_print(stdout, _("%s from %s: "), name, from);
	print_state(result);
}

void
story_print(const struct story *story, const struct results *results)
{
	bool explained[FTG_IDS] = { false };
	for (size_t i = 0; i < story->count; i++)
		print_event(&story->event[i], explained);
	if (results->count > 0)
		/* TRANSLATORS: a heading; what became of each message follows. */
		printf("\n%s\n", _("Result"));
	for (size_t i = 0; i < results->count; i++)
		print_result(&results->result[i]);
}
