/* How ftgatectl check-domain prints what it found. */
#include <stdio.h>
#include <string.h>

#include "base/address/idna.h"
#include "base/text/printable.h"
#include "base/text/translate.h"
#include "cmd/ctl/check/check.h"

/* Never translated: programs read them. */
static const char *const states[] = {
	[CHECK_OK] = "ok",
	[CHECK_OPTIONAL] = "optional",
	[CHECK_MISSING] = "missing",
	[CHECK_WRONG] = "wrong",
	[CHECK_UNKNOWN] = "unknown",
};

static const char *const statuses[] = {
	[CHECK_GOOD] = "ok",
	[CHECK_FAULTY] = "faulty",
	[CHECK_NOT_KNOWN] = "unknown",
};

/* Why it matters. */
static const struct {
	const char *name, *why;
} subjects[CHECK_SUBJECTS] = {
	[CHECK_MX] = { "MX",
	    N_("The MX records say which servers get the mail of the domain, replies and bounces among it.") },
	[CHECK_HOST] = { "EHLO",
	    N_("Receivers look the name up that a server says in EHLO, and many refuse mail if it has no address.") },
	[CHECK_PTR] = { "PTR",
	    N_("Gmail, GMX, T-Online and others refuse mail from an address without a PTR record whose name leads back to it. The "
	       "provider of the address sets it.") },
	[CHECK_SPF] = { "SPF",
	    N_("SPF says which addresses send mail of the domain. Gmail, Yahoo and Outlook demand that the mail of large senders "
	       "passes it.") },
	[CHECK_DKIM] = { "DKIM",
	    N_("A DKIM signature shows that the domain takes responsibility for a message, also after it was forwarded. GMX and "
	       "WEB.DE demand it.") },
	[CHECK_DMARC] = { "DMARC",
	    N_("DMARC says what to do with mail in the name of the domain that passes neither SPF nor DKIM. Gmail, Yahoo and "
	       "Outlook demand a record of large senders.") },
	[CHECK_MTA_STS] = { "MTA-STS",
	    N_("With MTA-STS, senders deliver to the domain only over verified TLS. It needs a policy over HTTPS, too.") },
	[CHECK_TLS_REPORT] = { "TLSRPT", N_("Senders report to this address if TLS to the domain fails.") },
	[CHECK_TLSA] = { "TLSA",
	    N_("With TLSA records in a zone that is signed, senders verify the certificate of the MX by DANE.") },
};

/* The domain as people write it, beside its form in the DNS. */
static void
print_domain(const struct check *check)
{
	char shown[ADDRESS_TEXT_SIZE];
	idna_to_unicode(shown, sizeof shown, check->domain);
	if (strcmp(shown, check->domain) != 0)
		/* TRANSLATORS: a domain with all letters, and its form of ASCII: "xn--bcher-kva.example". */
		printable_print(stdout, _("    %s is %s in the DNS.\n"), shown, check->domain);
}

static void
print_addresses(const struct check *check)
{
	printable_print(stdout, _("    This server calls itself %s."), check->hostname);
	if (check->options.address_count > 0)
		printable_print(stdout, " %s", _("It sends from:"));
	for (size_t i = 0; i < check->options.address_count; i++) {
		char text[NETWORK_TEXT_SIZE];
		network_write(text, &check->options.addresses[i]);
		printf(" %s", text);
	}
	putchar('\n');
}

static void
print_finding(const struct finding *finding)
{
	printf("%-8s %-8s ", states[finding->state], subjects[finding->subject].name);
	printable_write(stdout, finding->detail, strlen(finding->detail));
	putchar('\n');
	if (finding->state == CHECK_OK)
		return;
	if (finding->published != NULL) {
		printf("    %s ", _("published:"));
		printable_write(stdout, finding->published, finding->published_len);
		putchar('\n');
	}
	if (finding->record[0] != '\0') {
		printf("    %s ", _("publish:"));
		printable_write(stdout, finding->record, strlen(finding->record));
		putchar('\n');
	}
}

/* The reason stands once, below the findings of a subject that are not all good. */
static void
print_why(const struct check *check, size_t i)
{
	enum check_subject subject = check->findings[i].subject;
	bool good = true;
	for (size_t k = 0; k < check->count; k++)
		if (check->findings[k].subject == subject) {
			good = good && check->findings[k].state == CHECK_OK;
			if (k > i)
				return;
		}
	if (!good)
		printf("    %s\n", _(subjects[subject].why));
}

void
check_print(const struct check *check)
{
	print_domain(check);
	print_addresses(check);
	for (size_t i = 0; i < check->count; i++) {
		print_finding(&check->findings[i]);
		print_why(check, i);
	}
}

static void
put(const char *lead, const char *name, const char *value, size_t len)
{
	printf("%s\"%s\": ", lead, name);
	printable_json(stdout, value, len);
}

static void
put_finding(const struct finding *finding)
{
	const char *record = finding->record[0] != '\0' ? finding->record : NULL;
	const char *why = finding->state != CHECK_OK ? _(subjects[finding->subject].why) : NULL;
	put("{", "check", subjects[finding->subject].name, strlen(subjects[finding->subject].name));
	put(", ", "state", states[finding->state], strlen(states[finding->state]));
	put(", ", "name", finding->name, strlen(finding->name));
	put(", ", "detail", finding->detail, strlen(finding->detail));
	put(", ", "published", finding->published, finding->published_len);
	put(", ", "why", why, why != NULL ? strlen(why) : 0);
	put(", ", "record", record, record != NULL ? strlen(record) : 0);
	putchar('}');
}

void
check_print_json(const struct check *check, int status)
{
	put("{", "domain", check->domain, strlen(check->domain));
	put(", ", "hostname", check->hostname, strlen(check->hostname));
	put(", ", "result", statuses[status], strlen(statuses[status]));
	fputs(", \"addresses\": [", stdout);
	for (size_t i = 0; i < check->options.address_count; i++) {
		char text[NETWORK_TEXT_SIZE];
		network_write(text, &check->options.addresses[i]);
		printf("%s\"%s\"", i == 0 ? "" : ", ", text);
	}
	fputs("], \"findings\": [", stdout);
	for (size_t i = 0; i < check->count; i++) {
		fputs(i == 0 ? "" : ", ", stdout);
		put_finding(&check->findings[i]);
	}
	puts("]}");
}

static const struct column columns[] = {
	{ .name = "domain" },
	{ .name = "hostname" },
	{ .name = "result" },
	{ .name = "check" },
	{ .name = "state" },
	{ .name = "name" },
	{ .name = "detail" },
	{ .name = "published" },
	{ .name = "why" },
	{ .name = "record" },
};

struct table *
check_csv(const struct check *check, int status)
{
	struct table *table = table_open(&(struct table_options) {
	    .columns = columns, .count = sizeof columns / sizeof *columns, .format = OUTPUT_CSV });
	for (size_t i = 0; table != NULL && i < check->count; i++) {
		const struct finding *finding = &check->findings[i];
		table_text(table, check->domain);
		table_text(table, check->hostname);
		table_text(table, statuses[status]);
		table_text(table, subjects[finding->subject].name);
		table_text(table, states[finding->state]);
		table_text(table, finding->name);
		table_text(table, finding->detail);
		table_text_of(table, finding->published, finding->published != NULL ? finding->published_len : 0);
		table_text(table, finding->state != CHECK_OK ? _(subjects[finding->subject].why) : NULL);
		table_text(table, finding->record);
	}
	return table;
}
