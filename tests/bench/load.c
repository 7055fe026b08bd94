/* Makes load on a mail server of this host: so many sessions of one kind, so many at a time; prints units and seconds. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 256, STEPS_MAX = 8, SECONDS_MAX = 60, PORT_MAX = 65535, BATCH_MAX = 2000 };
enum { SESSIONS_MAX = 100000, AT_A_TIME_MAX = 20000, SIZE_MAX_OCTETS = 16 << 20 };

#define SENDER  "MAIL FROM:<sender@example.org>\r\n"
#define UNKNOWN "RCPT TO:<nobody@example.test>\r\n"
#define KNOWN   "RCPT TO:<erika@example.test>\r\n"

/* Octets to send, so often, and what each time has to come: so many replies, each of this class. */
struct step {
	const char *octets;
	size_t len;
	unsigned replies;
	unsigned times;
	char class;
};

struct session {
	int fd;
	unsigned step, done; /* done: times of the step */
	unsigned replies;    /* of the step, that have come */
	size_t sent;
	unsigned column; /* in the line that is coming */
	char class, mark;
};

static struct step steps[STEPS_MAX];
static unsigned step_count;
static unsigned left, open_sessions, at_end; /* sessions */
static bool stay;                            /* at the end of the steps, in place of leaving */
static int epoll;
static struct sockaddr_in server = { .sin_family = AF_INET };

static void
die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
add_step(const char *octets, size_t len, unsigned replies, unsigned times, char class)
{
	steps[step_count++] = (struct step) { octets, len, replies, times, class };
}

static void
add_line(const char *line, unsigned times, char class)
{
	add_step(line, strlen(line), 1, times, class);
}

static void
begin(void)
{
	struct session *s = calloc(1, sizeof *s);

	if (s == NULL || (s->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) < 0)
		die("socket");
	setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &(int) { 1 }, sizeof(int));
	if (connect(s->fd, (struct sockaddr *)&server, sizeof server) != 0 && errno != EINPROGRESS)
		die("connect");
	struct epoll_event event = { EPOLLIN | EPOLLOUT | EPOLLET, { .ptr = s } };
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, s->fd, &event) != 0)
		die("epoll");
	left--;
	open_sessions++;
}

static void
end(struct session *s)
{
	if (stay)
		epoll_ctl(epoll, EPOLL_CTL_DEL, s->fd, NULL);
	else
		close(s->fd);
	free(s);
	open_sessions--;
	at_end++;
	if (left > 0)
		begin();
}

/* Sends what the step still has. */
static void
push(struct session *s)
{
	const struct step *step = &steps[s->step];

	while (s->sent < step->len) {
		ssize_t sent = send(s->fd, step->octets + s->sent, step->len - s->sent, MSG_NOSIGNAL);
		if (sent < 0 && (errno == EAGAIN || errno == ENOTCONN))
			return;
		if (sent < 0)
			die("send");
		s->sent += (size_t)sent;
	}
}

/* A whole reply has come. Returns whether it was the last of the session. */
static bool
advance(struct session *s)
{
	const struct step *step = &steps[s->step];

	if (s->class != step->class) {
		fprintf(stderr, "load: step %u got a reply %cxx\n", s->step, s->class);
		exit(1);
	}
	if (++s->replies < step->replies)
		return false;
	s->replies = 0;
	s->sent = 0;
	if (++s->done == step->times) {
		s->done = 0;
		if (++s->step == step_count)
			return true;
	}
	push(s);
	return false;
}

/* Returns whether the session is at its end. */
static bool
pull(struct session *s)
{
	static char input[1 << 18];
	ssize_t got;

	while ((got = recv(s->fd, input, sizeof input, 0)) > 0) {
		for (const char *at = input; at < input + got; at++) {
			if (*at == '\n') {
				s->column = 0;
				if (s->mark != '-' && advance(s))
					return true;
				continue;
			}
			if (s->column == 0)
				s->class = *at;
			else if (s->column == 3)
				s->mark = *at;
			s->column++;
		}
	}
	if (got == 0 || (errno != EAGAIN && errno != ENOTCONN))
		die("the server left");
	return false;
}

static double
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Lines for so many octets, and what ends them. To be freed. */
static char *
repeat(const char *line, size_t size, const char *tail, size_t *len)
{
	size_t line_len = strlen(line), count = (size + line_len - 1) / line_len;
	char *octets = malloc(count * line_len + strlen(tail) + 1);

	if (octets == NULL)
		die("malloc");
	for (size_t i = 0; i < count; i++)
		memcpy(octets + i * line_len, line, line_len);
	memcpy(octets + count * line_len, tail, strlen(tail));
	*len = count * line_len + strlen(tail);
	return octets;
}

static unsigned
number(const char *text, unsigned max)
{
	char *rest;
	unsigned long value = strtoul(text, &rest, 10);

	if (*rest != '\0' || value == 0 || value > max) {
		fprintf(stderr, "load: %s is not from 1 to %u\n", text, max);
		exit(2);
	}
	return (unsigned)value;
}

/* Lays down the steps of a kind of session. Returns how many units one has, and leaves what is to be freed. */
static unsigned
plan(const char *kind, const char *amount, char **octets)
{
	size_t len;

	add_step("", 0, 1, 1, '2');
	add_line("EHLO client.example.org\r\n", 1, '2');
	stay = strcmp(kind, "idle") == 0;
	if (stay)
		return 1;
	add_line(SENDER, 1, '2');
	if (strcmp(kind, "message") == 0) {
		*octets = repeat("A line of a message, as long as lines of messages are wont to be in most ......\r\n",
		    number(amount, SIZE_MAX_OCTETS), ".\r\n", &len);
		add_line(KNOWN, 1, '2');
		add_line("DATA\r\n", 1, '3');
		add_step(*octets, len, 1, 1, '2');
		add_line("QUIT\r\n", 1, '2');
		return 1;
	}
	unsigned count = number(amount, 1000 * BATCH_MAX), batch = count < BATCH_MAX ? count : BATCH_MAX;
	if (strcmp(kind, "pipeline") == 0) {
		*octets = repeat(UNKNOWN, batch * strlen(UNKNOWN), "", &len);
		add_step(*octets, len, batch, count / batch, '5');
		count -= count % batch;
	} else {
		add_line(UNKNOWN, count, '5');
	}
	add_line("QUIT\r\n", 1, '2');
	return count;
}

static void
run(unsigned sessions, unsigned at_a_time)
{
	struct epoll_event events[EVENTS];

	for (left = sessions; open_sessions < at_a_time && left > 0;)
		begin();
	while (at_end < sessions) {
		int count = epoll_wait(epoll, events, EVENTS, -1);
		for (int i = 0; i < count; i++) {
			struct session *s = events[i].data.ptr;
			if ((events[i].events & EPOLLOUT) != 0)
				push(s);
			if ((events[i].events & ~(unsigned)EPOLLOUT) != 0 && pull(s))
				end(s);
		}
	}
}

/* usage: load PORT refuse|pipeline|message|idle SESSIONS AT-A-TIME AMOUNT; idle stays until its input ends */
int
main(int argc, char **argv)
{
	char *octets = NULL;

	if (argc != 6)
		return 2;
	alarm(SECONDS_MAX);
	server.sin_port = htons((uint16_t)number(argv[1], PORT_MAX));
	server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	unsigned units = plan(argv[2], argv[5], &octets), sessions = number(argv[3], SESSIONS_MAX);
	epoll = epoll_create1(EPOLL_CLOEXEC);

	double start = now();
	run(sessions, number(argv[4], AT_A_TIME_MAX));
	printf("%llu %.6f\n", (unsigned long long)units * sessions, now() - start);
	fflush(stdout);
	if (stay)
		while (read(STDIN_FILENO, &(char) { 0 }, 1) > 0)
			continue;
	free(octets);
	return 0;
}
