/* The output of a socket: octets that it does not accept at once are kept. */
#ifndef NET_OUTPUT_H
#define NET_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

/* Of one connection, for the loop's thread. socket and sent are set by its owner, which outlives it. */
struct output {
	uv_stream_t *socket;
	void (*sent)(struct output *output); /* called when octets that were kept have left, or have failed to */
	unsigned unsent;                     /* pieces that are kept */
	int error;                           /* of libuv, for good: nothing is sent any more; 0: none */
};

/* Sends octets, in the order of the calls. A failure shows in output->error, also a later one: then sent() is called. */
void output_write(struct output *output, const char *octets, size_t len);

/* Is something kept that the peer has not taken? Then its sender should stop to make more. */
bool output_is_full(const struct output *output);

#endif
