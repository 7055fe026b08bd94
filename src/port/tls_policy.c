/* Reads policies of TLS in the form of Postfix's smtp_tls_policy_maps. */
#include "port/tls_policy.h"

#include <stdio.h>
#include <string.h>

#include "base/address/dns_name.h"

#define BLANKS " \t"

static bool
fail(char error[TLS_POLICY_ERROR_SIZE], const char *what, const char *word, size_t len)
{
	snprintf(error, TLS_POLICY_ERROR_SIZE, "%s '%.*s'", what, (int)(len < 60 ? len : 60), word);
	return false;
}

static bool
is_word(const char *text, size_t len, const char *word)
{
	return len == strlen(word) && memcmp(text, word, len) == 0;
}

static bool
read_level(struct tls_policy *policy, const char *word, size_t len)
{
	static const struct {
		const char *name;
		enum tls_policy_level level;
		const char *names;
	} levels[] = {
		{ "none", TLS_POLICY_NONE, "" },
		{ "may", TLS_POLICY_MAY, "" },
		{ "dane", TLS_POLICY_MAY, "" },
		{ "encrypt", TLS_POLICY_ENCRYPT, "" },
		{ "dane-only", TLS_POLICY_DANE_ONLY, "" },
		{ "verify", TLS_POLICY_VERIFY, "hostname" },
		{ "secure", TLS_POLICY_VERIFY, "nexthop:dot-nexthop" },
	};
	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
		if (!is_word(word, len, levels[i].name))
			continue;
		policy->level = levels[i].level;
		snprintf(policy->names, sizeof policy->names, "%s", levels[i].names);
		return true;
	}
	return false;
}

/* False: there is no room. */
static bool
add_name(struct tls_policy *policy, const char *before, const char *name, size_t len)
{
	size_t used = strlen(policy->names);
	int added = snprintf(
	    policy->names + used, sizeof policy->names - used, "%s%s%.*s", used > 0 ? " " : "", before, (int)len, name);
	return added > 0 && (size_t)added < sizeof policy->names - used;
}

static bool
is_name(const char *name, size_t len)
{
	return len > 1 && name[0] == '.' ? dns_name_is_valid(name + 1, len - 1) : dns_name_is_valid(name, len);
}

/* A list with colons between. */
static bool
read_names(struct tls_policy *policy, const char *list, size_t len, const char *domain)
{
	policy->names[0] = '\0';
	for (const char *end = list + len; list < end;) {
		const char *colon = memchr(list, ':', (size_t)(end - list));
		size_t name = (size_t)((colon != NULL ? colon : end) - list);
		bool added;
		if (is_word(list, name, "nexthop"))
			added = add_name(policy, "", domain, strlen(domain));
		else if (is_word(list, name, "dot-nexthop"))
			added = add_name(policy, ".", domain, strlen(domain));
		else
			added = is_name(list, name) && add_name(policy, "", list, name);
		if (!added)
			return false;
		list += name + (colon != NULL);
	}
	return policy->names[0] != '\0';
}

/* The name in the handshake is always the server's, as MTA-STS has it. */
static bool
read_attribute(struct tls_policy *policy, const char *word, size_t len, const char *domain)
{
	if (strncmp(word, "match=", 6) == 0)
		return policy->level != TLS_POLICY_VERIFY || read_names(policy, word + 6, len - 6, domain);
	return strncmp(word, "servername=", 11) == 0 || strncmp(word, "protocols=", 10) == 0 ||
	    strncmp(word, "ciphers=", 8) == 0 || strncmp(word, "exclude=", 8) == 0 ||
	    strncmp(word, "connection_reuse=", 17) == 0 || strncmp(word, "policy_", 7) == 0 ||
	    strncmp(word, "mx_host_", 8) == 0;
}

bool
tls_policy_parse(struct tls_policy *policy, const char *text, const char *domain, char error[TLS_POLICY_ERROR_SIZE])
{
	char names[TLS_POLICY_NAMES_SIZE];
	text += strspn(text, BLANKS);
	size_t len = strcspn(text, BLANKS);
	if (!read_level(policy, text, len))
		return fail(error, "its policy has the level", text, len);
	memcpy(names, policy->names, sizeof names);
	if (policy->level == TLS_POLICY_VERIFY && !read_names(policy, names, strlen(names), domain))
		return fail(error, "its policy is for", domain, strlen(domain));
	for (text += len; *(text += strspn(text, BLANKS)) != '\0'; text += len) {
		len = strcspn(text, BLANKS);
		if (!read_attribute(policy, text, len, domain))
			return fail(error, "its policy has the attribute", text, len);
	}
	return true;
}

bool
tls_policy_names_valid(const char *names)
{
	size_t count = 0, len;
	if (strlen(names) >= TLS_POLICY_NAMES_SIZE)
		return false;
	for (names += strspn(names, BLANKS); *names != '\0'; names += len, names += strspn(names, BLANKS)) {
		len = strcspn(names, BLANKS);
		if (!is_name(names, len))
			return false;
		count++;
	}
	return count > 0;
}
