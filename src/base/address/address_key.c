/* The local parts of addresses as they are compared. */
#include "base/address/address_key.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <uninorm.h>
#include <unistr.h>

#include "base/text/ascii.h"

/* libunistring folds and normalises valid UTF-8 only. */
static bool
is_utf8(const char *text, size_t len)
{
	return u8_check((const uint8_t *)text, len) == NULL;
}

/* Copies a result of libunistring, and frees it; "" if it is too long. NULL is an error whose errno is kept. */
static bool
keep(char local[ADDRESS_LOCAL_MAX + 1], uint8_t *text, size_t len)
{
	if (text == NULL)
		return false;
	bool fit = len <= ADDRESS_LOCAL_MAX;
	if (fit)
		memcpy(local, text, len);
	local[fit ? len : 0] = '\0';
	free(text);
	errno = ENAMETOOLONG;
	return fit;
}

bool
address_key(char key[ADDRESS_LOCAL_MAX + 1], const char *local)
{
	size_t len = strnlen(local, ADDRESS_LOCAL_MAX + 1), folded = 0;
	key[0] = '\0';
	if (len > ADDRESS_LOCAL_MAX || !is_utf8(local, len))
		return true;
	if (ascii_is_all(local, len)) {
		for (size_t i = 0; i <= len; i++)
			key[i] = ascii_lower(local[i]);
		return true;
	}
	uint8_t *text = u8_casefold((const uint8_t *)local, len, NULL, UNINORM_NFC, NULL, &folded);
	return keep(key, text, folded) || errno != ENOMEM;
}

bool
address_normalise(char local[ADDRESS_LOCAL_MAX + 1])
{
	size_t len = 0;
	if (ascii_is_all(local, strlen(local)))
		return true;
	errno = EILSEQ;
	if (!is_utf8(local, strlen(local)))
		return false;
	uint8_t *text = u8_normalize(UNINORM_NFC, (const uint8_t *)local, strlen(local), NULL, &len);
	return keep(local, text, len);
}

bool
address_split(struct address *address, const char *name)
{
	const char *at = strrchr(name, '@');
	size_t len = at == NULL ? strlen(name) : (size_t)(at - name);
	*address = (struct address) { 0 };
	errno = EINVAL;
	if (len == 0 || len > ADDRESS_LOCAL_MAX || (at != NULL && strlen(at + 1) > ADDRESS_DOMAIN_MAX))
		return false;
	memcpy(address->local, name, len);
	if (at == NULL || address_parse_domain(address->domain, at + 1, strlen(at + 1)))
		return true;
	if (errno == ENOMEM)
		return false;
	for (size_t i = 0; at[1 + i] != '\0'; i++)
		address->domain[i] = ascii_lower(at[1 + i]);
	return address->domain[0] != '\0';
}

bool
address_same(const char *one, const char *other)
{
	struct address a, b;
	char key_a[ADDRESS_LOCAL_MAX + 1], key_b[ADDRESS_LOCAL_MAX + 1];
	if (strcmp(one, other) == 0)
		return true;
	if (!address_split(&a, one) || !address_split(&b, other) || strcmp(a.domain, b.domain) != 0)
		return false;
	return address_key(key_a, a.local) && address_key(key_b, b.local) && key_a[0] != '\0' &&
	    strcmp(key_a, key_b) == 0;
}
