/* Reads messages of the DNS (RFC 1035 section 4) piece by piece, whatever they hold. */
#ifndef PEER_DNS_MESSAGE_H
#define PEER_DNS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port/resolver.h"

enum { DNS_CLASS_IN = 1, DNS_NO_ERROR = 0, DNS_NO_NAME = 3, DNS_WIRE_NAME_MAX = 255 };

/* A position in a message. After a failure it reads zeros only. */
struct dns_reader {
	const unsigned char *message;
	size_t at;
	size_t len; /* where reading ends; names may point back before the position */
	bool failed;
};

/* A name without compression, in lower case: labels with their lengths, and the root's. */
struct dns_name {
	unsigned char octets[DNS_WIRE_NAME_MAX];
	size_t len;
};

struct dns_header {
	bool is_answer;
	bool is_cut;    /* there was more than it had room for */
	bool is_secure; /* the bit AD: the name server has verified it by DNSSEC */
	unsigned code;
	unsigned questions, answers, authorities;
};

struct dns_record {
	struct dns_name owner;
	unsigned type, class;
	uint32_t ttl; /* seconds; as RFC 2181 section 8 has it */
	struct dns_reader data;
};

/* Each returns false if the message ends too early or is malformed, and so does every later call. */
bool dns_read_header(struct dns_reader *reader, struct dns_header *header);
bool dns_read_name(struct dns_reader *reader, struct dns_name *name);
bool dns_read_record(struct dns_reader *reader, struct dns_record *record);

/* Reads len octets, or skips them. Returns false if the message ends before. */
bool dns_read_octets(struct dns_reader *reader, void *octets, size_t len);
bool dns_skip(struct dns_reader *reader, size_t len);

/* Reads a number of 1 to 4 octets; 0 after a failure. */
uint32_t dns_read_number(struct dns_reader *reader, size_t octets);

/* Is it the root? Are they the same name? */
bool dns_name_is_root(const struct dns_name *name);
bool dns_name_is_same(const struct dns_name *name, const struct dns_name *other);

/* Writes a name as text. Returns false if dns_name_is_valid() rejects it. */
bool dns_name_write(char text[DNS_NAME_SIZE], const struct dns_name *name);

#endif
