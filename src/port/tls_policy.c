/* Reads policies of TLS in the form of Postfix's smtp_tls_policy_maps. */
#include "port/tls_policy.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/address/dns_name.h"

#define BLANKS     " \t"
#define SEPARATORS ", \t\r\n" /* between attributes, as Postfix has them */

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
		if (len != strlen(levels[i].name) || strncasecmp(word, levels[i].name, len) != 0)
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

/*
 * Attributes that do not say whom to trust. The name in the handshake is always the server's, as MTA-STS has it; those of
 * the last two kinds are for reports (RFC 8460).
 */
static bool
is_skipped(const char *name, size_t len)
{
	static const char *const names[] = { "servername", "protocols", "ciphers", "exclude", "connection_reuse",
		"enable_rpk" };
	static const char *const beginnings[] = { "policy_", "mx_host_" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (len == strlen(names[i]) && strncasecmp(name, names[i], len) == 0)
			return true;
	for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
		if (len > strlen(beginnings[i]) && strncasecmp(name, beginnings[i], strlen(beginnings[i])) == 0)
			return true;
	return false;
}

/* Removes blanks on both sides. */
static void
trim(const char **text, size_t *len)
{
	for (; *len > 0 && strchr(BLANKS, **text) != NULL; (*len)--)
		(*text)++;
	while (*len > 0 && strchr(BLANKS, (*text)[*len - 1]) != NULL)
		(*len)--;
}

/* "name=value", or "{ name = value }", whose value may hold separators. */
static bool
read_attribute(struct tls_policy *policy, const char *text, size_t len, const char *domain)
{
	bool braced = len > 1 && text[0] == '{' && text[len - 1] == '}';
	const char *name = braced ? text + 1 : text, *end = braced ? text + len - 1 : text + len;
	const char *equals = memchr(name, '=', (size_t)(end - name));
	if (equals == NULL)
		return false;
	const char *value = equals + 1;
	size_t name_len = (size_t)(equals - name), value_len = (size_t)(end - value);
	if (braced) {
		trim(&name, &name_len);
		trim(&value, &value_len);
	}
	if (name_len != 5 || strncasecmp(name, "match", 5) != 0)
		return is_skipped(name, name_len);
	return policy->level != TLS_POLICY_VERIFY || read_names(policy, value, value_len, domain);
}

/* Octets of the attribute that a text begins with: up to a separator, or to the brace that ends a group. */
static size_t
attribute_len(const char *text)
{
	size_t len = 0;
	unsigned depth = 0;
	for (; text[len] != '\0' && (depth > 0 || strchr(SEPARATORS, text[len]) == NULL); len++) {
		if (text[len] == '{')
			depth++;
		else if (text[len] == '}' && depth > 0)
			depth--;
	}
	return len;
}

bool
tls_policy_parse(struct tls_policy *policy, const char *text, const char *domain, char error[TLS_POLICY_ERROR_SIZE])
{
	char names[TLS_POLICY_NAMES_SIZE];
	text += strspn(text, SEPARATORS);
	size_t len = strcspn(text, SEPARATORS);
	if (!read_level(policy, text, len))
		return fail(error, "its policy has the level", text, len);
	memcpy(names, policy->names, sizeof names);
	if (policy->level == TLS_POLICY_VERIFY && !read_names(policy, names, strlen(names), domain))
		return fail(error, "its policy is for", domain, strlen(domain));
	for (text += len; *(text += strspn(text, SEPARATORS)) != '\0'; text += len) {
		len = attribute_len(text);
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
