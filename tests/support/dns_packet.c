/* Messages of name servers, made by hand. */
#include "dns_packet.h"

#include <stdlib.h>
#include <string.h>

void
packet_add(struct packet *packet, const void *octets, size_t len)
{
	if (len > sizeof packet->octets - packet->len)
		abort();
	memcpy(packet->octets + packet->len, octets, len);
	packet->len += len;
}

void
packet_number(struct packet *packet, unsigned number, size_t octets)
{
	while (octets-- > 0)
		packet_add(packet, &(unsigned char) { (unsigned char)(number >> 8 * octets) }, 1);
}

void
packet_name(struct packet *packet, const char *name)
{
	while (*name != '\0') {
		size_t len = strcspn(name, ".");
		packet_number(packet, (unsigned)len, 1);
		packet_add(packet, name, len);
		name += len + (name[len] == '.');
	}
	packet_number(packet, 0, 1);
}

void
packet_begin(struct packet *packet, unsigned flags, unsigned answers, unsigned authorities)
{
	packet->len = 0;
	packet_number(packet, 0, 2);
	packet_number(packet, flags, 2);
	packet_number(packet, 1, 2);
	packet_number(packet, answers, 2);
	packet_number(packet, authorities, 2);
	packet_number(packet, 0, 2);
}

void
packet_question(struct packet *packet, const char *name, unsigned type)
{
	packet_name(packet, name);
	packet_number(packet, type, 2);
	packet_number(packet, 1, 2);
}

/* What follows the owner. */
static void
add_rest(struct packet *packet, unsigned type, unsigned ttl, const void *data, size_t len)
{
	packet_number(packet, type, 2);
	packet_number(packet, 1, 2);
	packet_number(packet, ttl, 4);
	packet_number(packet, (unsigned)len, 2);
	packet_add(packet, data, len);
}

void
packet_record(struct packet *packet, unsigned type, unsigned ttl, const void *data, size_t len)
{
	packet_number(packet, 0xC00C, 2);
	add_rest(packet, type, ttl, data, len);
}

void
packet_record_of(struct packet *packet, const char *owner, unsigned type, unsigned ttl, const void *data, size_t len)
{
	packet_name(packet, owner);
	add_rest(packet, type, ttl, data, len);
}

void
packet_record_name(struct packet *packet, unsigned type, unsigned ttl, const char *before, size_t len, const char *name)
{
	struct packet data = { .len = 0 };
	packet_add(&data, before, len);
	packet_name(&data, name);
	packet_record(packet, type, ttl, data.octets, data.len);
}
