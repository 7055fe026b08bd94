/* Mail addresses and paths (RFC 5321 sections 4.1.2 and 4.1.3), with UTF-8 (RFC 6531 section 3.3). */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

enum {
	ADDRESS_LOCAL_MAX = 64,   /* octets, RFC 5321 4.5.3.1.1 */
	ADDRESS_DOMAIN_MAX = 255, /* octets, 4.5.3.1.2 */
	ADDRESS_MAX = ADDRESS_LOCAL_MAX + 1 + ADDRESS_DOMAIN_MAX,
	ADDRESS_TEXT_SIZE = ADDRESS_MAX + 2 + ADDRESS_LOCAL_MAX + 1, /* quoted, every octet of the local part escaped */
};

/*
 * A parsed mailbox. local is the local part's meaning: unquoted, quoted pairs resolved, case kept; address_key() compares
 * it. domain is in its A-label form (base/address/idna.h) and in lower case, so that strcmp() compares it; "" for a bare local part
 * such as postmaster; an address literal keeps its brackets. Unless the address was parsed (ADDRESS_OK), domain may be as
 * it was written.
 */
struct address {
	char local[ADDRESS_LOCAL_MAX + 1];
	char domain[ADDRESS_DOMAIN_MAX + 1];
	size_t at;   /* offset of the mailbox in the text that was parsed, behind the bracket and any source route */
	size_t len;  /* octets of it there, as they were written */
	bool null;   /* the null reverse-path <> */
	bool routed; /* a source route stood before it; it has been ignored (RFC 5321 appendix C) */
	bool utf8;   /* the text held octets above 0x7F */
};

enum address_error {
	ADDRESS_OK,
	ADDRESS_SYNTAX,     /* no path by the grammar */
	ADDRESS_TOO_LONG,   /* grammatical, but a part is over its limit */
	ADDRESS_NEEDS_UTF8, /* holds UTF-8 and utf8 is not allowed */
	ADDRESS_DOMAIN,     /* the domain has no A-label form, or a label "xn--" that does not decode (RFC 5890) */
	ADDRESS_NO_MEMORY,  /* memory was out: the address may be valid */
};

/*
 * Parses a path "<...>" at the start of text. *used is set to its octets; 0 for ADDRESS_SYNTAX. allow_bare accepts a local
 * part without a domain (RCPT TO:<postmaster>). The null path is an ADDRESS_SYNTAX unless allow_null.
 */
enum address_error address_parse_path(
    struct address *address, const char *text, size_t len, size_t *used, bool allow_null, bool allow_bare, bool utf8);

/* Parses a whole text as a mailbox, which has no brackets. allow_bare accepts a local part without a domain. */
enum address_error address_parse(struct address *address, const char *text, size_t len, bool allow_bare, bool utf8);

/* Writes a mailbox, or a domain alone, as people read it: with U-labels, if its domain has them (base/address/idna.h). */
void address_show(char text[ADDRESS_TEXT_SIZE], const char *mailbox);

/*
 * Parses a whole text as a domain, with U-labels or not, and writes its A-label form in lower case. An address literal is
 * none. Returns false and sets errno: EINVAL, or ENOMEM if memory is out.
 */
bool address_parse_domain(char name[ADDRESS_DOMAIN_MAX + 1], const char *text, size_t len);

/* Writes a mailbox, its local part in quotes if needed; without "@" if domain is "". */
void address_write(char text[ADDRESS_TEXT_SIZE], const char *local, const char *domain);

/* Is the text a domain (LDH labels or, if utf8, U-labels) or an address literal ([192.0.2.1], [IPv6:...])? */
bool address_domain_valid(const char *text, size_t len, bool utf8);

#endif
