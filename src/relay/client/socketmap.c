/* Asks a service for policies of TLS by the socketmap protocol. */
#include "relay/client/socketmap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address/dns_name.h"
#include "base/address/network.h"
#include "base/log/log.h"
#include "base/text/ascii.h"
#include "base/text/netstring.h"

enum { FRAME_MAX = SOCKETMAP_ANSWER_MAX + NETSTRING_FRAME, QUESTION_SIZE = SOCKETMAP_NAME_SIZE + DNS_NAME_SIZE + 16 };

static const char stops[] = "this server is stopping";

struct asked {
	struct tls_policy_question *question;
	struct asked *next;
	int64_t deadline;
	char domain[DNS_NAME_SIZE];
};

struct line {
	struct socketmap *owner;
	struct channel *channel; /* NULL: it is not connected */
	struct asked *asked;     /* NULL: it is idle */
	bool used;               /* it has answered before, so that the service may have closed it since */
	size_t count;
	char question[QUESTION_SIZE];
	char octets[FRAME_MAX];
};

struct socketmap {
	struct tls_policies policies;
	struct dialer *dialer;
	struct socketmap_place place;
	struct asked *first, *last; /* that wait for a line */
	bool down;                  /* as the log has told */
	bool stopping;              /* no question is asked any more */
	struct line lines[SOCKETMAP_LINES];
};

/* "ADDRESS:PORT:" of IPv4, or of IPv6 in brackets. */
static const char *
read_inet(struct channel_address *address, const char *text)
{
	struct network parsed;
	bool brackets = text[0] == '[';
	const char *begin = text + brackets, *end = brackets ? strchr(begin, ']') : strchr(begin, ':');
	unsigned port = 0;
	if (end == NULL || end[brackets] != ':' || (size_t)(end - begin) >= sizeof address->host)
		return NULL;
	snprintf(address->host, sizeof address->host, "%.*s", (int)(end - begin), begin);
	for (text = end + brackets + 1; ascii_is_digit(*text) && port <= UINT16_MAX; text++)
		port = 10 * port + (unsigned)(*text - '0');
	address->port = port;
	bool valid = *text == ':' && port > 0 && port <= UINT16_MAX && network_parse_address(&parsed, address->host);
	return valid ? text + 1 : NULL;
}

static const char *
read_path(struct channel_address *address, const char *text)
{
	const char *end = strchr(text, ':');
	if (text[0] != '/' || end == NULL || (size_t)(end - text) >= sizeof address->host)
		return NULL;
	snprintf(address->host, sizeof address->host, "%.*s", (int)(end - text), text);
	return end + 1;
}

bool
socketmap_parse(struct socketmap_place *place, const char *text)
{
	const char *map = NULL;
	*place = (struct socketmap_place) { 0 };
	if (strncmp(text, "socketmap:inet:", 15) == 0)
		map = read_inet(&place->address, text + 15);
	else if (strncmp(text, "socketmap:unix:", 15) == 0)
		map = read_path(&place->address, text + 15);
	if (map == NULL || map[0] == '\0' || strlen(map) >= sizeof place->map || strpbrk(map, " \t:") != NULL)
		return false;
	snprintf(place->map, sizeof place->map, "%s", map);
	return true;
}

/* Its done() may ask again at once. */
static void
answer(struct asked *asked, const struct tls_policy *policy, const char *error)
{
	struct tls_policy_question *question = asked->question;
	free(asked);
	question->done(question, policy, error);
}

/* That it has no answer for one domain does not make the service one that is down. */
static void
note(struct socketmap *s, bool down, const char *error)
{
	if (down != s->down && !s->stopping)
		log_event(down ? "tls-policy-down" : "tls-policy-up", "next", s->place.address.host,
		    down ? "detail" : NULL, error, NULL);
	s->down = down;
}

static void take_next(struct line *line);
static void connect_line(struct line *line);

static void
disconnect(struct line *line)
{
	if (line->channel != NULL)
		line->channel->ops->close(line->channel);
	line->channel = NULL;
	line->used = false;
}

static void
finish(struct line *line, const struct tls_policy *policy, const char *error)
{
	struct asked *asked = line->asked;
	line->asked = NULL;
	answer(asked, policy, error);
	take_next(line);
}

/* A service may close a connection that was idle: the question is then asked on a new one. */
static void
fail(struct line *line, const char *error)
{
	bool again = line->used && line->count == 0;
	disconnect(line);
	if (again) {
		connect_line(line);
		return;
	}
	note(line->owner, true, error);
	finish(line, NULL, error);
}

static const char strange[] = "the service of TLS policies does not speak the socketmap protocol";

/* "TEMP", "TIMEOUT" or "PERM", and why. */
static bool
is_trouble(const char *text)
{
	static const char *const words[] = { "TEMP ", "TIMEOUT ", "PERM " };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strncmp(text, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

/* The text ends with a NUL. */
static void
judge(struct line *line, const char *text)
{
	struct tls_policy policy;
	const struct tls_policy *found = NULL;
	char error[TLS_POLICY_ERROR_SIZE] = "";
	if (strncmp(text, "OK ", 3) == 0) {
		found = tls_policy_parse(&policy, text + 3, line->asked->domain, error) ? &policy : NULL;
	} else if (is_trouble(text)) {
		snprintf(error, sizeof error, "the service of TLS policies says: %.120s", text);
	} else if (strncmp(text, "NOTFOUND", 8) != 0) {
		fail(line, strange);
		return;
	}
	note(line->owner, false, "");
	finish(line, found, error);
}

static void on_read(struct channel *channel, ssize_t result);

static void
read_more(struct line *line)
{
	line->channel->done = on_read;
	line->channel->ops->read(
	    line->channel, line->octets + line->count, sizeof line->octets - line->count, line->asked->deadline);
}

static const char *
describe(ssize_t result)
{
	return result == -ETIMEDOUT ? "the service of TLS policies does not answer in time"
	                            : "the connection to the service of TLS policies failed";
}

/* What stands behind an answer can belong to no question. */
static void
on_read(struct channel *channel, ssize_t result)
{
	struct line *line = channel->owner;
	const char *text;
	size_t len;
	if (result <= 0) {
		line->used = line->used && result != -ETIMEDOUT;
		fail(line, describe(result));
		return;
	}
	line->count += (size_t)result;
	ssize_t frame = netstring_read(line->octets, line->count, SOCKETMAP_ANSWER_MAX, &text, &len);
	if (frame == 0) {
		read_more(line);
		return;
	}
	if (frame < 0 || (size_t)frame != line->count || memchr(text, '\0', len) != NULL) {
		fail(line, strange);
		return;
	}
	line->octets[(text - line->octets) + (ptrdiff_t)len] = '\0';
	line->used = true;
	judge(line, text);
}

static void
on_written(struct channel *channel, ssize_t result)
{
	struct line *line = channel->owner;
	if (result < 0)
		fail(line, describe(result));
	else
		read_more(line);
}

static void
ask_now(struct line *line)
{
	struct channel *channel = line->channel;
	const char *map = line->owner->place.map, *domain = line->asked->domain;
	char head[NETSTRING_HEAD_SIZE];
	netstring_head(head, strlen(map) + 1 + strlen(domain));
	int len = snprintf(line->question, sizeof line->question, "%s%s %s,", head, map, domain);
	line->count = 0;
	channel->done = on_written;
	channel->ops->write(channel, line->question, (size_t)len, line->asked->deadline);
}

static void
on_dialled(struct channel *channel, ssize_t result)
{
	struct line *line = channel->owner;
	if (result < 0)
		fail(line, describe(result));
	else
		ask_now(line);
}

static void
connect_line(struct line *line)
{
	struct socketmap *s = line->owner;
	line->channel = s->dialer->dial(s->dialer, &s->place.address, line->asked->deadline, on_dialled, line);
	if (line->channel == NULL)
		finish(line, NULL, strerror(ENOMEM));
}

static struct asked *
take_first(struct socketmap *s)
{
	struct asked *first = s->first;
	s->first = first->next;
	if (s->first == NULL)
		s->last = NULL;
	return first;
}

/* The question that waits longest goes on an idle line. */
static void
take_next(struct line *line)
{
	struct socketmap *s = line->owner;
	if (s->first == NULL || line->asked != NULL || s->stopping)
		return;
	line->asked = take_first(s);
	if (line->channel != NULL)
		ask_now(line);
	else
		connect_line(line);
}

static struct line *
find_idle(struct socketmap *s)
{
	struct line *found = NULL;
	for (size_t i = 0; i < SOCKETMAP_LINES; i++) {
		struct line *line = &s->lines[i];
		if (line->asked == NULL && (found == NULL || line->channel != NULL))
			found = line;
	}
	return found;
}

static void
ask(struct tls_policies *policies, const char *domain, struct tls_policy_question *question)
{
	struct socketmap *s = (struct socketmap *)policies;
	struct line *idle = find_idle(s);
	struct asked *asked = s->stopping ? NULL : calloc(1, sizeof *asked);
	if (asked == NULL) {
		question->done(question, NULL, s->stopping ? stops : strerror(ENOMEM));
		return;
	}
	asked->question = question;
	asked->deadline = s->dialer->now(s->dialer) + SOCKETMAP_TIMEOUT;
	snprintf(asked->domain, sizeof asked->domain, "%s", domain);
	if (s->last != NULL)
		s->last->next = asked;
	else
		s->first = asked;
	s->last = asked;
	if (idle != NULL)
		take_next(idle);
}

struct socketmap *
socketmap_new(struct dialer *dialer, const struct socketmap_place *place)
{
	struct socketmap *s = calloc(1, sizeof *s);
	if (s == NULL)
		return NULL;
	s->policies.ask = ask;
	s->dialer = dialer;
	s->place = *place;
	for (size_t i = 0; i < SOCKETMAP_LINES; i++)
		s->lines[i].owner = s;
	return s;
}

struct tls_policies *
socketmap_policies(struct socketmap *s)
{
	return s != NULL ? &s->policies : NULL;
}

void
socketmap_free(struct socketmap *s)
{
	if (s == NULL)
		return;
	s->stopping = true;
	for (size_t i = 0; i < SOCKETMAP_LINES; i++) {
		disconnect(&s->lines[i]);
		if (s->lines[i].asked != NULL)
			finish(&s->lines[i], NULL, stops);
	}
	while (s->first != NULL)
		answer(take_first(s), NULL, stops);
	free(s);
}
