/* Records by which a domain says who sends its mail: SPF, DKIM, DMARC, MTA-STS, TLS reporting. */
#include "peer/sender/dkim_record.h"
#include "peer/sender/policy_record.h"
#include "peer/sender/spf_record.h"
#include "peer/sender/tag_list.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* Public keys: RSA of 1024, 2048 and 512 bits, and of an elliptic curve, as SubjectPublicKeyInfo; Ed25519. */
#define RSA_1024                                                                                                       \
	"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCkMq0salIykxhvPMuCio/zASRT5NemCxEzcCgNsV83tjfHpSzeaD2nJtuB6Y5E"         \
	"Nu/ZfOX5klESoeOBmh9fwUy1OFI0FCRmJtRMaHJEtgXMrbaQD/CO9TxAQmsQOE5FDBlwvFOYcOweipoGf8zKBPeJb+F0Iidu8X3I"         \
	"IdDrgQiLPwIDAQAB"
#define RSA_2048                                                                                                       \
	"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEArLWP9ALodGrKuSRCyiAVKQX6IQFpJFkqYaJWHp05RGdWeYYwIT7V7bSU"         \
	"2tNLaIa/OLSmk93t/MLTaUsBUwf/q5oqMcYAkt3X/uHhnaudbeG+2dXgl3yNIhcI6aqPQ6dipO0bFBicjgeqjGn+rr2Zw1e1G2jh"         \
	"WYX+/jkysjNd5Dq5m1HGJCtdgKkANxWM64XTc4iAWHopwMpe54vxwREoBsWcjZ7Ckq12R5T0iwo0uU5NeOMEInYcV5TZHsy880HM"         \
	"lnLXKQRPTLydrmJHzRmeombUm+JoII2O2r7vTh0AcEEEjuY1tBrprPwVMP5zjw8cM10WR42tqljQI7J23ISlEwIDAQAB"
#define RSA_512                                                                                                        \
	"MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBANBJR9kRl4GeWGn3kvbb/VVOGXTbwJ6UBp0j8Jv7v07b9LRpb0con4v2C2Mg3dmYjsCR"         \
	"h4mASNjg6Jhxrh6W7tECAwEAAQ=="
#define CURVE                                                                                                          \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEzECCFUuQLdcA2UR1VhsNorsK1L12zwl4lsXdjV8kZarv1LdHpG1fqsIxZKB6bnCH"         \
	"uNib3WiNGQHjOvjDlp0sbg=="
#define ED25519 "bd8lfbhj4OGaQR6+mqPPJP4LlrlTUx6syy3EaCFvfuI="

static void
expect_dkim(const char *text, enum dkim_fault fault, unsigned bits)
{
	struct dkim_record record;
	cr_expect_eq(dkim_parse(&record, text, strlen(text)), fault, "%s", text);
	if (fault == DKIM_VALID)
		cr_expect_eq(record.bits, bits, "%s: %u", text, record.bits);
}

Test(dkim, keys_are_measured)
{
	expect_dkim("v=DKIM1; k=rsa; p=" RSA_2048, DKIM_VALID, 2048);
	expect_dkim("v=DKIM1; p=" RSA_1024 ";", DKIM_VALID, 1024);
	expect_dkim("p=" RSA_512, DKIM_VALID, 512);
	expect_dkim("v=DKIM1; k=ed25519; p=" ED25519, DKIM_VALID, 256);
	expect_dkim(" v = DKIM1 ;\tk=RSA; s=other:email; h=sha1 : sha256; n=a note; p=" RSA_1024, DKIM_VALID, 1024);
}

Test(dkim, white_space_in_the_key_is_left_out)
{
	char text[1024] = "v=DKIM1; p=";
	for (const char *at = RSA_1024; *at != '\0'; at++)
		snprintf(text + strlen(text), sizeof text - strlen(text), "%c ", *at);
	expect_dkim(text, DKIM_VALID, 1024);
}

Test(dkim, faults_are_told_apart)
{
	expect_dkim("v=DKIM1; p=", DKIM_REVOKED, 0);
	expect_dkim("v=DKIM1; k=rsa", DKIM_NO_KEY, 0);
	expect_dkim("v=DKIM1; p=AAAA", DKIM_NO_KEY, 0);
	expect_dkim("v=DKIM1; p=no base64", DKIM_NO_KEY, 0);
	expect_dkim("v=DKIM1; p=" CURVE, DKIM_NO_KEY, 0);
	expect_dkim("v=DKIM1; k=ed25519; p=" RSA_1024, DKIM_NO_KEY, 0);
	expect_dkim("v=DKIM1; k=rsa; p=" ED25519, DKIM_NO_KEY, 0);
	expect_dkim("v=DKIM1; p=" RSA_1024 "AAAA", DKIM_NO_KEY, 0);
	expect_dkim("v=DKIM1; k=dsa; p=" RSA_1024, DKIM_UNUSABLE, 0);
	expect_dkim("v=DKIM1; h=sha1; p=" RSA_1024, DKIM_UNUSABLE, 0);
	expect_dkim("v=DKIM1; s=tlsrpt; p=" RSA_1024, DKIM_UNUSABLE, 0);
	expect_dkim("v=DKIM2; p=" RSA_1024, DKIM_MALFORMED, 0);
	expect_dkim("k=rsa; v=DKIM1; p=" RSA_1024, DKIM_MALFORMED, 0);
	expect_dkim("v=spf1 -all", DKIM_MALFORMED, 0);
	expect_dkim("", DKIM_MALFORMED, 0);
}

Test(dkim, testing_is_a_flag_among_others)
{
	struct dkim_record record;
	const char *text = "v=DKIM1; t=s : y; p=" RSA_1024, *other = "v=DKIM1; t=sy; p=" RSA_1024;
	cr_expect_eq(dkim_parse(&record, text, strlen(text)), DKIM_VALID);
	cr_expect(record.is_testing);
	cr_expect_eq(dkim_parse(&record, other, strlen(other)), DKIM_VALID);
	cr_expect_not(record.is_testing);
}

Test(tag_list, other_forms_are_malformed)
{
	static const char *const texts[] = { "", ";", "a", "=b", "a=1;a=2", "a=1;;b=2", "1a=b", "a b=c", "a=\x01",
		"a=\x7f", "a=\xc3\xa9" };
	struct tag_list list;
	char many[TAGS_MAX * 8 + 8] = "";
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		cr_expect_not(tag_list_parse(&list, texts[i], strlen(texts[i])), "%s", texts[i]);
	cr_expect_not(tag_list_parse(&list, "a=b\0c", 5));
	for (int i = 0; i < TAGS_MAX; i++)
		snprintf(many + strlen(many), sizeof many - strlen(many), "a%d=;", i);
	cr_expect(tag_list_parse(&list, many, strlen(many)));
	strcat(many, "b=");
	cr_expect_not(tag_list_parse(&list, many, strlen(many)));
}

static void
expect_dmarc(
    const char *text, enum dmarc_fault fault, enum dmarc_policy policy, enum dmarc_policy subdomains, bool reports)
{
	struct dmarc_record record;
	cr_expect_eq(dmarc_parse(&record, text, strlen(text)), fault, "%s", text);
	if (fault != DMARC_VALID)
		return;
	cr_expect_eq(record.policy, policy, "%s", text);
	cr_expect_eq(record.subdomains, subdomains, "%s", text);
	cr_expect_eq(record.has_reports, reports, "%s", text);
}

static void
expect_hosts(const char *uris, const char *hosts)
{
	struct dmarc_record record;
	char text[1000], got[1000] = "";
	snprintf(text, sizeof text, "v=DMARC1; p=none; %s", uris);
	cr_assert_eq(dmarc_parse(&record, text, strlen(text)), DMARC_VALID, "%s", text);
	for (size_t i = 0; i < record.host_count; i++)
		snprintf(got + strlen(got), sizeof got - strlen(got), "%.*s ", (int)record.hosts[i].len,
		    record.hosts[i].name);
	cr_expect_str_eq(got, hosts, "%s", uris);
}

Test(dmarc, hosts_that_get_reports_are_read)
{
	expect_hosts("", "");
	expect_hosts("rua=mailto:a@x.example", "x.example ");
	expect_hosts(
	    "rua=mailto:a@x.example , MAILTO:b@y.example!10m,mailto:c@X.example?subject=d; ruf=mailto:e@z.example",
	    "x.example y.example z.example ");
	expect_hosts("rua=https://a@x.example,mailto:,mailto:a,mailto:a@,mailto:a@x y,mailto:a@x/y, ,", "x ");
	expect_hosts(
	    "rua=mailto:a@x.example.,mailto:b@X.example,mailto:c@.,mailto:d@y.example.!1m", "x.example y.example ");
	expect_hosts(
	    "rua=mailto:a@1,mailto:a@2,mailto:a@3,mailto:a@4,mailto:a@5,mailto:a@6,mailto:a@7,mailto:a@8,mailto:a@9",
	    "1 2 3 4 5 6 7 8 ");
}

/* With a domain in front and what is between them, a name of 253 octets at most is asked for. */
Test(dmarc, hosts_of_impossible_names_are_left_out)
{
	char uris[800] = "", host[300], shown[300];
	memset(host, 'a', sizeof host);
	for (size_t i = 63; i < sizeof host; i += 64)
		host[i] = '.';
	snprintf(uris, sizeof uris, "rua=mailto:a@%.254s,mailto:b@%.253s.,mailto:c@x.example", host, host);
	snprintf(shown, sizeof shown, "%.253s x.example ", host);
	expect_hosts(uris, shown);
}

Test(dmarc, policies_are_read)
{
	expect_dmarc("v=DMARC1; p=none; rua=mailto:a@example.org", DMARC_VALID, DMARC_NONE, DMARC_NONE, true);
	expect_dmarc("v=DMARC1;p=Reject;sp=quarantine", DMARC_VALID, DMARC_REJECT, DMARC_QUARANTINE, false);
	expect_dmarc("v=DMARC1; p=quarantine; sp=other; rua=https://example.org", DMARC_VALID, DMARC_QUARANTINE,
	    DMARC_QUARANTINE, false);
	expect_dmarc("v=DMARC1; rua=mailto:a@example.org", DMARC_NO_POLICY, 0, 0, false);
	expect_dmarc("v=DMARC1; p=all", DMARC_NO_POLICY, 0, 0, false);
	expect_dmarc("v=dmarc1; p=none", DMARC_MALFORMED, 0, 0, false);
	expect_dmarc("p=none; v=DMARC1", DMARC_MALFORMED, 0, 0, false);
	expect_dmarc("v=DMARC1 p=none", DMARC_MALFORMED, 0, 0, false);
}

Test(policy_record, sts_and_reports)
{
	static const struct {
		const char *text;
		bool sts, report;
	} cases[] = {
		{ "v=STSv1; id=20260101T000000;", true, false },
		{ "v=STSv1; id=", false, false },
		{ "v=STSv1; id=2026-01", false, false },
		{ "v=STSv1; id=123456789012345678901234567890123", false, false },
		{ "v=TLSRPTv1; rua=mailto:tls@example.org", false, true },
		{ "v=TLSRPTv1;rua=https://example.org/tls", false, true },
		{ "v=TLSRPTv1; rua=tls@example.org", false, false },
		{ "v=TLSRPTv1", false, false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *text = cases[i].text;
		cr_expect_eq(mta_sts_is_valid(text, strlen(text)), cases[i].sts, "%s", text);
		cr_expect_eq(tls_report_is_valid(text, strlen(text)), cases[i].report, "%s", text);
	}
}

static bool
parse_spf(struct spf_record *record, const char *text, const char *bad)
{
	size_t at, len;
	bool parsed = spf_parse(record, text, strlen(text), &at, &len);
	if (!parsed)
		cr_expect(
		    strlen(bad) == len && strncmp(text + at, bad, len) == 0, "%s: %.*s", text, (int)len, text + at);
	return parsed;
}

Test(spf, terms_are_read)
{
	struct spf_record record;
	char network[NETWORK_TEXT_SIZE];
	cr_assert(parse_spf(&record,
	    "V=SPF1 ip4:192.0.2.77/24  -ip6:2001:db8::1/32 a:Mail.example.org./28//64 mx//48 ~include:_spf.example.net "
	    "exists:%{i}.example.org ?ptr redirect=example.com exp=why.example.org ",
	    ""));
	cr_assert_eq(record.count, 9);
	const struct spf_term *terms = record.terms;
	network_write(network, &terms[0].network);
	cr_expect_str_eq(network, "192.0.2.0/24");
	network_write(network, &terms[1].network);
	cr_expect_str_eq(network, "2001:db8::/32");
	cr_expect_eq(terms[1].qualifier, '-');
	cr_expect_str_eq(terms[2].domain, "Mail.example.org");
	cr_expect(terms[2].bits_ipv4 == 28 && terms[2].bits_ipv6 == 64);
	cr_expect(terms[3].kind == SPF_MX && terms[3].bits_ipv4 == 32 && terms[3].bits_ipv6 == 48 &&
	    terms[3].domain[0] == '\0');
	cr_expect(terms[4].kind == SPF_INCLUDE && terms[4].qualifier == '~');
	cr_expect(terms[5].kind == SPF_EXISTS && terms[5].has_macro);
	cr_expect(terms[6].kind == SPF_PTR && terms[6].qualifier == '?');
	cr_expect(terms[7].kind == SPF_REDIRECT && strcmp(terms[7].domain, "example.com") == 0);
	cr_expect_eq(terms[8].kind, SPF_OTHER);
	size_t lookups = 0;
	for (size_t i = 0; i < record.count; i++)
		lookups += spf_needs_lookup(&terms[i]);
	cr_expect_eq(lookups, 6);
}

Test(spf, malformed_terms_are_named)
{
	static const char *const bad[] = { "ip4:192.0.2.1/33", "ip4:2001:db8::1", "ip6:192.0.2.1", "ip4",
		"ip4:", "ip4:192.0.2", "ip6:fe80::1%eth0", "all:example.org", "include", "include:", "include:a..b",
		"a/", "a/33", "a//129", "a/024", "mx/24/64", "aa", "-", "+-all", "redirect=", "al",
		"mx:ex\xc3\xa4mple.org", "ip4:192.0.2.1/", "\x1b[2J" };
	struct spf_record record;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char text[128];
		snprintf(text, sizeof text, "v=spf1 a %s -all", bad[i]);
		cr_expect_not(parse_spf(&record, text, bad[i]), "%s", text);
	}
}

Test(spf, terms_are_bounded_and_other_records_are_none)
{
	struct spf_record record;
	char text[1024] = "v=spf1";
	for (int i = 0; i < SPF_TERMS_MAX; i++)
		strcat(text, " mx");
	cr_expect(parse_spf(&record, text, ""));
	strcat(text, " a");
	cr_expect_not(parse_spf(&record, text, "a"));
	cr_expect(spf_is_record("v=spf1", 6));
	cr_expect_not(spf_is_record("v=spf10", 7));
	cr_expect_not(spf_is_record("v=spf", 5));
	cr_expect_not(spf_is_record("v=spf2.0/pra", 12));
}
