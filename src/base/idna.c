/* Internationalized domain names in their ASCII form. */
#include "base/idna.h"

#include <idn2.h>
#include <string.h>

static bool
is_ascii(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text > 0x7F)
			return false;
	return true;
}

static bool
copy(char name[DNS_NAME_SIZE], const char *text)
{
	size_t len = strlen(text);
	if (!dns_name_is_valid(text, len))
		return false;
	memcpy(name, text, len + 1);
	return true;
}

bool
idna_to_ascii(char name[DNS_NAME_SIZE], const char *domain)
{
	char *ascii = NULL;
	if (is_ascii(domain))
		return copy(name, domain);
	if (idn2_to_ascii_8z(domain, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
		return false;
	bool good = copy(name, ascii);
	idn2_free(ascii);
	return good;
}
