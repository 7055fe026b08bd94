/* The statistics of a server for Prometheus: its text format, version 0.0.4, over HTTP. */
#ifndef PROCESS_METRICS_H
#define PROCESS_METRICS_H

#include "base/text/text_buffer.h"

/* Answers the head of a request of HTTP/1.0 or 1.1 (RFC 9112): GET /metrics alone. context is a struct status. */
void metrics_answer(void *context, const char *request, struct text_buffer *buffer);

#endif
