/* Records of SPF (RFC 7208 section 4.5 and 12). */
#include "peer/sender/spf_record.h"

#include <string.h>

#include "base/text/ascii.h"

#define VERSION "v=spf1"

enum { ADDRESS_TEXT_MAX = NETWORK_TEXT_SIZE - 1 };

static const struct {
	const char *name;
	enum spf_kind kind;
	bool has_domain, needs_domain, has_prefixes;
} mechanisms[] = {
	{ "all", SPF_ALL, false, false, false },
	{ "include", SPF_INCLUDE, true, true, false },
	{ "a", SPF_A, true, false, true },
	{ "mx", SPF_MX, true, false, true },
	{ "ptr", SPF_PTR, true, false, false },
	{ "exists", SPF_EXISTS, true, true, false },
	{ "ip4", SPF_IP4, false, false, false },
	{ "ip6", SPF_IP6, false, false, false },
};
enum { MECHANISMS = sizeof mechanisms / sizeof *mechanisms };

bool
spf_is_record(const char *text, size_t len)
{
	size_t version = strlen(VERSION);
	return len >= version && ascii_equal(text, VERSION, version) && (len == version || text[version] == ' ');
}

bool
spf_needs_lookup(const struct spf_term *term)
{
	switch (term->kind) {
	case SPF_INCLUDE:
	case SPF_A:
	case SPF_MX:
	case SPF_PTR:
	case SPF_EXISTS:
	case SPF_REDIRECT: return true;
	default: return false;
	}
}

/* A number without leading zeros, in all the octets. */
static bool
read_bits(unsigned *bits, const char *text, size_t len, unsigned most)
{
	unsigned number = 0;
	if (len == 0 || len > 3 || (len > 1 && *text == '0'))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!ascii_is_digit((unsigned char)text[i]))
			return false;
		number = 10 * number + (unsigned)(text[i] - '0');
	}
	*bits = number;
	return number <= most;
}

/* "/24", "//64" or "/24//64" at the end of a and mx, which is cut off. */
static bool
read_prefixes(struct spf_term *term, const char *text, size_t *len)
{
	const char *slash = memchr(text, '/', *len);
	if (slash == NULL)
		return true;
	size_t left = *len - (size_t)(slash - text);
	*len = (size_t)(slash - text);
	if (left > 1 && slash[1] != '/') {
		const char *second = memchr(slash + 1, '/', left - 1);
		size_t first = second != NULL ? (size_t)(second - slash) : left;
		if (!read_bits(&term->bits_ipv4, slash + 1, first - 1, 32))
			return false;
		slash += first;
		left -= first;
	}
	return left == 0 ||
	    (left > 2 && slash[0] == '/' && slash[1] == '/' && read_bits(&term->bits_ipv6, slash + 2, left - 2, 128));
}

/* With macros it is known only for a certain message. A dot at the end is permitted (section 7.1). */
static bool
read_domain(struct spf_term *term, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	term->has_macro = memchr(text, '%', len) != NULL;
	if (term->has_macro)
		return true;
	if (len > 0 && text[len - 1] == '.')
		len--;
	if (!dns_name_is_valid(text, len))
		return false;
	memcpy(term->domain, text, len);
	term->domain[len] = '\0';
	return true;
}

static bool
read_network(struct spf_term *term, const char *text, size_t len)
{
	char copy[NETWORK_TEXT_SIZE + 4];
	const char *slash = memchr(text, '/', len);
	size_t address = slash != NULL ? (size_t)(slash - text) : len;
	unsigned bits, most = term->kind == SPF_IP4 ? 32 : 128;
	if (address > ADDRESS_TEXT_MAX || memchr(text, '%', address) != NULL || memchr(text, '\0', address) != NULL)
		return false;
	memcpy(copy, text, address);
	copy[address] = '\0';
	if (!network_parse_address(&term->network, copy) || network_is_ipv4(&term->network) != (term->kind == SPF_IP4))
		return false;
	if (slash == NULL)
		return true;
	if (!read_bits(&bits, slash + 1, len - address - 1, most))
		return false;
	network_widen(&term->network, term->kind == SPF_IP4 ? NETWORK_IPV4_BITS + bits : bits);
	return true;
}

static bool
read_mechanism(struct spf_term *term, const char *text, size_t len)
{
	size_t name = 0;
	while (name < len && (ascii_is_alnum((unsigned char)text[name]) || text[name] == '-'))
		name++;
	const char *rest = text + name;
	size_t left = len - name;
	for (size_t i = 0; i < MECHANISMS; i++) {
		if (strlen(mechanisms[i].name) != name || !ascii_equal(text, mechanisms[i].name, name))
			continue;
		term->kind = mechanisms[i].kind;
		if (term->kind == SPF_IP4 || term->kind == SPF_IP6)
			return left > 1 && *rest == ':' && read_network(term, rest + 1, left - 1);
		if (mechanisms[i].has_prefixes && !read_prefixes(term, rest, &left))
			return false;
		if (left == 0)
			return !mechanisms[i].needs_domain;
		return mechanisms[i].has_domain && *rest == ':' && read_domain(term, rest + 1, left - 1);
	}
	return false;
}

/* name=value. The name begins with a letter. */
static bool
is_modifier(const char *text, size_t len, size_t *name)
{
	for (*name = 0; *name < len &&
	     (ascii_is_alnum((unsigned char)text[*name]) || strchr("-_.", text[*name]) != NULL) && text[*name] != '\0';)
		++*name;
	return *name > 0 && *name < len && text[*name] == '=' && ascii_is_alpha((unsigned char)*text);
}

static bool
read_term(struct spf_term *term, const char *text, size_t len)
{
	size_t name;
	*term = (struct spf_term) { .kind = SPF_OTHER, .qualifier = '+', .bits_ipv4 = 32, .bits_ipv6 = 128 };
	if (is_modifier(text, len, &name)) {
		if (name != strlen("redirect") || !ascii_equal(text, "redirect", name))
			return true;
		term->kind = SPF_REDIRECT;
		return read_domain(term, text + name + 1, len - name - 1);
	}
	if (*text != '\0' && strchr("+-~?", *text) != NULL) {
		term->qualifier = *text++;
		len--;
	}
	return read_mechanism(term, text, len);
}

bool
spf_parse(struct spf_record *record, const char *text, size_t len, size_t *at, size_t *bad_len)
{
	record->count = 0;
	*at = 0;
	*bad_len = len;
	if (!spf_is_record(text, len))
		return false;
	*at = strlen(VERSION);
	while (*at < len) {
		if (text[*at] == ' ') {
			++*at;
			continue;
		}
		const char *end = memchr(text + *at, ' ', len - *at);
		*bad_len = end != NULL ? (size_t)(end - text) - *at : len - *at;
		if (record->count == SPF_TERMS_MAX || !read_term(&record->terms[record->count], text + *at, *bad_len))
			return false;
		record->count++;
		*at += *bad_len;
	}
	return true;
}
