/* Prints entries of the relay queue: rows of a table, or all fields. */
#include "cmd/ctl/queue.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/address/address.h"
#include "base/text/printable.h"
#include "base/text/translate.h"
#include "cmd/ctl/ctl.h"
#include "port/queue_text.h"

enum { NAME_WIDTH = 18, TIME_SIZE = 32 };

/* RFC 3339, in UTC. */
static const char *
time_text(char text[TIME_SIZE], int64_t seconds)
{
	time_t when = (time_t)seconds;
	struct tm tm;
	if (gmtime_r(&when, &tm) == NULL || strftime(text, TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		snprintf(text, TIME_SIZE, "%" PRId64, seconds);
	return text;
}

static void
print_field(const char *name, const char *value)
{
	printable_print(stdout, "%-*s %s\n", NAME_WIDTH, name, value == NULL ? "-" : value);
}

static void
print_recipient(const struct queue_recipient *recipient)
{
	char next[TIME_SIZE], to[ADDRESS_TEXT_SIZE];
	address_show(to, recipient->address);
	printable_print(stdout, "%-*s %s %s, ", NAME_WIDTH, "to", to, queue_state_words[recipient->state]);
	printf(translate_count("%u attempt", "%u attempts", recipient->attempts), recipient->attempts);
	if (recipient->state == QUEUE_WAITING && recipient->next > 0)
		/* TRANSLATORS: the time of the next attempt, after "2 attempts". */
		printf(_(", next at %s"), time_text(next, recipient->next));
	putchar('\n');
	if (recipient->sender != NULL)
		printable_print(stdout, "%-*s <%s>\n", NAME_WIDTH, "as", recipient->sender);
	if (recipient->reply != NULL)
		printable_print(stdout, "%-*s %s\n", NAME_WIDTH, "", recipient->reply);
}

void
queue_print_fields(const struct queue_entry *entry)
{
	char arrival[TIME_SIZE], from[ADDRESS_TEXT_SIZE];
	address_show(from, entry->sender);
	print_field("id", entry->id);
	print_field("arrival", time_text(arrival, entry->arrival));
	printf("%-*s %" PRIu64 "\n", NAME_WIDTH, "size", entry->size);
	print_field("held", entry->held ? "yes" : "no");
	printable_print(stdout, "%-*s <%s>\n", NAME_WIDTH, "from", from);
	print_field("user", entry->user);
	print_field("session", entry->session);
	print_field("language", entry->language);
	print_field("utf8", entry->utf8 ? "yes" : "no");
	print_field("8bit", entry->eightbit ? "yes" : "no");
	print_field("return", queue_return_words[entry->ret]);
	print_field("envid", entry->envid);
	for (size_t i = 0; i < entry->count; i++)
		print_recipient(&entry->recipients[i]);
}

/* JSON of the recipients. */
static void
json_text(FILE *to, const char *name, const char *value)
{
	fprintf(to, ", \"%s\": ", name);
	printable_json(to, value, value == NULL ? 0 : strlen(value));
}

static void
json_set(FILE *to, const char *name, unsigned set)
{
	const char *sign = "";
	fprintf(to, ", \"%s\": [", name);
	for (size_t i = 0; queue_notify_words[i] != NULL; i++) {
		if (set & 1U << i) {
			fprintf(to, "%s\"%s\"", sign, queue_notify_words[i]);
			sign = ", ";
		}
	}
	fputc(']', to);
}

static void
json_recipient(FILE *to, const struct queue_recipient *recipient)
{
	char next[TIME_SIZE];
	fputs("{\"address\": ", to);
	printable_json(to, recipient->address, strlen(recipient->address));
	json_text(to, "state", queue_state_words[recipient->state]);
	fprintf(to, ", \"attempts\": %u", recipient->attempts);
	json_text(to, "next", recipient->next == 0 ? NULL : time_text(next, recipient->next));
	json_set(to, "notify", recipient->notify);
	json_set(to, "noticed", recipient->noticed);
	json_text(to, "as", recipient->sender);
	json_text(to, "orcpt", recipient->orcpt);
	json_text(to, "reply", recipient->reply);
	fputc('}', to);
}

static void
put_recipients_json(struct table *table, const struct queue_entry *entry)
{
	char *json = NULL;
	size_t len;
	FILE *to = open_memstream(&json, &len);
	if (to == NULL) {
		table_raw(table, NULL);
		return;
	}
	fputc('[', to);
	for (size_t i = 0; i < entry->count; i++) {
		fputs(i == 0 ? "" : ", ", to);
		json_recipient(to, &entry->recipients[i]);
	}
	fputc(']', to);
	table_raw(table, fclose(to) == 0 ? json : NULL);
	free(json);
}

/* The addresses as they are stored, for CSV. */
static void
put_addresses(struct table *table, const struct queue_entry *entry)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);
	for (size_t i = 0; i < entry->count && to != NULL; i++)
		fprintf(to, "%s%s", i == 0 ? "" : "\n", entry->recipients[i].address);
	table_list(table, to != NULL && fclose(to) == 0 ? text : NULL);
	free(text);
}

enum { FOR_PEOPLE = NOT_IN_JSON | NOT_IN_CSV };

/* Addresses are printed with U-labels, for people; JSON and CSV have them as they are stored. */
const struct column queue_columns[QUEUE_COLUMNS] = {
	{ .name = "id", .heading = N_("ID") },
	{ .name = "damaged", .type = CELL_FLAG, .hidden = NOT_IN_TABLE },
	{ .name = "arrival", .heading = N_("arrival") },
	{ .name = "size", .heading = N_("size"), .type = CELL_NUMBER },
	{ .name = "held", .type = CELL_FLAG, .hidden = NOT_IN_TABLE },
	{ .name = "from", .hidden = NOT_IN_TABLE },
	{ .name = "sender", .heading = N_("sender"), .shrinks = true, .hidden = FOR_PEOPLE },
	{ .name = "recipients", .heading = N_("recipients"), .shrinks = true, .hidden = FOR_PEOPLE },
	{ .name = "state", .heading = N_("state"), .hidden = FOR_PEOPLE },
	{ .name = "user", .hidden = NOT_IN_TABLE },
	{ .name = "session", .hidden = NOT_IN_TABLE },
	{ .name = "language", .hidden = NOT_IN_TABLE },
	{ .name = "utf8", .type = CELL_FLAG, .hidden = NOT_IN_TABLE },
	{ .name = "8bit", .type = CELL_FLAG, .hidden = NOT_IN_TABLE },
	{ .name = "return", .hidden = NOT_IN_TABLE },
	{ .name = "envid", .hidden = NOT_IN_TABLE },
	{ .name = "recipients", .type = CELL_RAW, .hidden = NOT_IN_TABLE },
	{ .name = "to", .type = CELL_LIST, .hidden = NOT_IN_TABLE | NOT_IN_JSON },
};

/* The cells for people. */
static void
put_summary(struct table *table, const struct queue_entry *entry)
{
	char address[ADDRESS_TEXT_SIZE], text[ADDRESS_TEXT_SIZE + 8];
	size_t waiting = 0;
	for (size_t i = 0; i < entry->count; i++)
		waiting += entry->recipients[i].state == QUEUE_WAITING;
	address_show(address, entry->sender);
	snprintf(text, sizeof text, "<%s>", address);
	table_text(table, text);
	address_show(address, entry->recipients[0].address);
	snprintf(text, sizeof text, "%s%s", address, entry->count > 1 ? ", ..." : "");
	table_text(table, text);
	/* TRANSLATORS: of a message: recipients that wait, all recipients. */
	snprintf(
	    text, sizeof text, entry->held ? _("%zu of %zu held") : _("%zu of %zu waiting"), waiting, entry->count);
	table_text(table, text);
}

void
queue_put(struct table *table, const struct queue_entry *entry)
{
	char arrival[TIME_SIZE];
	table_text(table, entry->id);
	table_flag(table, false);
	table_text(table, time_text(arrival, entry->arrival));
	table_number(table, entry->size);
	table_flag(table, entry->held);
	table_text(table, entry->sender);
	put_summary(table, entry);
	table_text(table, entry->user);
	table_text(table, entry->session);
	table_text(table, entry->language);
	table_flag(table, entry->utf8);
	table_flag(table, entry->eightbit);
	table_text(table, queue_return_words[entry->ret]);
	table_text(table, entry->envid);
	put_recipients_json(table, entry);
	put_addresses(table, entry);
}

void
queue_put_damaged(struct table *table, const char *id)
{
	table_text(table, id);
	table_flag(table, true);
	for (size_t i = 2; i < QUEUE_COLUMNS; i++)
		table_text(table, strcmp(queue_columns[i].name, "state") == 0 ? _("damaged") : NULL);
}
