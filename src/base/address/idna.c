/* Internationalized domain names: the A-label form, which is compared, and the U-label form. */
#include "base/address/idna.h"

#include <errno.h>
#include <idn2.h>
#include <stdio.h>
#include <string.h>

#include "base/text/ascii.h"

static const char prefix[] = "xn--";

static bool
has_a_label(const char *domain)
{
	for (const char *label = domain;; label++) {
		if (strnlen(label, sizeof prefix - 1) == sizeof prefix - 1 &&
		    ascii_equal(label, prefix, sizeof prefix - 1))
			return true;
		label = strchr(label, '.');
		if (label == NULL)
			return false;
	}
}

bool
idna_is_needed(const char *domain)
{
	return !ascii_is_all(domain, strlen(domain)) || has_a_label(domain);
}

static bool
fail(int error)
{
	errno = error;
	return false;
}

static bool
copy_lower(char name[DNS_NAME_SIZE], const char *text)
{
	size_t len = strlen(text);
	if (!dns_name_is_valid(text, len))
		return fail(len > DNS_NAME_MAX ? ENAMETOOLONG : EINVAL);
	for (size_t i = 0; i <= len; i++)
		name[i] = ascii_lower(text[i]);
	return true;
}

static int
errno_of(int result)
{
	switch (result) {
	case IDN2_MALLOC: return ENOMEM;
	case IDN2_TOO_BIG_DOMAIN:
	case IDN2_TOO_BIG_LABEL: return ENAMETOOLONG;
	default: return EINVAL;
	}
}

/*
 * A label "xn--" must decode and encode to itself. Characters that IDNA 2008 does not allow, or that are newer than the
 * tables of the library, make it no U-label, but names with such labels exist in the DNS and have one spelling.
 */
static bool
check_a_labels(const char *name)
{
	char *ascii = NULL;
	int result = idn2_to_ascii_8z(name, &ascii, IDN2_NFC_INPUT);
	idn2_free(ascii);
	if (result == IDN2_OK || result == IDN2_DISALLOWED || result == IDN2_UNASSIGNED)
		return true;
	return fail(errno_of(result));
}

bool
idna_to_ascii(char name[DNS_NAME_SIZE], const char *domain)
{
	char *ascii = NULL;
	if (ascii_is_all(domain, strlen(domain)))
		return copy_lower(name, domain) && (!has_a_label(name) || check_a_labels(name));
	int result = idn2_to_ascii_8z(domain, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	if (result != IDN2_OK)
		return fail(errno_of(result));
	bool good = copy_lower(name, ascii) && (strchr(name, '_') == NULL || fail(EINVAL));
	idn2_free(ascii);
	return good && (!has_a_label(name) || check_a_labels(name));
}

void
idna_to_unicode(char *text, size_t size, const char *domain)
{
	char *unicode = NULL, name[DNS_NAME_SIZE];
	bool shown = has_a_label(domain) && idn2_to_unicode_8z8z(domain, &unicode, 0) == IDN2_OK &&
	    strlen(unicode) < size && strlen(unicode) <= DNS_NAME_MAX && idna_to_ascii(name, unicode) &&
	    strcmp(name, domain) == 0;
	snprintf(text, size, "%s", shown ? unicode : domain);
	idn2_free(unicode);
}
