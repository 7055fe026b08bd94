/* Messages of name servers, made by hand, sound or not. */
#ifndef SUPPORT_DNS_PACKET_H
#define SUPPORT_DNS_PACKET_H

#include <stddef.h>

struct packet {
	unsigned char octets[8192];
	size_t len;
};

/* A header with an id of 0 and one question: flags (0x8180 is an answer without error), numbers of records. */
void packet_begin(struct packet *packet, unsigned flags, unsigned answers, unsigned authorities);

/* Octets; a number of so many octets; a name of labels with dots between, "" for the root. */
void packet_add(struct packet *packet, const void *octets, size_t len);
void packet_number(struct packet *packet, unsigned number, size_t octets);
void packet_name(struct packet *packet, const char *name);

/* The question, which stands right behind the header. */
void packet_question(struct packet *packet, const char *name, unsigned type);

/* A record of the name that was asked for (a pointer to it), or of another, with its data. */
void packet_record(struct packet *packet, unsigned type, unsigned ttl, const void *data, size_t len);
void packet_record_of(
    struct packet *packet, const char *owner, unsigned type, unsigned ttl, const void *data, size_t len);

/* One that holds a name, with so many octets before it. */
void packet_record_name(
    struct packet *packet, unsigned type, unsigned ttl, const char *before, size_t len, const char *name);

#endif
