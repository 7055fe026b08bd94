/* Reads messages of the DNS piece by piece. */
#include "peer/dns_message.h"

#include <string.h>

#include "base/text/ascii.h"

bool
dns_skip(struct dns_reader *reader, size_t len)
{
	if (len > reader->len - reader->at)
		reader->failed = true;
	if (reader->failed)
		return false;
	reader->at += len;
	return true;
}

bool
dns_read_octets(struct dns_reader *reader, void *octets, size_t len)
{
	const unsigned char *from = reader->message + reader->at;
	if (!dns_skip(reader, len))
		return false;
	memcpy(octets, from, len);
	return true;
}

uint32_t
dns_read_number(struct dns_reader *reader, size_t octets)
{
	const unsigned char *from = reader->message + reader->at;
	uint32_t number = 0;
	if (!dns_skip(reader, octets))
		return 0;
	for (size_t i = 0; i < octets; i++)
		number = number << 8 | from[i];
	return number;
}

bool
dns_read_header(struct dns_reader *reader, struct dns_header *header)
{
	dns_skip(reader, 2);
	unsigned flags = dns_read_number(reader, 2);
	header->is_answer = (flags & 0xF800) == 0x8000; /* to a standard query */
	header->is_cut = flags & 0x0200;
	header->is_secure = flags & 0x0020;
	header->code = flags & 0x000F;
	header->questions = dns_read_number(reader, 2);
	header->answers = dns_read_number(reader, 2);
	header->authorities = dns_read_number(reader, 2);
	return dns_skip(reader, 2);
}

/* A label with its length, in lower case. */
static bool
read_label(struct dns_reader *reader, struct dns_name *name, size_t len)
{
	unsigned char *label = name->octets + name->len;
	if (len > DNS_WIRE_NAME_MAX - name->len || !dns_read_octets(reader, label, len))
		return false;
	for (size_t i = 1; i < len; i++)
		label[i] = (unsigned char)ascii_lower((char)label[i]);
	name->len += len;
	return true;
}

/* A pointer must lead before all that was read of the name, so that following it ends. */
static bool
follow(struct dns_reader *reader, size_t *start)
{
	size_t to = dns_read_number(reader, 2) & 0x3FFF;
	if (reader->failed || to >= *start)
		return false;
	*start = reader->at = to;
	return true;
}

/* RFC 1035 section 4.1.4. */
static bool
read_labels(struct dns_reader *reader, struct dns_name *name)
{
	size_t start = reader->at, end = 0;
	name->len = 0;
	for (bool root = false; !root;) {
		if (reader->at >= reader->len)
			return false;
		unsigned octet = reader->message[reader->at];
		root = octet == 0;
		if (octet >= 0xC0 && end == 0)
			end = reader->at + 2;
		if (octet >= 0xC0 ? !follow(reader, &start)
		                  : octet > DNS_LABEL_MAX || !read_label(reader, name, octet + 1))
			return false;
	}
	if (end != 0)
		reader->at = end;
	return true;
}

bool
dns_read_name(struct dns_reader *reader, struct dns_name *name)
{
	if (reader->failed || !read_labels(reader, name))
		reader->failed = true;
	return !reader->failed;
}

bool
dns_read_record(struct dns_reader *reader, struct dns_record *record)
{
	if (!dns_read_name(reader, &record->owner))
		return false;
	record->type = dns_read_number(reader, 2);
	record->class = dns_read_number(reader, 2);
	record->ttl = dns_read_number(reader, 4);
	if (record->ttl > INT32_MAX)
		record->ttl = 0;
	size_t len = dns_read_number(reader, 2);
	record->data = *reader;
	if (!dns_skip(reader, len))
		return false;
	record->data.len = reader->at;
	return true;
}

bool
dns_name_is_root(const struct dns_name *name)
{
	return name->len == 1;
}

bool
dns_name_is_same(const struct dns_name *name, const struct dns_name *other)
{
	return name->len == other->len && memcmp(name->octets, other->octets, name->len) == 0;
}

/* A dot within a label would be taken for one between labels. */
bool
dns_name_write(char text[DNS_NAME_SIZE], const struct dns_name *name)
{
	size_t len = 0;
	for (size_t at = 0; at < name->len && name->octets[at] != 0; at += 1U + name->octets[at]) {
		size_t label = name->octets[at];
		if (len + label + 1 > DNS_NAME_SIZE || memchr(name->octets + at + 1, '.', label) != NULL)
			return false;
		memcpy(text + len, name->octets + at + 1, label);
		len += label + 1;
		text[len - 1] = '.';
	}
	if (len == 0)
		return false;
	text[len - 1] = '\0';
	return dns_name_is_valid(text, len - 1);
}
