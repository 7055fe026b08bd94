/* All that another server may say to the client of SMTP and LMTP: whatever it is, each recipient gets a result. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/text/printable.h"
#include "relay/client/client_pool.h"
#include "relay/client/transport.h"
#include "relay/client/verdict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RECIPIENTS = 3 };

/* One operation is under way at a time: it completes when main has nothing else to do. */
static struct channel *channel;
static enum { NONE, DIAL, READ, WRITE, ENCRYPT } operation;
static char *space;
static size_t room;
static const uint8_t *octets;
static size_t left;
static unsigned piece;
static bool ended;

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static void
fuzz_read(struct channel *from, char *to, size_t size, int64_t deadline)
{
	(void)deadline;
	check(from == channel && operation == NONE && size > 0);
	operation = READ;
	space = to;
	room = size;
}

static ssize_t
read_now(void)
{
	size_t len = piece > 0 && room > piece ? piece : room;
	len = len < left ? len : left;
	memcpy(space, octets, len);
	octets += len;
	left -= len;
	return (ssize_t)len;
}

static void
fuzz_write(struct channel *to, const char *from, size_t len, int64_t deadline)
{
	(void)deadline;
	check(to == channel && operation == NONE && (len == 0 || from[len - 1] == '\n'));
	operation = WRITE;
}

static void
fuzz_encrypt(struct channel *on, const struct channel_tls *tls, int64_t deadline, char error[CHANNEL_ERROR_SIZE])
{
	(void)tls;
	(void)deadline;
	check(on == channel && operation == NONE);
	memcpy(error, "no", 3);
	operation = ENCRYPT;
}

static void
fuzz_cancel(struct channel *on)
{
	check(on == channel && (operation == NONE || operation == READ));
	operation = NONE;
}

static void
fuzz_close(struct channel *on)
{
	check(on == channel);
	free(channel);
	channel = NULL;
	operation = NONE;
}

static bool complete(void);

static struct channel *
fuzz_dial(struct dialer *dialer, const struct channel_address *address, int64_t deadline,
    void (*done)(struct channel *channel, ssize_t result), void *owner)
{
	static const struct channel_ops ops = { fuzz_read, fuzz_write, fuzz_encrypt, fuzz_cancel, fuzz_close };
	(void)dialer;
	(void)address;
	(void)deadline;
	while (channel != NULL) /* the connection before says QUIT */
		check(operation == WRITE && complete());
	channel = calloc(1, sizeof *channel);
	check(channel != NULL);
	*channel = (struct channel) { .ops = &ops, .done = done, .owner = owner };
	operation = DIAL;
	return channel;
}

static int64_t
fuzz_now(const struct dialer *dialer)
{
	(void)dialer;
	return 1;
}

static bool
complete(void)
{
	ssize_t result = 0;
	switch (operation) {
	case NONE: return false;
	case DIAL: result = left > 0 ? 0 : -EHOSTUNREACH; break;
	case READ: result = read_now(); break;
	case WRITE: break;
	case ENCRYPT: result = left % 2 == 0 ? 0 : -ECONNRESET; break;
	}
	operation = NONE;
	channel->done(channel, result);
	return true;
}

static void
run_job(struct executor *executor, struct job *job)
{
	(void)executor;
	job->work(job);
	job->done(job);
}

static void
on_done(struct transport *transport)
{
	(void)transport;
	ended = true;
}

static void
look_at(const struct transport_recipient *recipient)
{
	struct verdict verdict;
	char status[VERDICT_STATUS_SIZE];
	check(recipient->settled && recipient->verdict != NULL);
	check(verdict_read(&verdict, recipient->verdict));
	check(recipient->result != TRANSPORT_DONE || (recipient->accepted && verdict.detail[0] == '2'));
	verdict_status(status, &verdict, recipient->result == TRANSPORT_FAILED ? '5' : '4');
	size_t len = strlen(recipient->verdict);
	bool shown;
	for (size_t at = 0; at < len; at += printable_next(recipient->verdict + at, len - at, &shown), check(shown))
		;
}

/* The first octet chooses how it is spoken to. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int message = -1;
	struct transport_recipient to[RECIPIENTS] = { { .address = "a@example.net" },
		{ .address = "b@example.net", .notify = DSN_SUCCESS, .orcpt = "rfc822;b@example.net" },
		{ .address = "c@example.net" } };
	struct dialer dialer = { .dial = fuzz_dial, .now = fuzz_now };
	struct executor disk = { .start = run_job };
	struct client_pool pool;
	if (size == 0)
		return 0;
	if (message < 0) {
		message = memfd_create("message", MFD_CLOEXEC);
		check(write(message, "a: b\n\n.c\n", 9) == 9);
	}
	struct transport transport = {
		.manner = { .protocol = (data[0] & 1) ? TRANSPORT_LMTP : TRANSPORT_SMTP,
		    .tls = (enum transport_tls)((data[0] >> 1) & 3),
		    .user = (data[0] & 8) ? "anna" : NULL,
		    .password = "secret",
		    .hostname = "mx.example.test" },
		.times = { 60000, 60000, 60000, 60000 },
		.address = { .channel = { "192.0.2.1", 25 }, .name = "mx.example.net" },
		.done = on_done,
		.sender = "",
		.utf8 = data[0] & 16,
		.message = message,
		.size = 10,
		.recipients = to,
		.count = RECIPIENTS,
	};
	piece = data[0] >> 5;
	octets = data + 1;
	left = size - 1;
	client_pool_open(&pool, &dialer, &disk);
	ended = false;
	transport_start(&transport, &pool);
	while (!ended)
		check(complete());
	client_pool_close(&pool);
	while (complete())
		;
	check(channel == NULL);
	for (size_t i = 0; i < RECIPIENTS; i++) {
		look_at(&to[i]);
		free(to[i].verdict);
	}
	return 0;
}
