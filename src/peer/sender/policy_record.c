/* The records of DMARC, MTA-STS and TLS reporting. */
#include "peer/sender/policy_record.h"

#include <string.h>

#include "base/address/dns_name.h"
#include "base/text/ascii.h"
#include "peer/sender/tag_list.h"

enum { STS_ID_MAX = 32 };

/* The version is the first tag, and is written exactly so. */
static bool
parse(struct tag_list *list, const char *text, size_t len, const char *version)
{
	if (!tag_list_parse(list, text, len))
		return false;
	const struct tag *first = &list->tags[0];
	return first->name_len == 1 && *first->name == 'v' && first->len == strlen(version) &&
	    memcmp(first->value, version, first->len) == 0;
}

static bool
read_policy(enum dmarc_policy *policy, const struct tag *tag)
{
	static const char *const words[] = { "none", "quarantine", "reject" };
	for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
		if (tag_is(tag, words[i])) {
			*policy = (enum dmarc_policy)i;
			return true;
		}
	return false;
}

/* Do addresses begin so, one at least? Commas are between them. */
static bool
names_uri(const struct tag *tag, const char *scheme)
{
	size_t len = strlen(scheme);
	return tag != NULL && tag->len > len && ascii_equal(tag->value, scheme, len);
}

static bool
is_host_octet(char c)
{
	return ascii_is_alnum((unsigned char)c) || c == '.' || c == '-' || c == '_';
}

static void
add_host(struct dmarc_record *record, const char *name, size_t len)
{
	for (size_t i = 0; i < record->host_count; i++)
		if (record->hosts[i].len == len && ascii_equal(record->hosts[i].name, name, len))
			return;
	if (len > 0 && record->host_count < DMARC_HOSTS_MAX)
		record->hosts[record->host_count++] = (struct dmarc_host) { name, len };
}

/* "mailto:a@host", "mailto:a@host!10m", with white space around it. */
static void
read_uri(struct dmarc_record *record, const char *text, size_t len)
{
	static const char scheme[] = "mailto:";
	while (len > 0 && ascii_is_space(*text)) {
		text++;
		len--;
	}
	const char *at = memrchr(text, '@', len), *end = text + len;
	if (len < sizeof scheme || !ascii_equal(text, scheme, sizeof scheme - 1) || at == NULL)
		return;
	size_t host = 0;
	while (at + 1 + host < end && is_host_octet(at[1 + host]))
		host++;
	const char *behind = at + 1 + host;
	if (host > 0 && behind[-1] == '.')
		host--;
	if (host > DNS_NAME_MAX)
		return;
	if (behind == end || *behind == '!' || *behind == '?' || ascii_is_space(*behind))
		add_host(record, at + 1, host);
}

static void
read_uris(struct dmarc_record *record, const struct tag *tag)
{
	const char *at = tag != NULL ? tag->value : NULL, *end = tag != NULL ? at + tag->len : NULL;
	while (at < end) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		const char *stop = comma != NULL ? comma : end;
		read_uri(record, at, (size_t)(stop - at));
		at = stop + 1;
	}
}

enum dmarc_fault
dmarc_parse(struct dmarc_record *record, const char *text, size_t len)
{
	struct tag_list list;
	if (!parse(&list, text, len, "DMARC1"))
		return DMARC_MALFORMED;
	if (!read_policy(&record->policy, tag_find(&list, "p")))
		return DMARC_NO_POLICY;
	record->subdomains = record->policy;
	(void)read_policy(&record->subdomains, tag_find(&list, "sp"));
	record->has_reports = names_uri(tag_find(&list, "rua"), "mailto:");
	record->host_count = 0;
	read_uris(record, tag_find(&list, "rua"));
	read_uris(record, tag_find(&list, "ruf"));
	return DMARC_VALID;
}

bool
mta_sts_is_valid(const char *text, size_t len)
{
	struct tag_list list;
	const struct tag *id = parse(&list, text, len, "STSv1") ? tag_find(&list, "id") : NULL;
	if (id == NULL || id->len == 0 || id->len > STS_ID_MAX)
		return false;
	for (size_t i = 0; i < id->len; i++)
		if (!ascii_is_alnum((unsigned char)id->value[i]))
			return false;
	return true;
}

bool
tls_report_is_valid(const char *text, size_t len)
{
	struct tag_list list;
	if (!parse(&list, text, len, "TLSRPTv1"))
		return false;
	const struct tag *rua = tag_find(&list, "rua");
	return names_uri(rua, "mailto:") || names_uri(rua, "https:");
}
