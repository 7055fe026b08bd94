/* The DNS records that ftgatectl quickstart lists, and what of them is published. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text/translate.h"
#include "cmd/ctl/quickstart/lookups.h"
#include "cmd/ctl/quickstart/quickstart.h"

/* What is looked up for a record, and what must be in the answer. */
struct question {
	enum resolver_type type;
	char wanted[DNS_NAME_SIZE]; /* a name or an address; of a TXT record its beginning, such as "v=spf1" */
};

struct questions {
	struct question of[QUICKSTART_RECORDS_MAX];
	struct quickstart *quickstart;
};

static void __attribute__((format(printf, 6, 7))) add(struct questions *questions, const char *name, const char *type,
    enum resolver_type asked, const char *wanted, const char *format, ...)
{
	struct quickstart *q = questions->quickstart;
	va_list arguments;
	if (q->record_count == QUICKSTART_RECORDS_MAX)
		return;
	struct question *question = &questions->of[q->record_count];
	struct quickstart_record *record = &q->records[q->record_count++];
	snprintf(record->name, sizeof record->name, "%.*s", DNS_NAME_MAX, name);
	record->type = type;
	va_start(arguments, format);
	vsnprintf(record->value, sizeof record->value, format, arguments);
	va_end(arguments);
	question->type = asked;
	snprintf(question->wanted, sizeof question->wanted, "%.*s", DNS_NAME_MAX, wanted);
}

static void
add_addresses(struct questions *questions)
{
	const struct quickstart *q = questions->quickstart;
	for (size_t i = 0; i < q->address_count; i++) {
		char text[NETWORK_TEXT_SIZE];
		bool v4 = network_is_ipv4(&q->addresses[i]);
		network_write(text, &q->addresses[i]);
		add(questions, q->hostname, v4 ? "A" : "AAAA", v4 ? RESOLVER_A : RESOLVER_AAAA, text, "%s", text);
	}
	if (q->address_count == 0)
		add(questions, q->hostname, "A", RESOLVER_A, "", "%s", _("(the public address of this machine)"));
}

/* Of the host itself as well: it sends DSNs with the null path, for which SPF checks the name in EHLO (RFC 7208 2.4). */
static void
add_policies(struct questions *questions)
{
	const struct quickstart *q = questions->quickstart;
	char name[DNS_NAME_SIZE + sizeof "_dmarc."];
	add(questions, q->domain, "TXT", RESOLVER_TXT, "v=spf1", "\"v=spf1 mx -all\"");
	if (strcmp(q->domain, q->hostname) != 0)
		add(questions, q->hostname, "TXT", RESOLVER_TXT, "v=spf1", "\"v=spf1 a -all\"");
	snprintf(name, sizeof name, "_dmarc.%.*s", DNS_NAME_MAX, q->domain);
	add(questions, name, "TXT", RESOLVER_TXT, "v=DMARC1", "\"v=DMARC1; p=none; rua=mailto:postmaster@%s\"",
	    q->domain);
}

static void
add_reverse_names(struct questions *questions)
{
	const struct quickstart *q = questions->quickstart;
	for (size_t i = 0; i < q->address_count; i++) {
		char name[DNS_NAME_SIZE];
		if (dns_name_reverse(name, &q->addresses[i], NULL))
			add(questions, name, "PTR", RESOLVER_PTR, q->hostname, "%s.", q->hostname);
	}
}

/* Is this the record as it is listed? */
static bool
is_same(const struct quickstart_record *record, const struct question *question, const char *text)
{
	size_t len = strlen(text);
	if (question->type != RESOLVER_TXT)
		return strcasecmp(text, question->wanted) == 0;
	return strlen(record->value) == len + 2 && strncmp(record->value + 1, text, len) == 0;
}

/* Of TXT records, which serve many purposes, those of another purpose say nothing. */
static bool
is_related(const struct question *question, const char *text)
{
	return question->type != RESOLVER_TXT || strncasecmp(text, question->wanted, strlen(question->wanted)) == 0;
}

static void
judge(struct quickstart_record *record, const struct question *question, const struct lookup *lookup)
{
	record->state = lookup->outcome == RESOLVER_FAILED ? QUICKSTART_UNKNOWN : QUICKSTART_MISSING;
	for (size_t i = 0; i < lookup->count; i++) {
		const char *text = lookup->texts[i];
		if (is_same(record, question, text)) {
			record->state = QUICKSTART_OK;
			record->found[0] = '\0';
			return;
		}
		if (is_related(question, text) && record->found[0] == '\0') {
			record->state = QUICKSTART_DIFFERS;
			snprintf(record->found, sizeof record->found, "%.*s", QUICKSTART_TEXT_SIZE - 1, text);
		}
	}
}

static void
ask(struct questions *questions)
{
	struct quickstart *q = questions->quickstart;
	struct lookup *lookups = calloc(q->record_count, sizeof *lookups);
	for (size_t i = 0; lookups != NULL && i < q->record_count; i++) {
		lookups[i].type = questions->of[i].type;
		snprintf(lookups[i].name, sizeof lookups[i].name, "%s", q->records[i].name);
	}
	if (lookups != NULL)
		lookups_run(lookups, q->record_count, q->resolver);
	for (size_t i = 0; i < q->record_count; i++) {
		q->records[i].state = QUICKSTART_UNKNOWN;
		if (lookups != NULL)
			judge(&q->records[i], &questions->of[i], &lookups[i]);
	}
	free(lookups);
}

void
quickstart_list_records(struct quickstart *q)
{
	static struct questions questions;
	questions.quickstart = q;
	add(&questions, q->domain, "MX", RESOLVER_MX, q->hostname, "10 %s.", q->hostname);
	add_addresses(&questions);
	add_policies(&questions);
	add_reverse_names(&questions);
	ask(&questions);
}
