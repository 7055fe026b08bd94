/* DNS blocklists: which are asked, as a configuration names them. */
#include "config/blocklist_settings.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/address/dns_name.h"
#include "base/text/ascii.h"
#include "base/text/translate.h"

enum { ITEM_SIZE = 512 };

/* Parses a text that is a number of at most most. */
static bool
read_number(const char *text, unsigned most, unsigned *number)
{
	*number = 0;
	for (const char *at = text; *at != '\0'; at++) {
		if (!ascii_is_digit(*at) || *number > most)
			return false;
		*number = 10 * *number + (unsigned)(*at - '0');
	}
	return *text != '\0' && *number <= most;
}

/* Parses "127.0.0.4" or "127.0.0.4-8". Writes into the text. */
static bool
read_codes(struct blocklist_codes *codes, char *text)
{
	struct network address;
	char *dash = strchr(text, '-');
	unsigned last;
	if (dash != NULL)
		*dash = '\0';
	if (!network_parse_address(&address, text) || !network_is_ipv4(&address))
		return false;
	codes->low = codes->high = network_ipv4_number(&address);
	if (dash != NULL) {
		if (!read_number(dash + 1, 255, &last))
			return false;
		codes->high = (codes->low & 0xFFFFFF00) | last;
	}
	return codes->low >= BLOCKLIST_CODES_LOW && codes->low <= codes->high && codes->high < BLOCKLIST_ERRORS_LOW;
}

static bool
read_all_codes(struct blocklist *list, char *text)
{
	for (char *next; text != NULL; text = next) {
		next = strchr(text, ',');
		if (next != NULL)
			*next++ = '\0';
		if (list->count == BLOCKLIST_CODES_MAX || !read_codes(&list->codes[list->count++], text))
			return false;
	}
	return true;
}

static bool
read_weight(struct blocklist *list, const char *text)
{
	bool negative = *text == '-';
	unsigned weight;
	if (!read_number(text + negative, BLOCKLIST_WEIGHT_MAX, &weight) || weight == 0)
		return false;
	list->weight = negative ? -(int)weight : (int)weight;
	return true;
}

enum fault { FAULT_NONE, FAULT_NUMBER, FAULT_LENGTH, FAULT_ZONE, FAULT_CODES, FAULT_WEIGHT };

static void
write_fault(char error[SECTION_ERROR_SIZE], enum fault fault, const char *item, size_t item_len)
{
	int len = (int)(item_len < 60 ? item_len : 60);
	switch (fault) {
	case FAULT_NUMBER:
		snprintf(error, SECTION_ERROR_SIZE, _("'%.*s' is one list too many; name 16 at most"), len, item);
		break;
	case FAULT_LENGTH: snprintf(error, SECTION_ERROR_SIZE, _("'%.*s' is too long"), len, item); break;
	case FAULT_ZONE:
		snprintf(error, SECTION_ERROR_SIZE,
		    _("'%.*s' names no zone; write its name in the DNS, as list.example.org"), len, item);
		break;
	case FAULT_CODES:
		snprintf(error, SECTION_ERROR_SIZE,
		    _("'%.*s' has codes that are not valid; write up to 8, as 127.0.0.2,127.0.0.4-8"), len, item);
		break;
	case FAULT_WEIGHT:
		snprintf(error, SECTION_ERROR_SIZE,
		    _("'%.*s' has a weight that is not valid; write a number from 1 to 100, or from -1 to -100 for a list "
		      "of trusted clients"),
		    len, item);
		break;
	case FAULT_NONE: break;
	}
}

/* Parses one list. Writes into the text. */
static enum fault
read_list(struct blocklist *list, char *text)
{
	char *weight = strchr(text, '*'), *codes = strchr(text, '=');
	*list = (struct blocklist) { .weight = 1 };
	if (weight != NULL)
		*weight++ = '\0';
	if (codes != NULL)
		*codes++ = '\0';
	if (strlen(text) > BLOCKLIST_ZONE_MAX || !dns_name_is_valid(text, strlen(text)))
		return FAULT_ZONE;
	memcpy(list->zone, text, strlen(text) + 1);
	if (codes != NULL && !read_all_codes(list, codes))
		return FAULT_CODES;
	if (weight != NULL && !read_weight(list, weight))
		return FAULT_WEIGHT;
	return FAULT_NONE;
}

int
blocklists_read(struct blocklists *lists, const char *text, char error[SECTION_ERROR_SIZE])
{
	char item[ITEM_SIZE];
	lists->count = 0;
	for (const char *at = text + strspn(text, " "); *at != '\0'; at += strspn(at, " ")) {
		size_t len = strcspn(at, " ");
		enum fault fault;
		snprintf(item, sizeof item, "%.*s", (int)len, at);
		if (lists->count == BLOCKLISTS_MAX)
			fault = FAULT_NUMBER;
		else
			fault = len >= sizeof item ? FAULT_LENGTH : read_list(&lists->list[lists->count++], item);
		if (fault != FAULT_NONE) {
			write_fault(error, fault, at, len);
			return -1;
		}
		at += len;
	}
	return 0;
}

int
blocklists_check(const char *text, char error[SECTION_ERROR_SIZE])
{
	struct blocklists lists;
	return blocklists_read(&lists, text, error);
}
