/* The keys of TLS session tickets, which all workers of a server share, so that each resumes the sessions of each. */
#include "net/tls_tickets.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum {
	SLOTS = 3,      /* the current key, the one before, and room for the next */
	STUCK_TIME = 60 /* seconds after which a replacement that was begun is begun again */
};

struct slot {
	_Atomic uint64_t number; /* of the key; 0: none, or it is being written */
	struct tls_ticket_key key;
};

struct tls_tickets {
	_Atomic uint64_t current; /* the number of the key that encrypts, from 1 */
	_Atomic int64_t made;     /* when */
	_Atomic int64_t begun;    /* when a process began to replace it; 0: none does */
	struct slot slots[SLOTS];
};

static struct slot *
slot_of(const struct tls_tickets *tickets, uint64_t number)
{
	return (struct slot *)(uintptr_t)&tickets->slots[number % SLOTS];
}

static bool
make_key(struct tls_tickets *tickets, uint64_t number)
{
	struct slot *slot = slot_of(tickets, number);
	struct tls_ticket_key key;
	if (RAND_bytes(key.name, sizeof key.name) != 1 || RAND_priv_bytes(key.cipher, sizeof key.cipher) != 1 ||
	    RAND_priv_bytes(key.mac, sizeof key.mac) != 1)
		return false;
	atomic_store(&slot->number, 0);
	memcpy(&slot->key, &key, sizeof key);
	atomic_store(&slot->number, number);
	explicit_bzero(&key, sizeof key);
	return true;
}

static void
erase_key(struct tls_tickets *tickets, uint64_t number)
{
	struct slot *slot = slot_of(tickets, number);
	atomic_store(&slot->number, 0);
	explicit_bzero(&slot->key, sizeof slot->key);
}

static int64_t
seconds(void)
{
	struct timespec time;
	clock_gettime(CLOCK_BOOTTIME, &time);
	return time.tv_sec;
}

/* Locked in memory if the limits of the process allow it, so that no key goes to a swap device. */
struct tls_tickets *
tls_tickets_new(void)
{
	struct tls_tickets *tickets = mmap(
	    NULL, sizeof *tickets, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (tickets == MAP_FAILED)
		return NULL;
	(void)mlock(tickets, sizeof *tickets);
	(void)madvise(tickets, sizeof *tickets, MADV_DONTDUMP);
	if (!make_key(tickets, 1)) {
		munmap(tickets, sizeof *tickets);
		return NULL;
	}
	tickets->made = seconds();
	tickets->current = 1;
	return tickets;
}

static bool
is_due(const struct tls_tickets *tickets, int64_t now)
{
	return now - atomic_load(&tickets->made) >= TLS_TICKETS_TIME;
}

void
tls_tickets_refresh(struct tls_tickets *tickets, int64_t now)
{
	int64_t begun = atomic_load(&tickets->begun);
	if (!is_due(tickets, now) || (begun != 0 && now - begun < STUCK_TIME) ||
	    !atomic_compare_exchange_strong(&tickets->begun, &begun, now))
		return;
	uint64_t number = atomic_load(&tickets->current);
	if (is_due(tickets, now) && make_key(tickets, number + 1)) {
		atomic_store(&tickets->current, number + 1);
		atomic_store(&tickets->made, now);
		erase_key(tickets, number + 2);
	}
	atomic_store(&tickets->begun, 0);
}

/* Another process may erase the slot meanwhile: the number is read before and after. */
static bool
copy_key(const struct tls_tickets *tickets, uint64_t number, struct tls_ticket_key *key)
{
	const struct slot *slot = slot_of(tickets, number);
	if (number == 0 || atomic_load(&slot->number) != number)
		return false;
	memcpy(key, &slot->key, sizeof *key);
	atomic_thread_fence(memory_order_acquire);
	return atomic_load(&slot->number) == number;
}

bool
tls_tickets_current(const struct tls_tickets *tickets, struct tls_ticket_key *key)
{
	return copy_key(tickets, atomic_load(&tickets->current), key);
}

enum tls_ticket_age
tls_tickets_find(
    const struct tls_tickets *tickets, const unsigned char name[TLS_TICKET_NAME_SIZE], struct tls_ticket_key *key)
{
	uint64_t current = atomic_load(&tickets->current);
	for (uint64_t number = current; number + 1 >= current; number--)
		if (copy_key(tickets, number, key) && memcmp(key->name, name, TLS_TICKET_NAME_SIZE) == 0)
			return number == current ? TLS_TICKET_CURRENT : TLS_TICKET_PREVIOUS;
	return TLS_TICKET_UNKNOWN;
}

static bool
set_mac(EVP_MAC_CTX *mac, struct tls_ticket_key *key)
{
	static char digest[] = "SHA256";
	OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key->mac, sizeof key->mac),
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};
	return EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

static int
encrypt(
    const struct tls_tickets *tickets, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
	struct tls_ticket_key key;
	int result = tls_tickets_current(tickets, &key) &&
	    RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) == 1 &&
	    EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, key.cipher, iv) == 1 && set_mac(mac, &key);
	if (result == 1)
		memcpy(name, key.name, sizeof key.name);
	explicit_bzero(&key, sizeof key);
	return result;
}

static int
decrypt(const struct tls_tickets *tickets, const unsigned char *name, const unsigned char *iv, EVP_CIPHER_CTX *cipher,
    EVP_MAC_CTX *mac)
{
	struct tls_ticket_key key;
	enum tls_ticket_age age = tls_tickets_find(tickets, name, &key);
	if (age != TLS_TICKET_UNKNOWN &&
	    (EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, key.cipher, iv) != 1 || !set_mac(mac, &key)))
		age = TLS_TICKET_UNKNOWN;
	explicit_bzero(&key, sizeof key);
	return (int)age;
}

/* See SSL_CTX_set_tlsext_ticket_key_evp_cb(3): 0: no ticket; 1: it is good; 2: it is good, and the client gets a new one. */
static int
on_ticket(SSL *openssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int encrypts)
{
	_Static_assert(TLS_TICKET_CURRENT == 1 && TLS_TICKET_PREVIOUS == 2, "what OpenSSL expects");
	struct tls_tickets *tickets = SSL_CTX_get_app_data(SSL_get_SSL_CTX(openssl));
	tls_tickets_refresh(tickets, seconds());
	return encrypts != 0 ? encrypt(tickets, name, iv, cipher, mac) : decrypt(tickets, name, iv, cipher, mac);
}

bool
tls_tickets_use(struct tls_tickets *tickets, struct ssl_ctx_st *context)
{
	return SSL_CTX_set_app_data(context, tickets) == 1 &&
	    SSL_CTX_set_tlsext_ticket_key_evp_cb(context, on_ticket) == 1;
}
