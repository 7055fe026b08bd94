/*
 * An SMTP server over libftgate and poll(): it has no mailboxes, and says so in the language that the client chooses by XLANG.
 * It serves 127.0.0.1; port 0 means any. The commands that build and run it:
 *
 * cc -o smtp-server smtp-server.c -DLOCALEDIR="\"$(pkg-config --variable=localedir ftgate)\"" $(pkg-config --cflags --libs ftgate)
 * ./smtp-server 2525
 */
#define _GNU_SOURCE
#include <errno.h>
#include <ftgate/catalog.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define HOST "mail.example.org"
enum { CLIENTS_MAX = 100, SECONDS_MAX = 300 }; /* RFC 5321 4.5.3.2.7 */

/* A client has one reply at a time. Its next command waits until the reply is sent, so nothing grows. */
static struct client {
	time_t deadline; /* of its next command, and of reading the reply */
	ftg_lang language;
	bool is_too_long, is_closing;
	size_t line_len, reply_len;
	char line[FTG_LINE_MAX], reply[FTG_REPLY_MAX];
} clients[CLIENTS_MAX];
static struct pollfd polled[CLIENTS_MAX + 1]; /* the listener, then each client */
static nfds_t count;
static ftg_catalog *catalog;

/* What each command is answered. The reply of one with words before a path has this path; without them it is a fault. */
static const struct command {
	const char *verb, *before;
	enum ftg_id reply, fault;
} commands[] = {
	{ "EHLO", "", ERR_SMTP_OK, FTG_IDS },
	{ "HELO", "", ERR_SMTP_OK, FTG_IDS },
	{ "MAIL", "FROM:<", ERR_SMTP_SENDEROK, ERR_SMTP_SYNTAX2 },
	{ "RCPT", "TO:<", ERR_SMTP_ADDRESS_UNKNOWN, ERR_SMTP_ADDRESS_SYNTAX },
	{ "DATA", "", ERR_SMTP_ADDRESS_SEQUENCE, FTG_IDS }, /* no recipient was accepted */
	{ "VRFY", "", FTG_SMTP_VRFY, FTG_IDS },
	{ "RSET", "", ERR_SMTP_OK, FTG_IDS },
	{ "NOOP", "", ERR_SMTP_OK, FTG_IDS },
	{ "QUIT", "", ERR_SMTP_CLOSING, FTG_IDS },
};

/* Seconds of a clock that nobody sets. */
static time_t
now(void)
{
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	return at.tv_sec;
}

/* A command is a function from a line to a reply. */
static struct ftg_reply
choose_language(struct client *c, char *ranges)
{
	for (char *space = ranges; (space = strchr(space, ' ')) != NULL;)
		*space = ':'; /* a list, as in LANGUAGE */
	ftg_lang found = strcmp(ranges, "*") == 0 ? FTG_ENGLISH : ftg_catalog_find(catalog, ranges);
	if (found < 0)
		return ftg_reply(FTG_SMTP_NO_LANGUAGE);
	c->language = found;
	const char *tag = ftg_catalog_spoken(catalog, found, FTG_ASCII);
	return ftg_reply_text(FTG_SMTP_LANGUAGE, tag, strlen(tag));
}

static struct ftg_reply
answer(struct client *c, char *line)
{
	char *arg = line + strcspn(line, " "), *end = strchr(line, '>');
	if (*arg != '\0')
		*arg++ = '\0';
	if (strcasecmp(line, "XLANG") == 0)
		return choose_language(c, arg);
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		size_t len = strlen(commands[i].before);
		if (strcasecmp(line, commands[i].verb) != 0)
			continue;
		if (len == 0)
			return ftg_reply(commands[i].reply);
		if (end == NULL || strncasecmp(arg, commands[i].before, len) != 0)
			return ftg_reply_text(commands[i].fault, arg, strlen(arg));
		return ftg_reply_text(commands[i].reply, arg + len, (size_t)(end - arg) - len);
	}
	return ftg_reply(ERR_SMTP_SYNTAX3);
}

/* The one place that turns a reply into octets. */
static void
say(struct client *c, struct ftg_reply reply)
{
	static const struct ftg_vars vars = { { [FTG_VAR_HOST] = HOST } };
	struct ftg_voice voice = { .catalog = catalog, .language = c->language, .encoding = FTG_ASCII, .vars = &vars };
	c->reply_len = ftg_render(c->reply, &voice, &reply);
	c->is_closing = reply.id == ERR_SMTP_CLOSING || reply.id == FTG_SMTP_TIMEOUT;
	c->deadline = now() + SECONDS_MAX;
}

/* Answers the first line, if it is complete. A line that does not fit is dropped up to its end, then refused. */
static bool
answer_line(struct client *c)
{
	static const char keywords[] = "250-" HOST "\r\n250-ENHANCEDSTATUSCODES\r\n250 XLANG\r\n";
	char *end = memmem(c->line, c->line_len, "\r\n", 2);
	if (end == NULL && c->line_len == sizeof c->line) {
		c->is_too_long = true;
		c->line[0] = c->line[c->line_len - 1]; /* may be the CR of its end */
		c->line_len = 1;
	}
	if (end == NULL)
		return false;
	*end = '\0';
	bool is_bad = c->is_too_long || strlen(c->line) < (size_t)(end - c->line);
	bool is_ehlo = !is_bad && strncasecmp(c->line, "EHLO ", 5) == 0;
	say(c, is_bad ? ftg_reply(ERR_SMTP_SYNTAX) : answer(c, c->line));
	if (is_ehlo)
		c->reply_len = strlen(strcpy(c->reply, keywords)); /* programs read it, not people */
	c->line_len -= (size_t)(end + 2 - c->line);
	memmove(c->line, end + 2, c->line_len);
	c->is_too_long = false;
	return true;
}

/* Receives, answers and sends as far as the client permits. Returns false if its connection has ended. */
static bool
serve(struct client *c, int fd)
{
	ssize_t n = c->reply_len > 0 ? 0 : recv(fd, c->line + c->line_len, sizeof c->line - c->line_len, 0);
	if (n < 0 || (n == 0 && c->reply_len == 0))
		return n < 0 && errno == EAGAIN;
	for (c->line_len += (size_t)n; c->reply_len > 0 || (!c->is_closing && answer_line(c));) {
		if ((n = send(fd, c->reply, c->reply_len, MSG_NOSIGNAL)) < 0)
			return errno == EAGAIN;
		c->reply_len -= (size_t)n;
		memmove(c->reply, c->reply + n, c->reply_len);
	}
	return !c->is_closing;
}

/* Serves clients that are ready or late. The last client takes the place of one that has ended. */
static void
serve_all(void)
{
	for (nfds_t i = count; i-- > 0;) {
		bool is_late = now() >= clients[i].deadline;
		if (is_late && clients[i].reply_len == 0)
			say(&clients[i], ftg_reply(FTG_SMTP_TIMEOUT));
		if ((polled[i + 1].revents == 0 && !is_late) || (serve(&clients[i], polled[i + 1].fd) && !is_late))
			continue;
		close(polled[i + 1].fd);
		clients[i] = clients[--count];
		polled[i + 1] = polled[count + 1];
	}
}

int
main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof address;
	char *end = NULL;
	unsigned long port = argc == 2 ? strtoul(argv[1], &end, 10) : 0;
	int fd, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (end == NULL || end == argv[1] || *end != '\0' || port > UINT16_MAX)
		return fprintf(stderr, "usage: smtp-server PORT\n"), 2;
	address.sin_port = htons((uint16_t)port);
	catalog = ftg_catalog_open(&(struct ftg_sources) { .locale = LOCALEDIR, .profile = FTG_STRICT }, NULL, NULL);
	if (catalog == NULL || bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 128) != 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &size) != 0)
		return perror("smtp-server"), EXIT_FAILURE;
	printf("127.0.0.1:%d\n", ntohs(address.sin_port));
	fflush(stdout);
	for (bool accepts = true;;) {
		polled[0] = (struct pollfd) { .fd = accepts && count < CLIENTS_MAX ? listener : -1, .events = POLLIN };
		for (nfds_t i = 0; i < count; i++)
			polled[i + 1].events = clients[i].reply_len > 0 ? POLLOUT : POLLIN;
		if (poll(polled, count + 1, 1000) < 0)
			continue;
		serve_all();
		accepts = polled[0].revents == 0 || (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;
		if (polled[0].revents != 0 &&
		    accepts) { /* else there are too many files: try again in the next turn but one */
			clients[count] = (struct client) { .language = FTG_ENGLISH };
			say(&clients[count],
			    ftg_reply_text(ERR_SMTP_SYSTEM_HELLO, HOST " ESMTP", strlen(HOST " ESMTP")));
			polled[++count] = (struct pollfd) { .fd = fd };
		}
	}
}
