/* The least that a mail server can do: one thread, fixed replies, one write for each read; what is accepted is dropped. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINE_MAX_OCTETS = 2048, READ_MAX = 16384, WRITE_MAX = 1 << 20, EVENTS = 256 };

struct client {
	int fd;
	bool in_message, leaving;
	char last[5]; /* of the message: it ends with CRLF.CRLF, and nothing follows before that is answered */
	size_t line_len;
	char line[LINE_MAX_OCTETS];
};

static char output[WRITE_MAX];
static size_t output_len;

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static void
say(const char *words)
{
	size_t len = strlen(words);

	if (output_len + len <= sizeof output) {
		memcpy(output + output_len, words, len);
		output_len += len;
	}
}

static void
answer(struct client *client, const char *line, size_t len)
{
	switch (line[0]) {
	case 'R':
		if (memmem(line, len, "nobody", 6) != NULL)
			say("550 5.1.1 Mailbox <nobody@example.test> does not exist (#4.28)\r\n");
		else
			say("250 2.1.5 Recipient <erika@example.test> Accepted (#3.04)\r\n");
		break;
	case 'D':
		client->in_message = true;
		memset(client->last, 0, sizeof client->last);
		say("354 Start mail input; end with <CRLF>.<CRLF> (#3.05)\r\n");
		break;
	case 'Q':
		client->leaving = true;
		say("221 2.0.0 floor.example.test Service closing (#3.08)\r\n");
		break;
	default: say("250 2.0.0 OK (#3.00)\r\n"); break;
	}
}

static void
take_message(struct client *client, const char *octets, size_t len)
{
	char end[2 * sizeof client->last];
	size_t take = len < sizeof client->last ? len : sizeof client->last;

	memcpy(end, client->last, sizeof client->last);
	memcpy(end + sizeof client->last, octets + len - take, take);
	memcpy(client->last, end + take, sizeof client->last);
	if (memcmp(client->last, "\r\n.\r\n", sizeof client->last) == 0) {
		client->in_message = false;
		say("250 2.6.0 Message Accepted (#3.07)\r\n");
	}
}

static void
take(struct client *client, const char *octets, size_t len)
{
	while (len > 0 && !client->in_message) {
		const char *end = memchr(octets, '\n', len);
		if (end == NULL) {
			client->line_len = len < LINE_MAX_OCTETS ? len : 0;
			memcpy(client->line, octets, client->line_len);
			return;
		}
		size_t used = (size_t)(end - octets) + 1;
		answer(client, octets, used);
		octets += used;
		len -= used;
	}
	if (len > 0)
		take_message(client, octets, len);
}

/* Sends are blocking: the clients here read all the time. */
static bool
serve(struct client *client)
{
	static char input[LINE_MAX_OCTETS + READ_MAX];
	size_t kept = client->line_len;
	ssize_t got = recv(client->fd, input + kept, READ_MAX, MSG_DONTWAIT);

	if (got <= 0)
		return false;
	memcpy(input, client->line, kept);
	client->line_len = 0;
	output_len = 0;
	take(client, input, kept + (size_t)got);
	if (output_len > 0 && send(client->fd, output, output_len, MSG_NOSIGNAL) < 0)
		return false;
	return !client->leaving;
}

static void
welcome(int epoll, int listener)
{
	static const char greeting[] = "220 floor.example.test ESMTP (#3.01)\r\n";
	struct client *client = calloc(1, sizeof *client);

	if (client == NULL)
		die("calloc");
	client->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (client->fd < 0) {
		free(client);
		return;
	}
	setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &(int) { 1 }, sizeof(int));
	if (send(client->fd, greeting, sizeof greeting - 1, MSG_NOSIGNAL) < 0 ||
	    epoll_ctl(epoll, EPOLL_CTL_ADD, client->fd, &(struct epoll_event) { EPOLLIN, { .ptr = client } }) != 0)
		die("client");
}

static int
listen_on_loopback(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) != 0 || listen(fd, 4096) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &len) != 0)
		die("listen");
	printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
	fflush(stdout);
	return fd;
}

int
main(void)
{
	struct epoll_event events[EVENTS];
	int listener = listen_on_loopback(), epoll = epoll_create1(EPOLL_CLOEXEC);

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &(struct epoll_event) { EPOLLIN, { .ptr = NULL } }) != 0)
		die("epoll");
	for (;;) {
		int count = epoll_wait(epoll, events, EVENTS, -1);

		for (int i = 0; i < count; i++) {
			struct client *client = events[i].data.ptr;
			if (client == NULL) {
				welcome(epoll, listener);
			} else if (!serve(client)) {
				close(client->fd);
				free(client);
			}
		}
	}
}
