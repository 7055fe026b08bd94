/* Parses mail addresses and paths. */
#include "base/address/address.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/address/idna.h"
#include "base/address/ip.h"
#include "base/text/ascii.h"
#include "base/text/utf8.h"

enum { LABEL_MAX = 63 }; /* octets of an ASCII label, RFC 1035 2.3.4 */

/* The octets not parsed yet, and the properties found so far. */
struct cursor {
	const char *at;
	const char *end;
	bool non_ascii;
	bool too_long;
};

/* A part of an address as it is put together; octets beyond its limit are dropped and make the address too long. */
struct part {
	char *text;
	size_t len;
	size_t max;
};

static bool
next_is(const struct cursor *c, char wanted)
{
	return c->at < c->end && *c->at == wanted;
}

static bool
consume(struct cursor *c, char wanted)
{
	if (!next_is(c, wanted))
		return false;
	c->at++;
	return true;
}

static void
put(struct cursor *c, struct part *part, const char *text, size_t len)
{
	if (len > part->max - part->len) {
		c->too_long = true;
		return;
	}
	memcpy(part->text + part->len, text, len);
	part->len += len;
	part->text[part->len] = '\0';
}

static bool
is_atext(char c)
{
	return ascii_is_alnum(c) || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static bool
is_qtext(char c)
{
	return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

static bool
is_ldh(char c)
{
	return ascii_is_alnum(c) || c == '-';
}

/*
 * Octets of the next character if the class has it, or if it is UTF-8 beyond ASCII (UTF8-non-ascii of RFC 6531 3.3);
 * 0 otherwise. The C1 controls, U+0080 to U+009F, are let through nowhere.
 */
static size_t
next_char(struct cursor *c, bool (*in_class)(char))
{
	if (c->at == c->end)
		return 0;
	if ((unsigned char)*c->at < 0x80)
		return in_class(*c->at) ? 1 : 0;
	size_t n = utf8_length(c->at, (size_t)(c->end - c->at));
	if (n == 2 && (unsigned char)c->at[0] == 0xC2 && (unsigned char)c->at[1] < 0xA0)
		return 0;
	c->non_ascii = true;
	return n;
}

/* One or more characters of a class. */
static inline bool
run(struct cursor *c, struct part *part, bool (*in_class)(char))
{
	const char *start = c->at;

	for (size_t n; (n = next_char(c, in_class)) != 0;)
		c->at += n;
	put(c, part, start, (size_t)(c->at - start));
	return c->at > start;
}

/* Dot-string = Atom *("." Atom) */
static bool
dot_string(struct cursor *c, struct part *local)
{
	while (run(c, local, is_atext)) {
		if (!consume(c, '.'))
			return true;
		put(c, local, ".", 1);
	}
	return false;
}

/* The text after the opening quote of a Quoted-string, and its closing quote. */
static bool
quoted_string(struct cursor *c, struct part *local)
{
	while (!consume(c, '"')) {
		if (consume(c, '\\')) {
			if (c->at == c->end || *c->at < ' ' || *c->at > '~')
				return false;
			put(c, local, c->at++, 1);
		} else if (!run(c, local, is_qtext)) {
			return false;
		}
	}
	return true;
}

static bool
local_part(struct cursor *c, struct part *local)
{
	return consume(c, '"') ? quoted_string(c, local) : dot_string(c, local);
}

/* A label of a domain; one with UTF-8 in it is a U-label, which may be longer than the A-label that it stands for. */
static bool
label(struct cursor *c, struct part *domain)
{
	const char *start = c->at;
	bool before = c->non_ascii;

	c->non_ascii = false;
	if (!run(c, domain, is_ldh) || *start == '-' || c->at[-1] == '-')
		return false;
	if (!c->non_ascii && c->at - start > LABEL_MAX)
		return false;
	c->non_ascii |= before;
	return true;
}

static bool
literal_is_valid(const char *text, size_t len)
{
	static const char tag[] = "IPv6:";
	const size_t tag_len = sizeof tag - 1;

	if (len > tag_len && ascii_equal(text, tag, tag_len))
		return ip_is_v6(text + tag_len, len - tag_len);
	return ip_is_v4(text, len);
}

/* An address literal behind its opening bracket. General literals have no registered tag but IPv6. */
static bool
literal(struct cursor *c, struct part *domain)
{
	const char *close = memchr(c->at, ']', (size_t)(c->end - c->at));

	if (close == NULL || !literal_is_valid(c->at, (size_t)(close - c->at)))
		return false;
	put(c, domain, c->at - 1, (size_t)(close - c->at) + 2);
	c->at = close + 1;
	return true;
}

/* Domain, or address-literal. */
static bool
domain_part(struct cursor *c, struct part *domain)
{
	if (consume(c, '['))
		return literal(c, domain);
	while (label(c, domain)) {
		if (!consume(c, '.'))
			return true;
		put(c, domain, ".", 1);
	}
	return false;
}

/* A-d-l ":", the source route: parsed and forgotten. */
static bool
source_route(struct cursor *c)
{
	bool too_long = c->too_long;

	do {
		char ignored[ADDRESS_DOMAIN_MAX + 1];
		struct part domain = { .text = ignored, .max = ADDRESS_DOMAIN_MAX };
		if (!consume(c, '@') || !domain_part(c, &domain))
			return false;
	} while (consume(c, ','));
	c->too_long = too_long;
	return consume(c, ':');
}

static bool
mailbox(struct cursor *c, struct address *address, bool allow_bare)
{
	struct part local = { .text = address->local, .max = ADDRESS_LOCAL_MAX };
	struct part domain = { .text = address->domain, .max = ADDRESS_DOMAIN_MAX };

	if (!local_part(c, &local))
		return false;
	if (!consume(c, '@'))
		return allow_bare && local.len > 0;
	if (!domain_part(c, &domain))
		return false;
	for (char *p = address->domain; *p != '\0'; p++)
		*p = ascii_lower(*p);
	return true;
}

static bool
path(struct cursor *c, struct address *address, bool allow_null, bool allow_bare)
{
	const char *start = c->at;

	if (!consume(c, '<'))
		return false;
	address->null = next_is(c, '>');
	address->routed = next_is(c, '@');
	if (address->null && !allow_null)
		return false;
	if (address->routed && !source_route(c))
		return false;
	const char *at = c->at;
	if (!address->null && !mailbox(c, address, allow_bare && !address->routed))
		return false;
	address->at = (size_t)(at - start);
	address->len = (size_t)(c->at - at);
	return consume(c, '>');
}

/* Turns the domain into its A-label form, so that all spellings of a domain are one (RFC 5890 section 2.3.2.4). */
static enum address_error
fold_domain(struct address *address)
{
	char name[DNS_NAME_SIZE];

	if (address->domain[0] == '[' || !idna_is_needed(address->domain))
		return ADDRESS_OK;
	if (!idna_to_ascii(name, address->domain))
		return errno == ENOMEM ? ADDRESS_NO_MEMORY : errno == ENAMETOOLONG ? ADDRESS_TOO_LONG : ADDRESS_DOMAIN;
	memcpy(address->domain, name, strlen(name) + 1);
	return ADDRESS_OK;
}

/* What is left to check of an address that keeps to the grammar. */
static enum address_error
finish(const struct cursor *c, struct address *address, bool utf8)
{
	address->utf8 = c->non_ascii;
	if (c->too_long)
		return ADDRESS_TOO_LONG;
	return c->non_ascii && !utf8 ? ADDRESS_NEEDS_UTF8 : fold_domain(address);
}

enum address_error
address_parse_path(
    struct address *address, const char *text, size_t len, size_t *used, bool allow_null, bool allow_bare, bool utf8)
{
	struct cursor c = { .at = text, .end = text + len };

	*used = 0;
	*address = (struct address) { 0 };
	if (!path(&c, address, allow_null, allow_bare))
		return ADDRESS_SYNTAX;
	*used = (size_t)(c.at - text);
	return finish(&c, address, utf8);
}

enum address_error
address_parse(struct address *address, const char *text, size_t len, bool allow_bare, bool utf8)
{
	struct cursor c = { .at = text, .end = text + len };

	*address = (struct address) { 0 };
	if (!mailbox(&c, address, allow_bare) || c.at != c.end)
		return ADDRESS_SYNTAX;
	address->len = len;
	return finish(&c, address, utf8);
}

static bool
is_dot_string(const char *text)
{
	char ignored[ADDRESS_LOCAL_MAX + 1];
	struct part local = { .text = ignored, .max = ADDRESS_LOCAL_MAX };
	struct cursor c = { .at = text, .end = text + strlen(text) };

	return dot_string(&c, &local) && c.at == c.end;
}

void
address_write(char text[ADDRESS_TEXT_SIZE], const char *local, const char *domain)
{
	bool quoted = !is_dot_string(local);
	char *end = text;

	if (quoted)
		*end++ = '"';
	for (size_t i = 0; local[i] != '\0' && i < ADDRESS_LOCAL_MAX; i++) {
		if (quoted && (local[i] == '"' || local[i] == '\\'))
			*end++ = '\\';
		*end++ = local[i];
	}
	if (quoted)
		*end++ = '"';
	*end = '\0';
	if (*domain != '\0')
		snprintf(end, ADDRESS_TEXT_SIZE - (size_t)(end - text), "@%s", domain);
}

void
address_show(char text[ADDRESS_TEXT_SIZE], const char *mailbox)
{
	const char *at = strrchr(mailbox, '@');
	size_t before = at == NULL ? 0 : (size_t)(at + 1 - mailbox);

	if (before >= ADDRESS_TEXT_SIZE - ADDRESS_DOMAIN_MAX)
		before = 0; /* it is no mailbox */
	memcpy(text, mailbox, before);
	idna_to_unicode(text + before, ADDRESS_TEXT_SIZE - before, mailbox + before);
}

bool
address_parse_domain(char name[ADDRESS_DOMAIN_MAX + 1], const char *text, size_t len)
{
	struct address address = { .len = len };
	struct part domain = { .text = address.domain, .max = ADDRESS_DOMAIN_MAX };
	struct cursor c = { .at = text, .end = text + len };

	errno = EINVAL;
	if (!domain_part(&c, &domain) || c.at != c.end || address.domain[0] == '[')
		return false;
	enum address_error error = finish(&c, &address, true);
	for (size_t i = 0; i <= domain.len; i++)
		address.domain[i] = ascii_lower(address.domain[i]);
	memcpy(name, address.domain, sizeof address.domain);
	errno = error == ADDRESS_NO_MEMORY ? ENOMEM : EINVAL;
	return error == ADDRESS_OK;
}

bool
address_domain_valid(const char *text, size_t len, bool utf8)
{
	char ignored[ADDRESS_DOMAIN_MAX + 1];
	struct part domain = { .text = ignored, .max = ADDRESS_DOMAIN_MAX };
	struct cursor c = { .at = text, .end = text + len };

	return domain_part(&c, &domain) && c.at == c.end && !c.too_long && (utf8 || !c.non_ascii);
}
