/*
 * Fuzzes the reader of what name servers answer. The first octet of an input is the type that was asked for; the rest is
 * a message, or, where its highest bit is set, numbers of records and the records.
 */
#include "peer/dns_answer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "support/dns_packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
look_at_record(enum resolver_type type, const struct resolver_record *record)
{
	if (type == RESOLVER_A || type == RESOLVER_AAAA) {
		require(record->address.bits == NETWORK_BITS && record->text == NULL && record->len == 0);
		require(network_is_ipv4(&record->address) == (type == RESOLVER_A));
		return;
	}
	require(record->text[record->len] == '\0');
	if (type == RESOLVER_TLSA) {
		require(record->len == 0 || record->len > RESOLVER_TLSA_HEAD);
		return;
	}
	require(record->len <= RESOLVER_TEXT_MAX);
	if (type == RESOLVER_PTR || type == RESOLVER_NS || type == RESOLVER_CNAME ||
	    (type == RESOLVER_MX && record->len > 0))
		require(dns_name_is_valid(record->text, record->len));
}

/* NS is asked of the root only. */
static const char *
name_of(enum resolver_type type)
{
	return type == RESOLVER_NS ? "" : "example.org";
}

static void
look(enum resolver_type type, const unsigned char *message, size_t len)
{
	struct dns_answer *answer = dns_answer_new(type, name_of(type), message, len);
	const struct resolver_answer *found = &answer->answer;
	require((found->outcome == RESOLVER_FOUND) == (found->count > 0));
	require(found->count <= RESOLVER_RECORDS_MAX && answer->ttl <= INT32_MAX);
	for (size_t i = 0; i < found->count; i++) {
		look_at_record(type, &found->records[i]);
		require(i == 0 || found->records[i - 1].preference <= found->records[i].preference);
	}
	dns_answer_release(answer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct packet packet;
	if (size < 3 || size > 4096)
		return 0;
	enum resolver_type type = (enum resolver_type)((data[0] & 0x7F) % RESOLVER_TYPES);
	if (!(data[0] & 0x80)) {
		look(type, data + 1, size - 1);
		return 0;
	}
	packet_begin(&packet, data[1] & 0x80 ? 0x8183 : 0x8180, data[1] & 0x7FU, data[2]);
	packet_question(&packet, name_of(type), (unsigned)dns_type_number(type));
	packet_add(&packet, data + 3, size - 3);
	look(type, packet.octets, packet.len);
	return 0;
}
