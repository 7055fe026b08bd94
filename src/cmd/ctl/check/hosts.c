/* ftgatectl check-domain: where mail to the domain goes, and what the DNS says of this server. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text/translate.h"
#include "cmd/ctl/check/check.h"

enum { ADDRESSES_TEXT_SIZE = 256, USAGE_DANE_TA = 2, USAGE_DANE_EE = 3 };

/* A name of the DNS with a label before it. */
struct name {
	char text[DNS_NAME_SIZE + 16];
};

static struct name
tlsa_name(const char *host)
{
	struct name name;
	snprintf(name.text, sizeof name.text, "_25._tcp.%s", host);
	return name;
}

static void
list_addresses(char text[ADDRESSES_TEXT_SIZE], const struct lookup *found)
{
	for (size_t i = 0; i < found->count; i++) {
		size_t len = strlen(text);
		snprintf(text + len, ADDRESSES_TEXT_SIZE - len, "%s%s", len > 0 ? ", " : "", found->texts[i]);
	}
}

/* The addresses of a host. Adds a finding, and returns whether one of them is this machine's. */
static bool
check_addresses(struct check *check, enum check_subject subject, const char *host, const char *label)
{
	const struct lookup *ipv4 = answers_get(&check->answers, RESOLVER_A, host);
	const struct lookup *ipv6 = answers_get(&check->answers, RESOLVER_AAAA, host);
	char text[ADDRESSES_TEXT_SIZE] = "";
	bool is_own = false;
	if (ipv4->count + ipv6->count == 0 && (ipv4->outcome == RESOLVER_FAILED || ipv6->outcome == RESOLVER_FAILED)) {
		check_add_unknown(check, subject, host, "A, AAAA");
		return false;
	}
	list_addresses(text, ipv4);
	list_addresses(text, ipv6);
	if (*text != '\0')
		/* TRANSLATORS: "MX: mail.example.org has the addresses 192.0.2.1, 2001:db8::1" */
		check_add(check, subject, CHECK_OK, host, _("%s: %s has the addresses %s"), label, host, text);
	else
		/* TRANSLATORS: "MX: mail.example.org has no address (A or AAAA record)" */
		check_add(check, subject, subject == CHECK_MX ? CHECK_WRONG : CHECK_MISSING, host,
		    _("%s: %s has no address (A or AAAA record)"), label, host);
	for (size_t i = 0; i < ipv4->count; i++)
		is_own = is_own || check_is_own(check, &ipv4->addresses[i]);
	for (size_t i = 0; i < ipv6->count; i++)
		is_own = is_own || check_is_own(check, &ipv6->addresses[i]);
	return is_own;
}

static void
check_tlsa(struct check *check, const char *host)
{
	struct name name = tlsa_name(host);
	const struct lookup *found = answers_get(&check->answers, RESOLVER_TLSA, name.text);
	struct finding *finding = NULL;
	bool is_usable = false;
	for (size_t i = 0; i < found->count; i++)
		is_usable = is_usable || found->texts[i][0] == USAGE_DANE_TA || found->texts[i][0] == USAGE_DANE_EE;
	if (found->outcome == RESOLVER_FAILED)
		check_add_unknown(check, CHECK_TLSA, name.text, "TLSA");
	else if (found->count == 0)
		finding = check_add(
		    check, CHECK_TLSA, CHECK_OPTIONAL, name.text, _("%s has no TLSA record"), name.text);
	else if (!is_usable)
		finding = check_add(check, CHECK_TLSA, CHECK_OPTIONAL, name.text,
		    _("%s has TLSA records, but none with the usage 2 or 3, and SMTP uses no others"), name.text);
	else if (!found->secure)
		check_add(check, CHECK_TLSA, CHECK_OPTIONAL, name.text,
		    _("%s has TLSA records, but the name server does not confirm them by DNSSEC: sign the zone, or ask a name "
		      "server that validates"),
		    name.text);
	else
		check_add(check, CHECK_TLSA, CHECK_OK, name.text,
		    _("%s has TLSA records, which the name server confirms by DNSSEC"), name.text);
	if (finding != NULL)
		check_propose(
		    finding, name.text, "TLSA", "3 1 1 %s", _("(SHA-256 of the public key of the certificate)"));
}

static void
ask_hosts(struct check *check, const struct lookup *mx)
{
	for (size_t i = 0; i < mx->count && i < CHECK_HOSTS_MAX; i++) {
		struct name name = tlsa_name(mx->texts[i]);
		answers_want(&check->answers, RESOLVER_A, mx->texts[i]);
		answers_want(&check->answers, RESOLVER_AAAA, mx->texts[i]);
		answers_want(&check->answers, RESOLVER_TLSA, name.text);
	}
	answers_fetch(&check->answers);
}

static void
check_hosts(struct check *check, const struct lookup *mx)
{
	bool is_own = false;
	ask_hosts(check, mx);
	for (size_t i = 0; i < mx->count && i < CHECK_HOSTS_MAX; i++)
		if (*mx->texts[i] != '\0' && check_addresses(check, CHECK_MX, mx->texts[i], "MX"))
			is_own = true;
	if (!is_own && check->options.address_count > 0)
		check_add(check, CHECK_MX, CHECK_OPTIONAL, check->domain,
		    _("no MX of %s is this machine: mail to the domain goes elsewhere"), check->domain);
	for (size_t i = 0; i < mx->count && i < CHECK_HOSTS_MAX; i++)
		if (*mx->texts[i] != '\0')
			check_tlsa(check, mx->texts[i]);
}

static size_t
count_null(const struct lookup *mx)
{
	size_t count = 0;
	for (size_t i = 0; i < mx->count; i++)
		count += *mx->texts[i] == '\0';
	return count;
}

void
check_mx(struct check *check)
{
	const struct lookup *mx = answers_get(&check->answers, RESOLVER_MX, check->domain);
	size_t null = count_null(mx);
	if (mx->outcome == RESOLVER_FAILED) {
		check_add_unknown(check, CHECK_MX, check->domain, "MX");
	} else if (mx->count == 0) {
		struct finding *finding = check_add(
		    check, CHECK_MX, CHECK_MISSING, check->domain, _("%s has no MX record"), check->domain);
		if (check_is_full_name(check->hostname))
			check_propose(finding, check->domain, "MX", "10 %s.", check->hostname);
	} else if (null == mx->count) {
		check->accepts_no_mail = true;
		check_add(check, CHECK_MX, CHECK_OK, check->domain, _("%s says that it accepts no mail (null MX)"),
		    check->domain);
	} else {
		if (null > 0)
			check_add(check, CHECK_MX, CHECK_WRONG, check->domain,
			    _("%s has a null MX beside others: remove one or the others"), check->domain);
		check_hosts(check, mx);
	}
}

/* A PTR record whose name leads back to the address; the name of this server is the best one. */
static const char *
confirmed_name(struct check *check, const struct lookup *ptr, const struct network *address)
{
	const char *confirmed = NULL;
	for (size_t i = 0; i < ptr->count; i++)
		answers_want(&check->answers, network_is_ipv4(address) ? RESOLVER_A : RESOLVER_AAAA, ptr->texts[i]);
	answers_fetch(&check->answers);
	for (size_t i = 0; i < ptr->count; i++) {
		if (!check_has_address(check, ptr->texts[i], address))
			continue;
		if (confirmed == NULL || strcasecmp(ptr->texts[i], check->hostname) == 0)
			confirmed = ptr->texts[i];
	}
	return confirmed;
}

static void
check_ptr(struct check *check, const struct network *address)
{
	char name[DNS_NAME_SIZE], text[NETWORK_TEXT_SIZE];
	struct finding *finding = NULL;
	network_write(text, address);
	if (!dns_name_reverse(name, address, NULL))
		return;
	const struct lookup *ptr = answers_get(&check->answers, RESOLVER_PTR, name);
	const char *confirmed = confirmed_name(check, ptr, address);
	if (ptr->outcome == RESOLVER_FAILED)
		check_add_unknown(check, CHECK_PTR, name, "PTR");
	else if (ptr->count == 0)
		finding = check_add(check, CHECK_PTR, CHECK_MISSING, name, _("the address %s has no PTR record"), text);
	else if (confirmed == NULL)
		finding = check_add(check, CHECK_PTR, CHECK_WRONG, name,
		    _("the PTR record of %s is %s, and that name does not have the address"), text, ptr->texts[0]);
	else if (check_is_full_name(check->hostname) && strcasecmp(confirmed, check->hostname) != 0)
		finding = check_add(check, CHECK_PTR, CHECK_OPTIONAL, name,
		    _("the PTR record of %s is %s, and this server calls itself %s: the same name is better"), text,
		    confirmed, check->hostname);
	else
		check_add(check, CHECK_PTR, CHECK_OK, name, _("the PTR record of %s is %s, which has the address"),
		    text, confirmed);
	if (finding != NULL && check_is_full_name(check->hostname))
		check_propose(finding, name, "PTR", "%s.", check->hostname);
}

/* The name in EHLO, and whether it leads to this machine. */
static void
check_name(struct check *check)
{
	bool is_own = check_addresses(check, CHECK_HOST, check->hostname, "EHLO");
	struct finding *last = &check->findings[check->count - 1];
	const struct network *first = &check->options.addresses[0];
	char text[NETWORK_TEXT_SIZE];
	if (check->options.address_count == 0)
		return;
	network_write(text, first);
	if (last->state == CHECK_MISSING)
		check_propose(last, check->hostname, network_is_ipv4(first) ? "A" : "AAAA", "%s", text);
	else if (last->state == CHECK_OK && !is_own)
		check_add(check, CHECK_HOST, CHECK_OPTIONAL, check->hostname,
		    _("%s does not have the address %s, from which this server sends"), check->hostname, text);
}

void
check_host(struct check *check)
{
	if (check_is_full_name(check->hostname))
		check_name(check);
	else
		check_add(check, CHECK_HOST, CHECK_WRONG, check->hostname,
		    /* TRANSLATORS: "hostname" is a setting, and ftgate.conf a file: both stay as they are. */
		    _("%s is not a full name: set hostname in ftgate.conf"), check->hostname);
	if (check->options.address_count == 0) {
		check_add(check, CHECK_PTR, CHECK_UNKNOWN, check->hostname,
		    _("no public address of this machine is known: name those that it sends from by --ip"));
		return;
	}
	for (size_t i = 0; i < check->options.address_count; i++)
		check_ptr(check, &check->options.addresses[i]);
}
