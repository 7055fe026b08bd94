/* Replies on their way to the client: rendered one behind the other, sent at once. */
#ifndef NET_OUTPUT_H
#define NET_OUTPUT_H

#include "net/stream.h"

/* Sends octets as they are; what the socket does not take is kept for later. */
void output_put(struct stream *stream, const char *octets, size_t len);

/* Sends what stream_reply() and stream_send() have gathered for a stream; what it does not take is kept for later. */
void output_send(struct stream *stream);

#endif
