/* The output of a socket: octets that it does not accept at once are kept. */
#include "net/output.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A piece that the socket has not taken yet. */
struct unsent {
	uv_write_t request;
	struct output *output;
	char octets[];
};

static void
on_sent(uv_write_t *request, int status)
{
	struct output *output = ((struct unsent *)request)->output;
	free(request);
	output->unsent--;
	if (status < 0 && output->error == 0)
		output->error = status;
	output->sent(output);
}

/* Keeps octets until the socket takes them. Returns 0 or an error of libuv. */
static int
keep(struct output *output, const char *octets, size_t len)
{
	struct unsent *unsent = malloc(sizeof *unsent + len);
	if (unsent == NULL)
		return UV_ENOMEM;
	unsent->output = output;
	memcpy(unsent->octets, octets, len);
	uv_buf_t buffer = uv_buf_init(unsent->octets, (unsigned)len);
	int error = uv_write(&unsent->request, output->socket, &buffer, 1, on_sent);
	if (error < 0)
		free(unsent);
	else
		output->unsent++;
	return error;
}

void
output_write(struct output *output, const char *octets, size_t len)
{
	uv_buf_t buffer = { .base = (char *)(uintptr_t)octets, .len = len };
	if (output->error != 0 || len == 0)
		return;
	int sent = output->unsent > 0 ? UV_EAGAIN : uv_try_write(output->socket, &buffer, 1);
	if (sent == UV_EAGAIN)
		sent = 0;
	if (sent < 0)
		output->error = sent;
	else if ((size_t)sent < len)
		output->error = keep(output, octets + sent, len - (size_t)sent);
}

bool
output_is_full(const struct output *output)
{
	return output->unsent > 0;
}
