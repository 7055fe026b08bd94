/* Fuzzes the readers of the DNS records by which a domain says who sends its mail. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "peer/sender/dkim_record.h"
#include "peer/sender/policy_record.h"
#include "peer/sender/spf_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
read_spf(const char *text, size_t len)
{
	static struct spf_record record;
	size_t at, bad_len;
	if (!spf_parse(&record, text, len, &at, &bad_len)) {
		require(at <= len && bad_len <= len - at);
		return;
	}
	require(spf_is_record(text, len) && record.count <= SPF_TERMS_MAX);
	for (size_t i = 0; i < record.count; i++) {
		const struct spf_term *term = &record.terms[i];
		size_t name = strnlen(term->domain, sizeof term->domain);
		require(name == 0 || dns_name_is_valid(term->domain, name));
		require(term->bits_ipv4 <= 32 && term->bits_ipv6 <= 128);
		require(term->kind != SPF_IP4 || network_is_ipv4(&term->network));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct dkim_record dkim;
	struct dmarc_record dmarc;
	read_spf(text, size);
	if (dkim_parse(&dkim, text, size) == DKIM_VALID)
		require(dkim.bits > 0);
	if (dmarc_parse(&dmarc, text, size) == DMARC_VALID) {
		require(!mta_sts_is_valid(text, size) && !tls_report_is_valid(text, size));
		require(dmarc.host_count <= DMARC_HOSTS_MAX);
		for (size_t i = 0; i < dmarc.host_count; i++)
			require(dmarc.hosts[i].len > 0 && dmarc.hosts[i].name >= text &&
			    dmarc.hosts[i].name + dmarc.hosts[i].len <= text + size);
	}
	return 0;
}
