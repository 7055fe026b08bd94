/*
 * Sessions with several mail servers of this host: each line of the input is one, CLIENT SENDER RECIPIENT..., from an
 * address of 127.0.0.0/8. Prints what the recipients got, and how long replies took.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { THREADS_MAX = 64, PORTS_MAX = 64, PORT_MAX = 65535, SESSIONS_MAX = 1000000, REPLIES_MAX = 4000000 };
enum { LINE_SIZE = 16384, WAIT_SECONDS = 30, MESSAGE_MAX = 1 << 20 };

struct connection {
	int fd;
	size_t at, end;
	char input[4096];
};

static char *lines[SESSIONS_MAX];
static unsigned sessions, port_count;
static char *message; /* with its end; NULL: none is sent */
static in_port_t ports[PORTS_MAX];
static atomic_uint next_session, reply_count, got['9' + 1];
static unsigned microseconds[REPLIES_MAX]; /* from the command to its reply */

static void
die(const char *what)
{
	fprintf(stderr, "cluster-load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double
now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void
open_connection(struct connection *c, const char *client, in_port_t port)
{
	struct sockaddr_in from = { .sin_family = AF_INET }, to = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct timeval wait = { .tv_sec = WAIT_SECONDS };
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	c->at = c->end = 0;
	if (inet_pton(AF_INET, client, &from.sin_addr) != 1)
		die(client);
	if ((c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0)
		die("socket");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &(int) { 1 }, sizeof(int));
	setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
	if (bind(c->fd, (struct sockaddr *)&from, sizeof from) != 0 ||
	    connect(c->fd, (struct sockaddr *)&to, sizeof to) != 0)
		die("connect");
}

static char
read_octet(struct connection *c)
{
	if (c->at == c->end) {
		ssize_t size = recv(c->fd, c->input, sizeof c->input, 0);
		if (size <= 0)
			die(size == 0 ? "the server left" : "no reply");
		c->at = 0;
		c->end = (size_t)size;
	}
	return c->input[c->at++];
}

/* Returns the first digit of a reply, which may have several lines. */
static unsigned char
read_reply(struct connection *c, double since)
{
	char start[4], octet;
	do {
		for (size_t i = 0; i < sizeof start; i++)
			start[i] = read_octet(c);
		do
			octet = read_octet(c);
		while (octet != '\n');
	} while (start[3] == '-');
	unsigned i = atomic_fetch_add(&reply_count, 1);
	if (i < REPLIES_MAX)
		microseconds[i] = (unsigned)((now() - since) * 1e6);
	return (unsigned char)start[0];
}

/* Sends a command, or several, and returns when that was. */
static double
say(struct connection *c, const char *text)
{
	double since = now();
	if (send(c->fd, text, strlen(text), MSG_NOSIGNAL) != (ssize_t)strlen(text))
		die("send");
	return since;
}

static void
expect(struct connection *c, double since, char class)
{
	unsigned char is = read_reply(c, since);
	if (is == (unsigned char)class)
		return;
	fprintf(stderr, "cluster-load: a reply %cxx in place of %cxx\n", is, class);
	exit(1);
}

/* Sends the recipients of a session at once, as clients that support PIPELINING do. */
static void
run_session(char *line, in_port_t port)
{
	struct connection c;
	char text[LINE_SIZE], *rest;
	const char *client = strtok_r(line, " \n", &rest), *sender = strtok_r(NULL, " \n", &rest), *recipient;
	unsigned recipients = 0;
	bool accepted = false;
	if (sender == NULL)
		die("a line without a sender");
	double since = now();
	open_connection(&c, client, port);
	expect(&c, since, '2');
	expect(&c, say(&c, "EHLO client.example.org\r\n"), '2');
	snprintf(text, sizeof text, "MAIL FROM:<%s>\r\n", sender);
	expect(&c, say(&c, text), '2');
	for (size_t len = 0; (recipient = strtok_r(NULL, " \n", &rest)) != NULL && len < sizeof text; recipients++)
		len += (size_t)snprintf(text + len, sizeof text - len, "RCPT TO:<%s>\r\n", recipient);
	since = say(&c, recipients > 0 ? text : "");
	for (; recipients > 0; recipients--) {
		unsigned char class = read_reply(&c, since);
		accepted = accepted || class == '2';
		if (class <= '9')
			atomic_fetch_add(&got[class], 1);
	}
	if (accepted && message != NULL) {
		expect(&c, say(&c, "DATA\r\n"), '3');
		expect(&c, say(&c, message), '2');
	}
	expect(&c, say(&c, "QUIT\r\n"), '2');
	close(c.fd);
}

static void *
run_sessions(void *unused)
{
	unsigned i;
	while ((i = atomic_fetch_add(&next_session, 1)) < sessions)
		run_session(lines[i], ports[i % port_count]);
	return unused;
}

static unsigned
number(const char *text, unsigned max)
{
	char *rest;
	unsigned long value = strtoul(text, &rest, 10);
	if (*rest == '\0' && value > 0 && value <= max)
		return (unsigned)value;
	fprintf(stderr, "cluster-load: %s is not from 1 to %u\n", text, max);
	exit(2);
}

/* Lines of so many octets, and the end of a message. */
static char *
make_message(size_t size)
{
	static const char line[] =
	    "A line of a message, as long as lines of messages are wont to be in most ......\r\n",
	                  end[] = ".\r\n";
	size_t lines_len = (size / (sizeof line - 1) + 1) * (sizeof line - 1);
	char *made = malloc(lines_len + sizeof end);
	if (made == NULL)
		die("malloc");
	for (size_t i = 0; i < lines_len; i += sizeof line - 1)
		memcpy(made + i, line, sizeof line - 1);
	memcpy(made + lines_len, end, sizeof end);
	return made;
}

static int
compare(const void *a, const void *b)
{
	const unsigned *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

static void
print(double seconds)
{
	size_t count = reply_count < REPLIES_MAX ? reply_count : REPLIES_MAX;
	qsort(microseconds, count, sizeof *microseconds, compare);
	printf("%u %.6f %u %u %u %u %u %u\n", sessions, seconds, got['2'], got['4'], got['5'], microseconds[count / 2],
	    microseconds[count * 99 / 100], microseconds[count - 1]);
}

/*
 * usage: cluster-load AT-A-TIME MESSAGE-OCTETS PORT..., 0: no message; prints sessions, seconds, recipients with 2xx,
 * 4xx, 5xx, microseconds: half, 99 %, worst
 */
int
main(int argc, char **argv)
{
	pthread_t threads[THREADS_MAX];
	char *line = NULL;
	size_t size = 0;
	if (argc < 4 || argc > 3 + PORTS_MAX)
		return 2;
	unsigned at_a_time = number(argv[1], THREADS_MAX);
	if (strcmp(argv[2], "0") != 0)
		message = make_message(number(argv[2], MESSAGE_MAX));
	for (; port_count < (unsigned)argc - 3; port_count++)
		ports[port_count] = (in_port_t)number(argv[3 + port_count], PORT_MAX);
	for (; sessions < SESSIONS_MAX && getline(&line, &size, stdin) > 0; sessions++)
		if ((lines[sessions] = strdup(line)) == NULL)
			die("strdup");
	free(line);
	if (sessions == 0)
		return 2;
	double start = now();
	for (unsigned i = 0; i < at_a_time; i++)
		if ((errno = pthread_create(&threads[i], NULL, run_sessions, NULL)) != 0)
			die("pthread_create");
	for (unsigned i = 0; i < at_a_time; i++)
		pthread_join(threads[i], NULL);
	print(now() - start);
	for (unsigned i = 0; i < sessions; i++)
		free(lines[i]);
	free(message);
	return 0;
}
