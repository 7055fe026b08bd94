/* Keys of TLS tickets that processes share. */
#include "net/tls_tickets.h"

#include <criterion/criterion.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "net/tls.h"
#include "support/identity.h"
#include "support/tls_client.h"

static struct identity identity;
static struct tls_tickets *tickets;

static void
set_up(void)
{
	identity_make(&identity, -1, 30);
	tickets = tls_tickets_new();
	cr_assert_not_null(tickets);
}

static void
tear_down(void)
{
	identity_remove(&identity);
}

TestSuite(tls_tickets, .init = set_up, .fini = tear_down);

static int64_t
now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_BOOTTIME, &time);
	return time.tv_sec;
}

/* A connection to a worker that has just been started. *session is offered, and becomes the one that the worker gives. */
static bool
resumes(struct tls_tickets *keys, int protocol, SSL_SESSION **session)
{
	char error[TLS_ERROR_SIZE], octet;
	struct client client;
	struct tls_context *context = tls_context_new(identity.certificate, identity.key, keys, error);
	cr_assert_not_null(context, "%s", error);
	client_open(&client, tls_new(context), protocol, NULL);
	if (*session != NULL)
		SSL_set_session(client.openssl, *session);
	cr_assert(client_shake_hands(&client, 65536));
	SSL_read(client.openssl, &octet, 1); /* a ticket of TLS 1.3 comes behind the handshake */
	bool resumed = SSL_session_reused(client.openssl) == 1;
	SSL_SESSION_free(*session);
	*session = SSL_get1_session(client.openssl);
	(void)SSL_shutdown(client.openssl);
	client_close(&client);
	tls_context_free(context);
	return resumed;
}

static const int protocols[] = { TLS1_2_VERSION, TLS1_3_VERSION };
#define EACH_PROTOCOL(protocol) for (const int *protocol = protocols; protocol < protocols + 2; protocol++)

Test(tls_tickets, a_worker_resumes_the_sessions_of_another)
{
	EACH_PROTOCOL(protocol)
	{
		SSL_SESSION *session = NULL;
		cr_expect_not(resumes(tickets, *protocol, &session));
		cr_expect(resumes(tickets, *protocol, &session));
		cr_expect(resumes(tickets, *protocol, &session));
		cr_expect_not(resumes(NULL, *protocol, &session), "keys of its own");
		SSL_SESSION_free(session);
	}
}

Test(tls_tickets, a_ticket_outlives_one_change_of_keys_and_not_two)
{
	EACH_PROTOCOL(protocol)
	{
		static int64_t time;
		SSL_SESSION *session = NULL, *old = NULL;
		time = time == 0 ? now() : time;
		cr_expect_not(resumes(tickets, *protocol, &session));
		SSL_SESSION_free(old);
		old = SSL_SESSION_dup(session);
		tls_tickets_refresh(tickets, time += TLS_TICKETS_TIME);
		cr_expect(resumes(tickets, *protocol, &session), "by the key before");
		tls_tickets_refresh(tickets, time += TLS_TICKETS_TIME);
		cr_expect_not(resumes(tickets, *protocol, &old), "its key has been erased");
		SSL_SESSION_free(session);
		SSL_SESSION_free(old);
	}
}

static unsigned char *
name_of_current(struct tls_ticket_key *key)
{
	cr_assert(tls_tickets_current(tickets, key));
	return key->name;
}

Test(tls_tickets, key_is_replaced_at_its_expiry_and_not_before)
{
	struct tls_ticket_key first, second, found;
	int64_t time = now();
	name_of_current(&first);
	tls_tickets_refresh(tickets, time + TLS_TICKETS_TIME - 5);
	cr_expect_eq(memcmp(first.name, name_of_current(&found), sizeof first.name), 0);
	cr_expect_eq(tls_tickets_find(tickets, first.name, &found), TLS_TICKET_CURRENT);
	tls_tickets_refresh(tickets, time + TLS_TICKETS_TIME);
	cr_expect_neq(memcmp(first.name, name_of_current(&second), sizeof first.name), 0);
	cr_expect_eq(tls_tickets_find(tickets, first.name, &found), TLS_TICKET_PREVIOUS);
	cr_expect_eq(memcmp(&found, &first, sizeof first), 0);
	cr_expect_eq(tls_tickets_find(tickets, second.name, &found), TLS_TICKET_CURRENT);
	tls_tickets_refresh(tickets, time + 2 * TLS_TICKETS_TIME);
	cr_expect_eq(tls_tickets_find(tickets, first.name, &found), TLS_TICKET_UNKNOWN);
	cr_expect_eq(tls_tickets_find(tickets, second.name, &found), TLS_TICKET_PREVIOUS);
}

Test(tls_tickets, a_key_that_one_process_replaces_is_seen_by_the_others)
{
	struct tls_ticket_key first, found;
	name_of_current(&first);
	pid_t process = fork();
	if (process == 0) {
		tls_tickets_refresh(tickets, now() + TLS_TICKETS_TIME);
		_exit(0);
	}
	cr_assert_eq(waitpid(process, NULL, 0), process);
	cr_expect_eq(tls_tickets_find(tickets, first.name, &found), TLS_TICKET_PREVIOUS);
}
