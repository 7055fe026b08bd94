/* All that another server may say to the client of SMTP and LMTP: whatever it is, each recipient gets a result. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "relay/transport.h"
#include "relay/verdict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RECIPIENTS = 3 };

static struct channel channel;
static struct dialer dialer;
static const uint8_t *octets;
static size_t left;
static unsigned piece;

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static ssize_t
fuzz_read(struct channel *from, char *to, size_t size, int wait)
{
	(void)from;
	(void)wait;
	size_t len = piece > 0 && size > piece ? piece : size;
	len = len < left ? len : left;
	memcpy(to, octets, len);
	octets += len;
	left -= len;
	return (ssize_t)len;
}

static int
fuzz_write(struct channel *to, const char *from, size_t len, int wait)
{
	(void)to;
	(void)wait;
	check(len == 0 || from[len - 1] == '\n');
	return 0;
}

static bool
fuzz_encrypt(struct channel *channel_, const struct channel_tls *tls, int wait, char error[CHANNEL_ERROR_SIZE])
{
	(void)channel_;
	(void)tls;
	(void)wait;
	memcpy(error, "no", 3);
	return left % 2 == 0;
}

static void
fuzz_close(struct channel *channel_)
{
	(void)channel_;
}

static struct channel *
fuzz_dial(struct dialer *dialer_, const struct channel_place *place, int wait)
{
	static const struct channel_ops ops = { fuzz_read, fuzz_write, fuzz_encrypt, fuzz_close };
	(void)dialer_;
	(void)place;
	(void)wait;
	channel.ops = &ops;
	errno = EHOSTUNREACH;
	return left > 0 ? &channel : NULL;
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
	for (const char *c = recipient->verdict; *c != '\0'; c++)
		check(*c >= 0x20 && *c < 0x7F);
}

/* The first octet chooses how it is spoken to. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int message = -1;
	struct transport_recipient to[RECIPIENTS] = { { .address = "a@example.net" },
		{ .address = "b@example.net", .notify = DSN_SUCCESS, .orcpt = "rfc822;b@example.net" },
		{ .address = "c@example.net" } };
	const struct transport_place places[] = { { { "192.0.2.1", 25 }, "mx.example.net" }, { { "::1", 24 }, NULL } };
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
		.places = places,
		.place_count = 2,
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
	dialer.dial = fuzz_dial;
	transport_run(&transport, &dialer);
	for (size_t i = 0; i < RECIPIENTS; i++) {
		look_at(&to[i]);
		free(to[i].verdict);
	}
	return 0;
}
