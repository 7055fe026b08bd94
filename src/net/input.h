/* Octets from a client that its session has not taken yet. They may hold passwords: all copies are wiped. */
#ifndef NET_INPUT_H
#define NET_INPUT_H

#include <stdbool.h>
#include <stddef.h>

/* Of one connection; nothing more is read from the socket while some are kept. All zero is empty. */
struct input {
	char *octets;
	size_t at, end; /* those from at to end are kept */
	bool reading;   /* the socket is being read */
	bool ended;     /* the client has ended its half */
	bool discard;   /* encryption has begun: buffered octets arrived in the clear, and are discarded */
	bool surplus;   /* octets were discarded behind the end of the session */
};

/* The octets that are kept, and their number. */
const char *input_octets(const struct input *input);
size_t input_len(const struct input *input);

/* Keeps a copy of octets; none are kept yet. Returns 0, or -1 if memory is out. */
int input_keep(struct input *input, const char *octets, size_t len);

/* Drops the first of those that are kept. */
void input_consume(struct input *input, size_t len);

/* Drops all. */
void input_clear(struct input *input);

#endif
