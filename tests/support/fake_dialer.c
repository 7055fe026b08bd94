/* A server in memory that answers by a table; for tests of the client of SMTP and LMTP. */
#include "fake_dialer.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct fake_channel {
	struct channel channel;
	struct fake_dialer *dialer;
	char in[1 << 14], out[1 << 15];
	size_t in_len, at, out_len;
	bool data, closed, secure;
};

static const struct fake_answer usual[] = { { "EHLO", "250-mx.example.net\r\n250 8BITMIME\r\n", false },
	{ "LHLO", "250-mx.example.net\r\n250 8BITMIME\r\n", false }, { "HELO", "250 mx.example.net\r\n", false },
	{ "STARTTLS", "220 go\r\n", false }, { "MAIL", "250 2.1.0 ok\r\n", false },
	{ "RCPT", "250 2.1.5 ok\r\n", false }, { "DATA", "354 go\r\n", false }, { "QUIT", "221 bye\r\n", false },
	{ "", "500 5.5.1 what?\r\n", false } };

static void
put(struct fake_channel *c, const char *text)
{
	size_t len = strlen(text);
	cr_assert_leq(c->out_len + len, sizeof c->out);
	memcpy(c->out + c->out_len, text, len);
	c->out_len += len;
}

static void
note(struct fake_channel *c, const char *line, size_t len)
{
	struct fake_dialer *d = c->dialer;
	d->said_len += (size_t)snprintf(
	    d->said + d->said_len, sizeof d->said - d->said_len, "%s%.*s\n", c->secure ? "TLS: " : "", (int)len, line);
	cr_assert_lt(d->said_len, sizeof d->said);
}

static const char *
answer_of(struct fake_dialer *d, const char *line)
{
	for (size_t i = 0; i < d->answer_count; i++) {
		struct fake_answer *answer = &d->answers[i];
		if (answer->command == NULL || strncasecmp(line, answer->command, strlen(answer->command)) != 0)
			continue;
		if (answer->once)
			answer->command = NULL;
		return answer->answer;
	}
	for (size_t i = 0;; i++)
		if (strncasecmp(line, usual[i].command, strlen(usual[i].command)) == 0)
			return usual[i].answer;
}

static void
take_command(struct fake_channel *c, char *line, size_t len)
{
	note(c, line, len);
	line[len] = '\0';
	const char *answer = answer_of(c->dialer, line);
	if (answer == NULL)
		c->closed = true;
	else
		put(c, answer);
	c->data = answer != NULL && strncasecmp(line, "DATA", 4) == 0 && strncmp(answer, "354", 3) == 0;
}

static void
take_data(struct fake_channel *c, const char *line, size_t len)
{
	struct fake_dialer *d = c->dialer;
	if (len == 1 && line[0] == '.') {
		put(c, d->end != NULL ? d->end : "250 2.0.0 queued\r\n");
		c->data = false;
		return;
	}
	cr_assert_leq(d->message_len + len + 2, sizeof d->message);
	memcpy(d->message + d->message_len, line, len);
	memcpy(d->message + d->message_len + len, "\r\n", 2);
	d->message_len += len + 2;
	c->closed = d->data_max > 0 && d->message_len > d->data_max;
}

static int
fake_write(struct channel *channel, const char *octets, size_t len, int wait)
{
	struct fake_channel *c = (struct fake_channel *)channel;
	cr_assert_geq(wait, 0);
	while (len > 0) {
		if (c->closed) {
			errno = EPIPE;
			return -1;
		}
		cr_assert_lt(c->in_len, sizeof c->in);
		c->in[c->in_len++] = *octets++;
		len--;
		if (c->in_len < 2 || memcmp(c->in + c->in_len - 2, "\r\n", 2) != 0)
			continue;
		(c->data ? (void (*)(struct fake_channel *, char *, size_t))take_data : take_command)(
		    c, c->in, c->in_len - 2);
		c->in_len = 0;
	}
	return 0;
}

static ssize_t
fake_read(struct channel *channel, char *octets, size_t size, int wait)
{
	struct fake_channel *c = (struct fake_channel *)channel;
	size_t len = c->out_len - c->at;
	cr_assert_gt(wait, 0);
	if (len == 0 && c->closed)
		return 0;
	if (len == 0) {
		errno = ETIMEDOUT;
		return -1;
	}
	len = len < size ? len : size;
	if (c->dialer->piece > 0 && len > c->dialer->piece)
		len = c->dialer->piece;
	memcpy(octets, c->out + c->at, len);
	c->at += len;
	return (ssize_t)len;
}

static bool
fake_encrypt(struct channel *channel, const struct channel_tls *tls, int wait, char error[CHANNEL_ERROR_SIZE])
{
	struct fake_channel *c = (struct fake_channel *)channel;
	(void)wait;
	snprintf(error, CHANNEL_ERROR_SIZE, "the certificate of %s is not trusted%s", tls->name,
	    tls->verify ? "" : ", which does not matter");
	c->secure = !c->dialer->tls_fails;
	return c->secure;
}

static void
fake_close(struct channel *channel)
{
	free(channel);
}

static const struct channel_ops ops = { fake_read, fake_write, fake_encrypt, fake_close };

static struct channel *
fake_dial(struct dialer *dialer, const struct channel_place *place, int wait)
{
	struct fake_dialer *d = (struct fake_dialer *)dialer;
	(void)wait;
	d->dialed++;
	if (d->refused != NULL && strcmp(d->refused, place->address) == 0) {
		errno = ECONNREFUSED;
		return NULL;
	}
	struct fake_channel *c = calloc(1, sizeof *c);
	cr_assert_not_null(c);
	c->channel.ops = &ops;
	c->dialer = d;
	put(c, d->greeting != NULL ? d->greeting : "220 mx.example.net\r\n");
	return &c->channel;
}

void
fake_dialer_open(struct fake_dialer *dialer)
{
	*dialer = (struct fake_dialer) { .dialer = { .dial = fake_dial } };
}
