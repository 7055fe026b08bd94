/* ftgatectl check-domain: looks the DNS records up that a domain needs to send and get mail, and says what is missing. */
#include "cmd/ctl/check/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/text/translate.h"
#include "cmd/ctl/folder.h"
#include "cmd/ctl/quickstart/addresses.h"
#include "config/config.h"

/* Findings beyond the last one are written over each other. */
struct finding *
check_add(
    struct check *check, enum check_subject subject, enum check_state state, const char *name, const char *format, ...)
{
	va_list arguments;
	if (check->count < CHECK_FINDINGS_MAX)
		check->count++;
	struct finding *finding = &check->findings[check->count - 1];
	*finding = (struct finding) { .subject = subject, .state = state };
	snprintf(finding->name, sizeof finding->name, "%.*s", DNS_NAME_MAX, name);
	va_start(arguments, format);
	vsnprintf(finding->detail, sizeof finding->detail, format, arguments);
	va_end(arguments);
	return finding;
}

void
check_propose(struct finding *finding, const char *name, const char *type, const char *format, ...)
{
	va_list arguments;
	int len = snprintf(finding->record, sizeof finding->record, "%.*s. %s ", DNS_NAME_MAX, name, type);
	va_start(arguments, format);
	vsnprintf(finding->record + len, sizeof finding->record - (size_t)len, format, arguments);
	va_end(arguments);
}

void
check_show(struct finding *finding, const char *text, size_t len)
{
	finding->published = text;
	finding->published_len = len;
}

void
check_add_unknown(struct check *check, enum check_subject subject, const char *name, const char *type)
{
	/* TRANSLATORS: a name of the DNS, and a type of records: "example.org: the MX records could not be looked up" */
	check_add(check, subject, CHECK_UNKNOWN, name, _("%s: the %s records could not be looked up"), name, type);
}

bool
check_is_full_name(const char *name)
{
	return strchr(name, '.') != NULL;
}

bool
check_is_own(const struct check *check, const struct network *address)
{
	for (size_t i = 0; i < check->options.address_count; i++)
		if (memcmp(check->options.addresses[i].octets, address->octets, NETWORK_OCTETS) == 0)
			return true;
	return false;
}

bool
check_has_address(struct check *check, const char *name, const struct network *address)
{
	enum resolver_type type = network_is_ipv4(address) ? RESOLVER_A : RESOLVER_AAAA;
	const struct lookup *found = answers_get(&check->answers, type, name);
	for (size_t i = 0; i < found->count; i++)
		if (memcmp(found->addresses[i].octets, address->octets, NETWORK_OCTETS) == 0)
			return true;
	return false;
}

/* The version is followed by a space, a semicolon, or nothing. */
static bool
begins(const char *text, size_t len, const char *version)
{
	size_t size = strlen(version);
	return len >= size && strncasecmp(text, version, size) == 0 &&
	    (len == size || text[size] == ' ' || text[size] == ';');
}

struct policy_texts
check_policy_texts(struct check *check, const char *name, const char *version)
{
	const struct lookup *found = answers_get(&check->answers, RESOLVER_TXT, name);
	struct policy_texts texts = { .outcome = found->outcome };
	for (size_t i = 0; i < found->count; i++) {
		if (!begins(found->texts[i], found->lens[i], version))
			continue;
		if (texts.count++ == 0) {
			texts.text = found->texts[i];
			texts.len = found->lens[i];
		}
	}
	return texts;
}

bool
check_is_one(struct check *check, const struct policy *policy, const char *name, const struct policy_texts *texts)
{
	struct finding *finding = NULL;
	if (texts->outcome == RESOLVER_FAILED) {
		check_add_unknown(check, policy->subject, name, "TXT");
		return false;
	}
	if (texts->count == 1 && texts->len < RESOLVER_TEXT_MAX)
		return true;
	if (texts->count == 0)
		/* TRANSLATORS: a name of the DNS, and a kind of record: "_dmarc.example.org has no DMARC record" */
		finding = check_add(
		    check, policy->subject, policy->without, name, _("%s has no %s record"), name, policy->label);
	else if (texts->count > 1)
		finding = check_add(check, policy->subject, CHECK_WRONG, name,
		    _("%s has several %s records, and receivers then use none of them: leave one"), name,
		    policy->label);
	else
		check_add(check, policy->subject, CHECK_UNKNOWN, name,
		    _("%s has a %s record that is too long to be checked"), name, policy->label);
	if (finding != NULL)
		check_propose(finding, name, "TXT", "\"%s\"", policy->proposed);
	return false;
}

/* Asks what is known to be needed together, so that waiting for it takes the time of one question. */
static void
ask_first(struct check *check)
{
	struct answers *answers = &check->answers;
	answers_want(answers, RESOLVER_MX, check->domain);
	answers_want(answers, RESOLVER_TXT, check->domain);
	if (check_is_full_name(check->hostname)) {
		answers_want(answers, RESOLVER_TXT, check->hostname);
		answers_want(answers, RESOLVER_A, check->hostname);
		answers_want(answers, RESOLVER_AAAA, check->hostname);
	}
	check_want_policies(check);
	for (size_t i = 0; i < check->options.address_count; i++) {
		char name[DNS_NAME_SIZE];
		if (dns_name_reverse(name, &check->options.addresses[i], NULL))
			answers_want(answers, RESOLVER_PTR, name);
	}
	answers_fetch(answers);
}

/* Behind NAT the addresses of the machine are not those that the world sees; those of its name are. */
static void
find_addresses(struct check *check)
{
	struct check_options *options = &check->options;
	static const enum resolver_type types[] = { RESOLVER_A, RESOLVER_AAAA };
	for (size_t i = 0; i < 2 && options->address_count < CHECK_ADDRESSES_MAX; i++) {
		const struct lookup *found = answers_get(&check->answers, types[i], check->hostname);
		for (size_t k = 0; k < found->count && options->address_count < CHECK_ADDRESSES_MAX; k++)
			options->addresses[options->address_count++] = found->addresses[k];
	}
}

static int
status_of(const struct check *check)
{
	int status = CHECK_GOOD;
	for (size_t i = 0; i < check->count; i++) {
		enum check_state state = check->findings[i].state;
		if (state == CHECK_MISSING || state == CHECK_WRONG)
			return CHECK_FAULTY;
		if (state == CHECK_UNKNOWN)
			status = CHECK_NOT_KNOWN;
	}
	return status;
}

static int
run(struct check *check, const struct request *request)
{
	if (check->options.address_count == 0)
		check->options.address_count = addresses_find(check->options.addresses, CHECK_ADDRESSES_MAX);
	ask_first(check);
	if (check->options.address_count == 0 && check_is_full_name(check->hostname))
		find_addresses(check);
	check_mx(check);
	check_host(check);
	check_spf(check);
	check_dkim(check);
	check_dmarc(check);
	check_transport(check);
	int status = status_of(check);
	switch (request->format) {
	case OUTPUT_JSON: check_print_json(check, status); return status;
	case OUTPUT_CSV: {
		struct table *table = check_csv(check, status);
		return table == NULL ? ctl_fail_memory() : ctl_close_table(table, status);
	}
	default: check_print(check); return status;
	}
}

/* The name in EHLO: that of the configuration, else the host's. */
static void
read_hostname(struct check *check, const char *configured)
{
	char name[ADDRESS_DOMAIN_MAX + 1] = "";
	if (configured == NULL && gethostname(name, sizeof name - 1) != 0)
		name[0] = '\0';
	const char *text = configured != NULL ? configured : name;
	if (!address_parse_domain(check->hostname, text, strlen(text)))
		snprintf(check->hostname, sizeof check->hostname, "localhost");
}

int
ctl_check_domain(struct request *request)
{
	static struct check check;
	const char *domain = request->words[0], *file = request->config;
	check.options = request->check;
	if (!address_parse_domain(check.domain, domain, strlen(domain)) || *domain == '[' ||
	    !check_is_full_name(check.domain))
		return ctl_fail(EX_DATAERR, _("'%.300s' is not a domain; write a name such as example.org"), domain);
	if (file == NULL && access(CTL_CONFIG_DEFAULT, F_OK) == 0)
		file = CTL_CONFIG_DEFAULT;
	struct config *config = config_read(file, config_print_fault, NULL);
	if (config == NULL)
		return ctl_fail(EX_CONFIG, _("%s cannot be used; mend it, or name another one by -c"), file);
	read_hostname(&check, config->hostname);
	int status = answers_open(&check.answers, config->dns.servers) ? run(&check, request) : ctl_fail_memory();
	answers_close(&check.answers);
	config_free(config);
	return status;
}
