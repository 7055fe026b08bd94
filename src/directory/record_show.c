/* The values of records as people read them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/address/idna.h"
#include "base/text/ascii.h"
#include "directory/accounts_internal.h"

enum { TIME_SIZE = 32 };

void
record_show_address(char text[ADDRESS_TEXT_SIZE], const char *stored)
{
	char local[ADDRESS_LOCAL_MAX + 1], shown[ADDRESS_DOMAIN_MAX + 1];
	const char *at = strrchr(stored, '@');
	size_t len = at == NULL ? strlen(stored) : (size_t)(at - stored);
	snprintf(local, sizeof local, "%.*s", (int)len, stored);
	idna_to_unicode(shown, sizeof shown, at == NULL ? "" : at + 1);
	address_write(text, local, shown);
}

static char *
show_address(const char *stored)
{
	char text[ADDRESS_TEXT_SIZE];
	record_show_address(text, stored);
	return strdup(text);
}

/* One a line. */
static char *
show_addresses(const char *stored)
{
	char line[ADDRESS_TEXT_SIZE], shown[ADDRESS_TEXT_SIZE], *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	if (to == NULL)
		return NULL;
	for (const char *at = stored, *end; *at != '\0'; at = *end == '\0' ? end : end + 1) {
		end = strchrnul(at, '\n');
		snprintf(line, sizeof line, "%.*s", (int)(end - at), at);
		record_show_address(shown, line);
		fprintf(to, "%s%s", at == stored ? "" : "\n", shown);
	}
	if (fclose(to) == 0)
		return text;
	free(text);
	return NULL;
}

static char *
show_domain(const char *stored)
{
	char text[ADDRESS_TEXT_SIZE];
	address_show(text, stored);
	return strdup(text);
}

/* Reads the octets of an address in hexadecimal digits, a slash, and how many bits count. */
static bool
read_network(struct network *network, const char *text)
{
	const char *slash = text + 2 * NETWORK_OCTETS;
	char *end;
	if (strspn(text, "0123456789ABCDEFabcdef") != 2 * NETWORK_OCTETS)
		return false;
	for (size_t i = 0; i < NETWORK_OCTETS; i++)
		network->octets[i] = (unsigned char)strtoul(
		    (const char[]) { text[2 * i], text[2 * i + 1], '\0' }, NULL, 16);
	if (*slash != '/' || !ascii_is_digit(slash[1]))
		return false;
	unsigned long bits = strtoul(slash + 1, &end, 10);
	network->bits = (unsigned)bits;
	return *end == '\0' && bits <= NETWORK_BITS;
}

/* A sender's address has an @, and a domain has no slash. What is damaged is shown as it is. */
static char *
show_access(const char *stored)
{
	struct network network;
	char text[NETWORK_TEXT_SIZE];
	if (*stored != '/' || strchr(stored, '@') != NULL)
		return show_domain(stored);
	if (!read_network(&network, stored + 1))
		return strdup(stored);
	network_write(text, &network);
	return strdup(text);
}

/* Returns false if the time has no such form. */
static bool
write_time(char text[TIME_SIZE], int64_t seconds)
{
	struct tm tm;
	time_t time = (time_t)seconds;
	return gmtime_r(&time, &tm) != NULL && strftime(text, TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) > 0;
}

static char *
show_time(const char *stored)
{
	char text[TIME_SIZE];
	return write_time(text, strtoll(stored, NULL, 10)) ? strdup(text) : strdup("");
}

char *
record_show_value(enum field_form form, const char *value)
{
	switch (form) {
	case FORM_ADDRESS: return show_address(value);
	case FORM_ADDRESSES: return show_addresses(value);
	case FORM_DOMAIN: return show_domain(value);
	case FORM_ACCESS: return show_access(value);
	case FORM_TIME: return show_time(value);
	case FORM_TEXT: break;
	}
	return strdup(value);
}

int64_t
record_parse_time(const char *text)
{
	static const char form[] = "dddd-dd-ddTdd:dd:ddZ";
	struct tm tm = { 0 };
	char again[TIME_SIZE];
	if (strlen(text) != sizeof form - 1)
		return -1;
	for (size_t i = 0; form[i] != '\0'; i++)
		if (form[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
			return -1;
	if (strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm) == NULL)
		return -1;
	int64_t seconds = timegm(&tm);
	return write_time(again, seconds) && strcmp(again, text) == 0 ? seconds : -1;
}
