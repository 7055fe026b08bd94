/* Prints entries of the relay queue: a line, all fields, or JSON. */
#include "cmd/ctl/queue.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/address.h"
#include "base/printable.h"
#include "base/translate.h"
#include "cmd/ctl/ctl.h"
#include "port/queue_text.h"

enum { NAME_WIDTH = 18, ID_WIDTH = 18, TIME_SIZE = 32 };

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

/* Addresses are printed with U-labels, for people; JSON has them as they are stored. */
void
queue_print_line(const struct queue_entry *entry)
{
	char arrival[TIME_SIZE], from[ADDRESS_TEXT_SIZE], to[ADDRESS_TEXT_SIZE];
	size_t waiting = 0;
	for (size_t i = 0; i < entry->count; i++)
		waiting += entry->recipients[i].state == QUEUE_WAITING;
	address_show(from, entry->sender);
	address_show(to, entry->recipients[0].address);
	printf("%-*s %s %8" PRIu64 "  ", ID_WIDTH, entry->id, time_text(arrival, entry->arrival), entry->size);
	printable_print(stdout,
	    /* TRANSLATORS: sender, first recipient, ", ..." if there are more, recipients that wait, all recipients. */
	    entry->held ? _("<%s> to %s%s, %zu of %zu held\n")
	                /* TRANSLATORS: sender, first recipient, ", ..." if there are more, those that wait, all. */
	                : _("<%s> to %s%s, %zu of %zu waiting\n"),
	    from, to, entry->count > 1 ? ", ..." : "", waiting, entry->count);
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

static void
json_text(const char *name, const char *value)
{
	printf(", \"%s\": ", name);
	if (value == NULL)
		fputs("null", stdout);
	else
		printable_json(stdout, value, strlen(value));
}

static void
json_flag(const char *name, bool flag)
{
	printf(", \"%s\": %s", name, flag ? "true" : "false");
}

static void
json_set(const char *name, unsigned set)
{
	const char *sign = "";
	printf(", \"%s\": [", name);
	for (size_t i = 0; queue_notify_words[i] != NULL; i++) {
		if (set & 1U << i) {
			printf("%s\"%s\"", sign, queue_notify_words[i]);
			sign = ", ";
		}
	}
	putchar(']');
}

static void
json_recipient(const struct queue_recipient *recipient)
{
	char next[TIME_SIZE];
	fputs("{\"address\": ", stdout);
	printable_json(stdout, recipient->address, strlen(recipient->address));
	json_text("state", queue_state_words[recipient->state]);
	printf(", \"attempts\": %u", recipient->attempts);
	json_text("next", recipient->next == 0 ? NULL : time_text(next, recipient->next));
	json_set("notify", recipient->notify);
	json_set("noticed", recipient->noticed);
	json_text("orcpt", recipient->orcpt);
	json_text("reply", recipient->reply);
	putchar('}');
}

void
queue_print_json(const struct queue_entry *entry)
{
	char arrival[TIME_SIZE];
	fputs("{\"id\": ", stdout);
	printable_json(stdout, entry->id, strlen(entry->id));
	json_text("arrival", time_text(arrival, entry->arrival));
	printf(", \"size\": %" PRIu64, entry->size);
	json_flag("held", entry->held);
	json_text("from", entry->sender);
	json_text("user", entry->user);
	json_text("session", entry->session);
	json_text("language", entry->language);
	json_flag("utf8", entry->utf8);
	json_flag("8bit", entry->eightbit);
	json_text("return", queue_return_words[entry->ret]);
	json_text("envid", entry->envid);
	fputs(", \"recipients\": [", stdout);
	for (size_t i = 0; i < entry->count; i++) {
		fputs(i == 0 ? "" : ", ", stdout);
		json_recipient(&entry->recipients[i]);
	}
	fputs("]}", stdout);
}
