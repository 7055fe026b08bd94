/* ftgatectl check-domain: SPF of the domain, and of the name of this server. */
#include <stdio.h>
#include <string.h>

#include "base/text/translate.h"
#include "cmd/ctl/check/check.h"
#include "cmd/ctl/check/spf_walk.h"

enum { VOIDS_MAX = 2 };

/* Adds a finding for the fault of a walk, and returns whether there is one. */
static bool
report_fault(struct check *check, const struct spf_walk *walk, const struct policy_texts *texts)
{
	const char *name = walk->culprit;
	struct finding *finding;
	switch (walk->fault) {
	case SPF_SOUND: return false;
	case SPF_NOT_KNOWN: check_add_unknown(check, CHECK_SPF, name, "TXT, A, AAAA, MX"); return true;
	case SPF_TOO_LONG:
		check_add(check, CHECK_SPF, CHECK_UNKNOWN, name, _("%s has a %s record that is too long to be checked"),
		    name, "SPF");
		return true;
	case SPF_MALFORMED:
		finding = check_add(check, CHECK_SPF, CHECK_WRONG, name,
		    _("the SPF record of %s has a term that is malformed: %.*s"), name, (int)walk->term_len,
		    walk->term);
		break;
	case SPF_NO_RECORD:
		finding = check_add(check, CHECK_SPF, CHECK_WRONG, name,
		    _("the SPF record includes %s, which does not have one SPF record, so that receivers ignore it"),
		    name);
		break;
	default:
		finding = check_add(check, CHECK_SPF, CHECK_WRONG, name,
		    _("the SPF record needs more than %d terms that are looked up, so that receivers ignore it: write addresses "
		      "instead"),
		    SPF_LOOKUPS_MAX);
	}
	check_show(finding, texts->text, texts->len);
	return true;
}

static bool
passes(const struct spf_result *result)
{
	return result->qualifier == '+' && !result->is_unsure;
}

/* The terms that let the addresses pass that do not, in front of those that the record has. */
static void
propose_all(struct finding *finding, const struct check *check, const struct spf_result results[],
    const struct policy_texts *texts)
{
	char terms[CHECK_ADDRESSES_MAX * (NETWORK_TEXT_SIZE + 8)] = "";
	size_t skipped = strlen("v=spf1");
	for (size_t i = 0; i < check->options.address_count; i++) {
		const struct network *network = &check->options.addresses[i];
		char address[NETWORK_TEXT_SIZE];
		size_t len = strlen(terms);
		network_write(address, network);
		if (!passes(&results[i]) && !results[i].is_unsure)
			snprintf(terms + len, sizeof terms - len, " %s:%s", network_is_ipv4(network) ? "ip4" : "ip6",
			    address);
	}
	check_propose(finding, check->domain, "TXT", "\"v=spf1%s%.*s\"", terms, (int)(texts->len - skipped),
	    texts->text + skipped);
}

static void
report_result(struct check *check, size_t i, const struct spf_result results[], const struct policy_texts *texts)
{
	char address[NETWORK_TEXT_SIZE];
	struct finding *finding;
	network_write(address, &check->options.addresses[i]);
	if (passes(&results[i])) {
		check_add(check, CHECK_SPF, CHECK_OK, check->domain, _("SPF lets mail of %s from %s pass"),
		    check->domain, address);
		return;
	}
	if (results[i].is_unsure) {
		finding = check_add(check, CHECK_SPF, CHECK_UNKNOWN, check->domain,
		    _("SPF of %s has macros or ptr, so that only a message shows whether %s passes"), check->domain,
		    address);
	} else {
		finding = check_add(check, CHECK_SPF, CHECK_WRONG, check->domain,
		    _("SPF does not let mail of %s from %s pass"), check->domain, address);
		propose_all(finding, check, results, texts);
	}
	check_show(finding, texts->text, texts->len);
}

/* What the record says of all other addresses. */
static void
report_rest(struct check *check, const struct policy_texts *texts)
{
	static struct spf_record record;
	size_t at, len;
	char qualifier = 0;
	bool redirects = false;
	struct finding *finding = NULL;
	if (!spf_parse(&record, texts->text, texts->len, &at, &len))
		return;
	for (size_t i = 0; i < record.count; i++) {
		redirects = redirects || record.terms[i].kind == SPF_REDIRECT;
		if (record.terms[i].kind == SPF_ALL && qualifier == 0)
			qualifier = record.terms[i].qualifier;
	}
	if (qualifier == '+')
		finding = check_add(check, CHECK_SPF, CHECK_WRONG, check->domain,
		    _("the SPF record ends with +all: it lets the whole world send mail of %s; write -all"),
		    check->domain);
	else if (qualifier == '?' || (qualifier == 0 && !redirects))
		finding = check_add(check, CHECK_SPF, CHECK_OPTIONAL, check->domain,
		    _("the SPF record of %s does not refuse other senders: let it end with -all"), check->domain);
	if (finding != NULL)
		check_show(finding, texts->text, texts->len);
}

static void
check_own(struct check *check, const struct policy_texts *texts)
{
	struct spf_walk walk = { .check = check };
	struct spf_result results[CHECK_ADDRESSES_MAX] = { 0 };
	spf_walk(&walk, check->domain, results);
	if (report_fault(check, &walk, texts))
		return;
	for (size_t i = 0; i < check->options.address_count && !check->accepts_no_mail; i++)
		report_result(check, i, results, texts);
	if (walk.voids > VOIDS_MAX)
		check_add(check, CHECK_SPF, CHECK_WRONG, check->domain,
		    _("terms of the SPF record that find nothing in the DNS: %u; receivers ignore a record with more than %d"),
		    walk.voids, VOIDS_MAX);
	if (walk.uses_ptr)
		check_add(check, CHECK_SPF, CHECK_OPTIONAL, check->domain,
		    _("the SPF record of %s has the term ptr, which many receivers skip (RFC 7208 section 5.5)"),
		    check->domain);
	report_rest(check, texts);
	check_add(check, CHECK_SPF, CHECK_OK, check->domain, _("the SPF record of %s needs %u of %d lookups"),
	    check->domain, walk.lookups, SPF_LOOKUPS_MAX);
}

/* DSNs have the null path, for which SPF checks the name in EHLO (RFC 7208 section 2.4). */
static void
check_hostname(struct check *check)
{
	const struct policy policy = { CHECK_SPF, CHECK_OPTIONAL, "SPF", "v=spf1", "v=spf1 a -all" };
	struct policy_texts texts = check_policy_texts(check, check->hostname, policy.version);
	if (check_is_one(check, &policy, check->hostname, &texts))
		check_add(
		    check, CHECK_SPF, CHECK_OK, check->hostname, _("%s has an SPF record, for DSNs"), check->hostname);
}

void
check_spf(struct check *check)
{
	const struct policy policy = { CHECK_SPF, CHECK_MISSING, "SPF", "v=spf1",
		check->accepts_no_mail ? "v=spf1 -all" : "v=spf1 mx -all" };
	struct policy_texts texts = check_policy_texts(check, check->domain, policy.version);
	if (check_is_one(check, &policy, check->domain, &texts))
		check_own(check, &texts);
	if (strcmp(check->domain, check->hostname) != 0 && check_is_full_name(check->hostname))
		check_hostname(check);
}
