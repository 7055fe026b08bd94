/* A server in memory that answers by a table; for tests of the client of SMTP and LMTP. */
#include "fake_dialer.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum operation { NONE, DIAL, READ, WRITE, ENCRYPT };

struct fake_channel {
	struct channel channel;
	struct fake_dialer *dialer;
	struct fake_channel *next;
	enum operation operation; /* under way */
	int64_t deadline;
	char *space;
	const char *octets;
	size_t len;
	bool refused, silent;
	char in[1 << 14], out[1 << 17];
	size_t in_len, at, out_len;
	bool data, closed, secure;
	size_t rcpt, refusals; /* of the transaction; of the connection */
};

static const struct fake_answer usual[] = { { "EHLO", "250-mx.example.net\r\n250 8BITMIME\r\n", false },
	{ "LHLO", "250-mx.example.net\r\n250 8BITMIME\r\n", false }, { "HELO", "250 mx.example.net\r\n", false },
	{ "STARTTLS", "220 go\r\n", false }, { "MAIL", "250 2.1.0 ok\r\n", false },
	{ "RCPT", "250 2.1.5 ok\r\n", false }, { "DATA", "354 go\r\n", false }, { "RSET", "250 2.0.0 ok\r\n", false },
	{ "QUIT", "221 bye\r\n", false }, { "", "500 5.5.1 what?\r\n", false } };

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

/* The answer to a command that is not in a table: a recipient beyond the limit; NULL: there is none. */
static const char *
refuse(struct fake_channel *c, const char *line)
{
	const struct fake_dialer *d = c->dialer;
	if (strncasecmp(line, "MAIL", 4) == 0)
		c->rcpt = 0;
	if (d->rcpt_max == 0 || strncasecmp(line, "RCPT", 4) != 0 || c->rcpt++ < d->rcpt_max)
		return NULL;
	c->refusals++;
	c->closed = d->refusals_max > 0 && c->refusals >= d->refusals_max;
	return d->rcpt_over;
}

static void
take_command(struct fake_channel *c, char *line, size_t len)
{
	note(c, line, len);
	line[len] = '\0';
	const char *refusal = refuse(c, line);
	const char *answer = refusal != NULL ? refusal : answer_of(c->dialer, line);
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

static void
start(struct channel *channel, enum operation operation, int64_t deadline)
{
	struct fake_channel *c = (struct fake_channel *)channel;
	cr_assert_eq(c->operation, NONE, "one operation at a time");
	c->operation = operation;
	c->deadline = deadline;
}

static void
fake_read(struct channel *channel, char *octets, size_t size, int64_t deadline)
{
	struct fake_channel *c = (struct fake_channel *)channel;
	cr_assert_gt(size, 0);
	start(channel, READ, deadline);
	c->space = octets;
	c->len = size;
}

static void
fake_write(struct channel *channel, const char *octets, size_t len, int64_t deadline)
{
	struct fake_channel *c = (struct fake_channel *)channel;
	start(channel, WRITE, deadline);
	c->octets = octets;
	c->len = len;
}

static void
fake_encrypt(struct channel *channel, const struct channel_tls *tls, int64_t deadline, char said[CHANNEL_ERROR_SIZE])
{
	start(channel, ENCRYPT, deadline);
	snprintf(said, CHANNEL_ERROR_SIZE, "the certificate of %s is not trusted%s", tls->name,
	    tls->tlsa != NULL ? " by DANE"
	        : tls->verify ? ""
	                      : ", which does not matter");
}

static void
fake_cancel(struct channel *channel)
{
	((struct fake_channel *)channel)->operation = NONE;
}

static void
fake_close(struct channel *channel)
{
	struct fake_channel *c = (struct fake_channel *)channel, **at = &c->dialer->channels;
	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	c->dialer->open--;
	free(c);
}

static const struct channel_ops ops = { fake_read, fake_write, fake_encrypt, fake_cancel, fake_close };

static ssize_t
write_now(struct fake_channel *c)
{
	for (; c->len > 0; c->len--) {
		if (c->closed)
			return -EPIPE;
		cr_assert_lt(c->in_len, sizeof c->in);
		c->in[c->in_len++] = *c->octets++;
		if (c->in_len < 2 || memcmp(c->in + c->in_len - 2, "\r\n", 2) != 0)
			continue;
		(c->data ? (void (*)(struct fake_channel *, char *, size_t))take_data : take_command)(
		    c, c->in, c->in_len - 2);
		c->in_len = 0;
	}
	return 0;
}

static ssize_t
read_now(struct fake_channel *c)
{
	size_t len = c->out_len - c->at;
	len = len < c->len ? len : c->len;
	if (c->dialer->piece > 0 && len > c->dialer->piece)
		len = c->dialer->piece;
	memcpy(c->space, c->out + c->at, len);
	c->at += len;
	return (ssize_t)len;
}

static bool
is_ready(const struct fake_channel *c)
{
	return c->operation == READ ? c->out_len > c->at || c->closed : c->operation != NONE;
}

static ssize_t
complete(struct fake_channel *c)
{
	switch (c->operation) {
	case DIAL: return c->refused ? -ECONNREFUSED : 0;
	case READ: return read_now(c);
	case WRITE: return write_now(c);
	case ENCRYPT: c->secure = !c->dialer->tls_fails; return c->secure ? 0 : -ECONNRESET;
	case NONE: break;
	}
	return -EINVAL;
}

static void
end(struct fake_channel *c, ssize_t result)
{
	c->operation = NONE;
	c->channel.done(&c->channel, result);
}

/* The one that was dialled first comes first. */
bool
fake_dialer_run(struct fake_dialer *dialer)
{
	for (struct fake_channel *c = dialer->channels; c != NULL; c = c->next)
		if (is_ready(c)) {
			end(c, complete(c));
			return true;
		}
	return false;
}

bool
fake_dialer_time_out(struct fake_dialer *dialer)
{
	struct fake_channel *first = NULL;
	for (struct fake_channel *c = dialer->channels; c != NULL; c = c->next)
		if (c->operation != NONE && (first == NULL || c->deadline < first->deadline))
			first = c;
	if (first == NULL)
		return false;
	dialer->time = first->deadline > dialer->time ? first->deadline : dialer->time;
	end(first, -ETIMEDOUT);
	return true;
}

static struct channel *
fake_dial(struct dialer *dialer, const struct channel_address *address, int64_t deadline,
    void (*done)(struct channel *channel, ssize_t result), void *owner)
{
	struct fake_dialer *d = (struct fake_dialer *)dialer;
	struct fake_channel *c = calloc(1, sizeof *c), **at = &d->channels;
	cr_assert_not_null(c);
	while (*at != NULL)
		at = &(*at)->next;
	*at = c;
	d->dialled++;
	d->open++;
	d->most_open = d->open > d->most_open ? d->open : d->most_open;
	size_t used = strlen(d->hosts);
	snprintf(d->hosts + used, sizeof d->hosts - used, "%s ", address->host);
	c->channel = (struct channel) { .ops = &ops, .done = done, .owner = owner };
	c->dialer = d;
	c->refused = d->refused != NULL && strcmp(d->refused, address->host) == 0;
	c->silent = d->silent != NULL && strncmp(d->silent, address->host, strlen(d->silent)) == 0;
	if (!c->silent)
		put(c, d->greeting != NULL ? d->greeting : "220 mx.example.net\r\n");
	start(&c->channel, DIAL, deadline);
	return &c->channel;
}

static int64_t
fake_now(const struct dialer *dialer)
{
	return ((const struct fake_dialer *)dialer)->time;
}

void
fake_dialer_open(struct fake_dialer *dialer)
{
	fake_dialer_close(dialer);
	*dialer = (struct fake_dialer) { .dialer = { .dial = fake_dial, .now = fake_now }, .time = 1000000 };
}

void
fake_dialer_close(struct fake_dialer *dialer)
{
	for (struct fake_channel *c = dialer->channels, *next; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	dialer->channels = NULL;
}
