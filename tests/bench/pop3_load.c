/* Makes load on a POP3 server of this host: so many sessions of one kind, so many at a time; prints units and seconds. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { AT_A_TIME_MAX = 64, IDLE_MAX = 20000, INPUT_MAX = 1 << 18, BATCH_MAX = 100, SECONDS_MAX = 300 };

#define PASSWORD "secret"

/* A client that has a mailbox of its own, "u0@example.test" and so on, so that none is locked by another. */
struct client {
	pthread_t thread;
	unsigned mailbox, sessions;
	int fd;
	size_t have; /* octets of input that are not taken yet */
	char input[INPUT_MAX + 1];
};

static const char *kind;
static unsigned amount;
static struct sockaddr_in server = { .sin_family = AF_INET };

static void
die(const char *what)
{
	fprintf(stderr, "pop3_load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
receive(struct client *c)
{
	ssize_t got = recv(c->fd, c->input + c->have, INPUT_MAX - c->have, 0);

	if (got <= 0)
		die("the server left");
	c->have += (size_t)got;
	c->input[c->have] = '\0';
}

static void
take(struct client *c, size_t len)
{
	c->have -= len;
	memmove(c->input, c->input + len, c->have + 1);
}

/* A first line, which must be good. It stays in the input until the next call of take(). */
static size_t
await_line(struct client *c)
{
	char *end;

	while ((end = memchr(c->input, '\n', c->have)) == NULL)
		receive(c);
	if (c->input[0] != '+') {
		fprintf(stderr, "pop3_load: %.*s\n", (int)(end - c->input), c->input);
		exit(1);
	}
	return (size_t)(end - c->input) + 1;
}

/* The lines behind it, up to the dot. */
static void
await_dot(struct client *c)
{
	static const char end[] = "\r\n.\r\n";
	char *at;

	take(c, await_line(c) - 2);
	while ((at = memmem(c->input, c->have, end, sizeof end - 1)) == NULL) {
		if (c->have > sizeof end)
			take(c, c->have - sizeof end + 1);
		receive(c);
	}
	take(c, (size_t)(at - c->input) + sizeof end - 1);
}

static void
say(const struct client *c, const char *octets, size_t len)
{
	for (ssize_t sent; len > 0; octets += sent, len -= (size_t)sent)
		if ((sent = send(c->fd, octets, len, MSG_NOSIGNAL)) <= 0)
			die("send");
}

static void
ask(struct client *c, const char *command)
{
	say(c, command, strlen(command));
	take(c, await_line(c));
}

static int
open_connection(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&server, sizeof server) != 0)
		die("connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int) { 1 }, sizeof(int));
	return fd;
}

/* By APOP, which costs next to nothing: passwords and their hashes are not what is measured. */
static void
log_in(struct client *c)
{
	char text[512], command[256];
	unsigned char digest[EVP_MAX_MD_SIZE];
	size_t len = await_line(c);
	char *stamp = memchr(c->input, '<', len), *end = stamp != NULL ? memchr(stamp, '>', len) : NULL;

	if (end == NULL)
		die("no APOP");
	snprintf(text, sizeof text, "%.*s" PASSWORD, (int)(end + 1 - stamp), stamp);
	take(c, len);
	EVP_Digest(text, strlen(text), digest, NULL, EVP_md5(), NULL);
	int used = snprintf(command, sizeof command, "APOP u%u@example.test ", c->mailbox);
	for (int i = 0; i < 16; i++)
		used += snprintf(command + used, sizeof command - (size_t)used, "%02x", digest[i]);
	snprintf(command + used, sizeof command - (size_t)used, "\r\n");
	ask(c, command);
}

/* Fetches messages 1, 2 and so on, so many commands at once. */
static void
fetch(struct client *c, unsigned at_once)
{
	char commands[BATCH_MAX * 16];

	for (unsigned number = 1; number <= amount;) {
		size_t len = 0;
		unsigned batch = amount - number + 1 < at_once ? amount - number + 1 : at_once;
		for (unsigned i = 0; i < batch; i++)
			len += (size_t)snprintf(commands + len, sizeof commands - len, "RETR %u\r\n", number++);
		say(c, commands, len);
		for (unsigned i = 0; i < batch; i++)
			await_dot(c);
	}
}

static void
run_session(struct client *c)
{
	c->fd = open_connection();
	c->have = 0;
	log_in(c);
	ask(c, "STAT\r\n");
	if (strcmp(kind, "uidl") == 0) {
		say(c, "UIDL\r\n", 6);
		await_dot(c);
	} else if (strcmp(kind, "retr") == 0) {
		fetch(c, 1);
	} else if (strcmp(kind, "pipeline") == 0) {
		fetch(c, BATCH_MAX);
	}
	ask(c, "QUIT\r\n");
	close(c->fd);
}

static void *
run(void *client)
{
	for (unsigned i = 0; i < ((struct client *)client)->sessions; i++)
		run_session(client);
	return NULL;
}

/* Connections that are greeted and say nothing, until the input ends. */
static void
stay(unsigned count)
{
	static struct client client;

	for (unsigned i = 0; i < count; i++) {
		client.fd = open_connection();
		client.have = 0;
		take(&client, await_line(&client));
	}
	printf("%u 1\n", count);
	fflush(stdout);
	while (read(STDIN_FILENO, &(char) { 0 }, 1) > 0)
		continue;
}

static unsigned
number(const char *text, unsigned max)
{
	char *rest;
	unsigned long value = strtoul(text, &rest, 10);

	if (*rest != '\0' || value == 0 || value > max) {
		fprintf(stderr, "pop3_load: %s is not from 1 to %u\n", text, max);
		exit(2);
	}
	return (unsigned)value;
}

static double
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* usage: pop3_load PORT stat|uidl|retr|pipeline|idle SESSIONS AT-A-TIME MESSAGES; a unit is a session, or a message */
int
main(int argc, char **argv)
{
	if (argc != 6)
		return 2;
	alarm(SECONDS_MAX);
	server.sin_port = htons((uint16_t)number(argv[1], 65535));
	server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	kind = argv[2];
	if (strcmp(kind, "idle") == 0) {
		stay(number(argv[3], IDLE_MAX));
		return 0;
	}
	unsigned sessions = number(argv[3], 100000), count = number(argv[4], AT_A_TIME_MAX);
	amount = number(argv[5], 1000000);
	struct client *clients = calloc(count, sizeof *clients);
	if (clients == NULL)
		die("memory");
	double start = now();
	for (unsigned i = 0; i < count; i++) {
		clients[i].mailbox = i;
		clients[i].sessions = sessions / count;
		if (pthread_create(&clients[i].thread, NULL, run, &clients[i]) != 0)
			die("thread");
	}
	for (unsigned i = 0; i < count; i++)
		pthread_join(clients[i].thread, NULL);
	bool fetches = strcmp(kind, "retr") == 0 || strcmp(kind, "pipeline") == 0;
	printf("%u %.6f\n", sessions / count * count * (fetches ? amount : 1), now() - start);
	free(clients);
	return 0;
}
