/* Prints what trace has found for programs: JSON, and CSV. */
#include <stdio.h>
#include <string.h>

#include "base/text/printable.h"
#include "cmd/ctl/trace/print.h"
#include "cmd/ctl/trace/sentence.h"
#include "cmd/output/table.h"

static void
put_member(const char *before, const char *name, const char *value, size_t len)
{
	fputs(before, stdout);
	printable_json(stdout, name, strlen(name));
	fputs(": ", stdout);
	printable_json(stdout, value, len);
}

static void
put_text(const char *name, const char *value)
{
	put_member(", ", name, value, strlen(value));
}

static void
put_event(const struct story_event *kept)
{
	char key[EVENT_VALUE_SIZE], value[EVENT_VALUE_SIZE];
	struct event event;
	if (!event_read_text(&event, (struct log_span) { kept->text, kept->len }))
		return;
	put_member("{", "time", kept->time, strlen(kept->time));
	put_member(", ", "event", event.name.text, event.name.len);
	for (size_t i = 0; i < event.count; i++) {
		snprintf(key, sizeof key, "%.*s", (int)event.pair[i].key.len, event.pair[i].key.text);
		put_member(", ", key, value, log_pair_value(&event.pair[i], value));
	}
	putchar('}');
}

static void
put_result(const struct result *result)
{
	put_member("{", "result", result_words[result->state], strlen(result_words[result->state]));
	put_text("time", result->time);
	put_text("message", result->message);
	put_text("message-id", result->message_id);
	put_text("from", result->from);
	put_text("to", result->to);
	if (result->ref[0] != '\0')
		put_text("ref", result->ref);
	if (result->detail[0] != '\0')
		put_text(result->state == RESULT_BOUNCED ? "detail" : "next", result->detail);
	if (result->state == RESULT_DEFERRED)
		printf(", \"again\": %ld", result->again);
	putchar('}');
}

void
story_print_json(const char *question, const struct story *story, const struct results *results)
{
	put_member("{", "question", question, strlen(question));
	fputs(", \"events\": [", stdout);
	for (size_t i = 0; i < story->count; i++) {
		fputs(i == 0 ? "\n" : ",\n", stdout);
		put_event(&story->event[i]);
	}
	fputs("], \"results\": [", stdout);
	for (size_t i = 0; i < results->count; i++) {
		fputs(i == 0 ? "\n" : ",\n", stdout);
		put_result(&results->result[i]);
	}
	fputs("]}\n", stdout);
}

static const struct column result_columns[] = {
	{ .name = "result" },
	{ .name = "time" },
	{ .name = "message" },
	{ .name = "message-id" },
	{ .name = "from" },
	{ .name = "to" },
	{ .name = "ref" },
	{ .name = "next" },
	{ .name = "detail" },
	{ .name = "again", .type = CELL_NUMBER },
};

bool
results_print_csv(const struct results *results)
{
	struct table *table = table_open(&(struct table_options) {
	    .columns = result_columns, .count = sizeof result_columns / sizeof *result_columns, .format = OUTPUT_CSV });
	for (size_t i = 0; table != NULL && i < results->count; i++) {
		const struct result *result = &results->result[i];
		bool bounced = result->state == RESULT_BOUNCED;
		table_text(table, result_words[result->state]);
		table_text(table, result->time);
		table_text(table, result->message);
		table_text(table, result->message_id);
		table_text(table, result->from);
		table_text(table, result->to);
		table_text(table, result->ref);
		table_text(table, bounced ? NULL : result->detail);
		table_text(table, bounced ? result->detail : NULL);
		if (result->state == RESULT_DEFERRED && result->again >= 0)
			table_number(table, (uint64_t)result->again);
		else
			table_text(table, NULL);
	}
	return table_close(table);
}
