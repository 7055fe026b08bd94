/* The keys of TLS session tickets, which all workers of a server share, so that each resumes the sessions of each. */
#ifndef NET_TLS_TICKETS_H
#define NET_TLS_TICKETS_H

#include <stdbool.h>
#include <stdint.h>

enum {
	TLS_TICKETS_TIME = 12 * 60 * 60, /* seconds after which a key is replaced; it decrypts for as long again */
	TLS_TICKET_NAME_SIZE = 16,       /* octets, as RFC 5077 section 4 has it; so the others */
	TLS_TICKET_CIPHER_SIZE = 32,     /* AES-256-CBC */
	TLS_TICKET_MAC_SIZE = 32,        /* HMAC-SHA-256 */
};

struct tls_ticket_key {
	unsigned char name[TLS_TICKET_NAME_SIZE]; /* a ticket begins with it */
	unsigned char cipher[TLS_TICKET_CIPHER_SIZE];
	unsigned char mac[TLS_TICKET_MAC_SIZE];
};

/*
 * Lies in memory that the master makes before it starts workers, and that they inherit: never on a disk, and not in a
 * core dump. It is used by all processes without a lock: a key is written to a slot that no ticket refers to, and then
 * published by one atomic store. A process that dies or is stopped during this does not block the others; another
 * process replaces the key a minute later. Old keys are erased. The memory lasts until the process ends.
 */
struct tls_tickets;

/* Makes the memory and a first key. Returns NULL with errno. */
struct tls_tickets *tls_tickets_new(void);

/* Replaces the key if it is older than TLS_TICKETS_TIME. now is in seconds, of CLOCK_BOOTTIME in production. */
void tls_tickets_refresh(struct tls_tickets *tickets, int64_t now);

/* Copies the key that encrypts new tickets. The caller erases the copy. False if it is just being replaced. */
bool tls_tickets_current(const struct tls_tickets *tickets, struct tls_ticket_key *key);

/* Copies the key of this name, the current one or the one before. The caller erases the copy. */
enum tls_ticket_age { TLS_TICKET_UNKNOWN, TLS_TICKET_CURRENT, TLS_TICKET_PREVIOUS };
enum tls_ticket_age tls_tickets_find(
    const struct tls_tickets *tickets, const unsigned char name[TLS_TICKET_NAME_SIZE], struct tls_ticket_key *key);

/* Has a context of OpenSSL encrypt and decrypt its tickets by these keys. */
struct ssl_ctx_st;
bool tls_tickets_use(struct tls_tickets *tickets, struct ssl_ctx_st *context);

#endif
