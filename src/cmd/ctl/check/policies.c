/* ftgatectl check-domain: DKIM, DMARC, MTA-STS and TLS reporting. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text/translate.h"
#include "cmd/ctl/check/check.h"
#include "peer/sender/dkim_record.h"
#include "peer/sender/policy_record.h"

enum { PARENTS_MAX = 4, NAME_SIZE = DNS_NAME_SIZE + DNS_LABEL_MAX + 16 };

/* The selectors that are tried if none is named. */
static const char *const usual[] = { "dkim", "mail", "default", "ftgate" };
enum { USUAL = sizeof usual / sizeof *usual };

/* The selectors that are asked for. */
static size_t
list_selectors(const struct check *check, const char *const **selectors)
{
	bool is_asked = check->options.selector_count > 0;
	*selectors = is_asked ? check->options.selectors : usual;
	return is_asked ? check->options.selector_count : USUAL;
}

void
check_want_policies(struct check *check)
{
	static const char *const prefixes[] = { "_dmarc.", "_mta-sts.", "_smtp._tls." };
	const char *const *selectors;
	size_t count = list_selectors(check, &selectors);
	char name[NAME_SIZE];
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
		snprintf(name, sizeof name, "%s%s", prefixes[i], check->domain);
		answers_want(&check->answers, RESOLVER_TXT, name);
	}
	for (size_t i = 0; i < count; i++) {
		snprintf(name, sizeof name, "%s._domainkey.%s", selectors[i], check->domain);
		answers_want(&check->answers, RESOLVER_TXT, name);
	}
}

static const char *
dkim_fault_text(enum dkim_fault fault)
{
	switch (fault) {
	case DKIM_REVOKED: return _("the key is revoked (p= is empty)");
	case DKIM_NO_KEY: return _("p= holds no key of the type that k= names");
	case DKIM_UNUSABLE: return _("the key is not for mail that is signed with RSA or Ed25519 and SHA-256");
	default: return _("this is no DKIM record");
	}
}

static void
judge_key(struct check *check, const char *name, const struct lookup *found)
{
	struct dkim_record record;
	struct finding *finding;
	enum dkim_fault fault = dkim_parse(&record, found->texts[0], found->lens[0]);
	const char *type = record.is_ed25519 ? "Ed25519" : "RSA";
	if (found->count > 1)
		finding = check_add(check, CHECK_DKIM, CHECK_WRONG, name,
		    _("%s has several TXT records, and verifiers may then use any of them: leave one"), name);
	else if (found->lens[0] == RESOLVER_TEXT_MAX)
		finding = check_add(check, CHECK_DKIM, CHECK_UNKNOWN, name,
		    _("%s has a %s record that is too long to be checked"), name, "DKIM");
	else if (fault != DKIM_VALID)
		finding = check_add(check, CHECK_DKIM, CHECK_WRONG, name, "%s: %s", name, dkim_fault_text(fault));
	else if (!record.is_ed25519 && record.bits < DKIM_BITS_LEAST)
		finding = check_add(check, CHECK_DKIM, CHECK_WRONG, name,
		    _("%s: the RSA key has %u bits; verifiers ignore keys below %d"), name, record.bits,
		    DKIM_BITS_LEAST);
	else if (record.is_testing)
		finding = check_add(check, CHECK_DKIM, CHECK_OPTIONAL, name,
		    _("%s: t=y says that you are testing, so that signatures may count for nothing; remove it"), name);
	else if (!record.is_ed25519 && record.bits < DKIM_BITS_GOOD)
		finding = check_add(check, CHECK_DKIM, CHECK_OPTIONAL, name, _("%s: the RSA key has %u bits; use %d"),
		    name, record.bits, DKIM_BITS_GOOD);
	else
		finding = check_add(check, CHECK_DKIM, CHECK_OK, name, _("%s: a key of the type %s with %u bits"), name,
		    type, record.bits);
	check_show(finding, found->texts[0], found->lens[0]);
}

static void
propose_key(struct finding *finding, const char *name)
{
	check_propose(
	    finding, name, "TXT", "\"v=DKIM1; k=rsa; p=%s\"", _("(the public key of the program that signs)"));
}

/* Returns whether a finding was added. A selector that was not asked for needs no key. */
static bool
check_selector(struct check *check, const char *selector, bool is_asked)
{
	char name[NAME_SIZE];
	snprintf(name, sizeof name, "%s._domainkey.%s", selector, check->domain);
	const struct lookup *found = answers_get(&check->answers, RESOLVER_TXT, name);
	if (found->count > 0)
		judge_key(check, name, found);
	else if (found->outcome == RESOLVER_FAILED)
		check_add_unknown(check, CHECK_DKIM, name, "TXT");
	else if (is_asked)
		propose_key(
		    check_add(check, CHECK_DKIM, CHECK_MISSING, name, _("%s has no %s record"), name, "DKIM"), name);
	return is_asked || found->count > 0 || found->outcome == RESOLVER_FAILED;
}

void
check_dkim(struct check *check)
{
	bool is_asked = check->options.selector_count > 0, any = false;
	const char *const *selectors;
	size_t count = list_selectors(check, &selectors);
	char name[NAME_SIZE], list[128] = "";
	if (check->accepts_no_mail && !is_asked)
		return;
	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(list);
		snprintf(list + len, sizeof list - len, "%s%s", i > 0 ? ", " : "", selectors[i]);
		any = check_selector(check, selectors[i], is_asked) || any;
	}
	snprintf(name, sizeof name, "%s._domainkey.%s", usual[0], check->domain);
	if (!any)
		propose_key(check_add(check, CHECK_DKIM, CHECK_MISSING, name,
		                _("no DKIM key under the usual selectors (%s); name yours by --selector"), list),
		    name);
}

/* The labels that two names have in common at their ends. */
static unsigned
common_labels(const char *a, const char *b)
{
	size_t i = strlen(a), k = strlen(b);
	unsigned count = 0;
	while (i > 0 && k > 0 && strncasecmp(a + i - 1, b + k - 1, 1) == 0) {
		i--;
		k--;
		count += (i == 0 || a[i - 1] == '.') && (k == 0 || b[k - 1] == '.');
	}
	return count;
}

static unsigned
labels(const char *name)
{
	unsigned count = 1;
	for (; *name != '\0'; name++)
		count += *name == '.';
	return count;
}

/*
 * Is it a domain of the same organisation? Which names belong to registries is not known here: hosts below one domain of two
 * labels are taken for related.
 */
static bool
is_related(const char *domain, const char *host)
{
	unsigned common = common_labels(domain, host);
	return common >= 2 || common == labels(domain) || common == labels(host);
}

/*
 * Another organisation gets reports only if it agrees (RFC 7489 section 7.1), which it cannot by a name that is too long.
 * domain is that of the record.
 */
static void
check_report_host(struct check *check, const char *domain, const struct dmarc_host *found)
{
	char host[DNS_NAME_SIZE], name[2 * DNS_NAME_SIZE + 16];
	snprintf(host, sizeof host, "%.*s", (int)found->len, found->name);
	int len = snprintf(name, sizeof name, "%s._report._dmarc.%s", domain, host);
	if (len > DNS_NAME_MAX || is_related(domain, host))
		return;
	struct policy_texts texts = check_policy_texts(check, name, "v=DMARC1");
	if (texts.outcome == RESOLVER_FAILED)
		check_add_unknown(check, CHECK_DMARC, name, "TXT");
	else if (texts.count == 0)
		check_propose(check_add(check, CHECK_DMARC, CHECK_OPTIONAL, name,
		                  _("%s does not agree to get reports about %s, so that receivers send it none: its "
		                    "operator must publish a record"),
		                  host, domain),
		    name, "TXT", "\"v=DMARC1\"");
}

static void
judge_dmarc(struct check *check, const char *name, const struct policy_texts *texts, bool is_inherited)
{
	static const char *const words[] = { "none", "quarantine", "reject" };
	struct dmarc_record record = { 0 };
	struct finding *finding;
	enum dmarc_fault fault = dmarc_parse(&record, texts->text, texts->len);
	enum dmarc_policy policy = is_inherited ? record.subdomains : record.policy;
	if (fault == DMARC_MALFORMED)
		finding = check_add(
		    check, CHECK_DMARC, CHECK_WRONG, name, _("%s: the %s record is malformed"), name, "DMARC");
	else if (fault == DMARC_NO_POLICY)
		finding = check_add(check, CHECK_DMARC, CHECK_WRONG, name,
		    _("%s: the DMARC record has no policy: p=none, p=quarantine or p=reject"), name);
	else if (policy == DMARC_NONE)
		finding = check_add(check, CHECK_DMARC, CHECK_OPTIONAL, name,
		    _("%s: the policy none protects from nothing; when all your mail passes, raise it to quarantine"),
		    name);
	else if (!record.has_reports)
		finding = check_add(check, CHECK_DMARC, CHECK_OPTIONAL, name,
		    _("%s: the policy is %s, but nobody gets the reports: add rua=mailto:..."), name, words[policy]);
	else
		finding = check_add(check, CHECK_DMARC, CHECK_OK, name, _("%s: the policy is %s"), name, words[policy]);
	check_show(finding, texts->text, texts->len);
	for (size_t i = 0; fault == DMARC_VALID && i < record.host_count; i++)
		check_report_host(check, name + strlen("_dmarc."), &record.hosts[i]);
}

/* A domain without a record has that of a domain above it. Top-level domains are not asked. */
static bool
is_inherited(struct check *check)
{
	const char *parent = check->domain;
	for (int i = 0; i < PARENTS_MAX; i++) {
		char name[NAME_SIZE];
		parent = strchr(parent, '.');
		if (parent == NULL || strchr(++parent, '.') == NULL)
			return false;
		snprintf(name, sizeof name, "_dmarc.%s", parent);
		struct policy_texts texts = check_policy_texts(check, name, "v=DMARC1");
		if (texts.outcome == RESOLVER_FAILED)
			check_add_unknown(check, CHECK_DMARC, name, "TXT");
		else if (texts.count == 1)
			judge_dmarc(check, name, &texts, true);
		if (texts.outcome == RESOLVER_FAILED || texts.count == 1)
			return true;
	}
	return false;
}

void
check_dmarc(struct check *check)
{
	char name[NAME_SIZE], proposed[CHECK_RECORD_SIZE];
	const struct policy policy = { CHECK_DMARC, CHECK_MISSING, "DMARC", "v=DMARC1", proposed };
	snprintf(name, sizeof name, "_dmarc.%s", check->domain);
	snprintf(proposed, sizeof proposed, "v=DMARC1; p=none; rua=mailto:postmaster@%s", check->domain);
	if (check->accepts_no_mail)
		snprintf(proposed, sizeof proposed, "v=DMARC1; p=reject");
	struct policy_texts texts = check_policy_texts(check, name, policy.version);
	if (texts.outcome != RESOLVER_FAILED && texts.count == 0 && is_inherited(check))
		return;
	if (check_is_one(check, &policy, name, &texts))
		judge_dmarc(check, name, &texts, false);
}

/* What is optional, and has one form that is valid. */
static void
check_form(struct check *check, const struct policy *policy, const char *prefix, bool (*is_valid)(const char *, size_t),
    const char *good)
{
	char name[NAME_SIZE];
	struct finding *finding;
	snprintf(name, sizeof name, "%s%s", prefix, check->domain);
	struct policy_texts texts = check_policy_texts(check, name, policy->version);
	if (!check_is_one(check, policy, name, &texts))
		return;
	if (is_valid(texts.text, texts.len)) {
		finding = check_add(check, policy->subject, CHECK_OK, name, "%s: %s", name, good);
	} else {
		finding = check_add(check, policy->subject, CHECK_WRONG, name, _("%s: the %s record is malformed"),
		    name, policy->label);
		check_propose(finding, name, "TXT", "\"%s\"", policy->proposed);
	}
	check_show(finding, texts.text, texts.len);
}

void
check_transport(struct check *check)
{
	char report[CHECK_RECORD_SIZE], good[CHECK_DETAIL_SIZE];
	const struct policy sts = { CHECK_MTA_STS, CHECK_OPTIONAL, "MTA-STS", "v=STSv1", "v=STSv1; id=1" };
	const struct policy reports = { CHECK_TLS_REPORT, CHECK_OPTIONAL, "TLSRPT", "v=TLSRPTv1", report };
	if (check->accepts_no_mail)
		return;
	snprintf(good, sizeof good,
	    _("the record is well-formed; the policy at https://mta-sts.%s/.well-known/mta-sts.txt was not fetched"),
	    check->domain);
	check_form(check, &sts, "_mta-sts.", mta_sts_is_valid, good);
	snprintf(report, sizeof report, "v=TLSRPTv1; rua=mailto:postmaster@%s", check->domain);
	check_form(check, &reports, "_smtp._tls.", tls_report_is_valid, _("the record is well-formed"));
}
