/* A socket for requests to the server, local or of TCP: one request, one answer, and the connection is closed. */
#include "process/control.h"

#include <string.h>

enum { BACKLOG = 16, SWEEP = 1000 };

static void accept_client(struct control *control);

static int
init_socket(uv_loop_t *loop, union control_socket *socket, bool local)
{
	return local ? uv_pipe_init(loop, &socket->pipe, 0) : uv_tcp_init(loop, &socket->tcp);
}

static void
on_closed(uv_handle_t *handle)
{
	struct control_client *client = handle->data;
	client->open = false;
	if (client->control->waiting)
		accept_client(client->control);
}

static void
close_client(struct control_client *client)
{
	if (!uv_is_closing(&client->socket.handle))
		uv_close(&client->socket.handle, on_closed);
}

static void
on_written(uv_write_t *request, int status)
{
	(void)status;
	close_client(request->handle->data);
}

static void
answer(struct control_client *client)
{
	struct control *control = client->control;
	struct text_buffer buffer = { .text = client->answer, .size = sizeof client->answer };
	client->answered = true;
	control->answer(control->context, client->request, &buffer);
	uv_buf_t written = uv_buf_init(buffer.text, (unsigned)buffer.len);
	if (uv_write(&client->writing, &client->socket.stream, &written, 1, on_written) < 0)
		close_client(client);
}

static void
on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
	struct control_client *client = handle->data;
	size_t room = sizeof client->request - 1 - client->len;
	(void)suggested;
	*buffer = uv_buf_init(client->request + client->len, (unsigned)room);
}

/* Octets behind a request are ignored. */
static void
on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
	struct control_client *client = stream->data;
	(void)buffer;
	if (len < 0) {
		close_client(client);
		return;
	}
	client->len += (size_t)len;
	client->request[client->len] = '\0';
	const char *end_of_request = client->control->end;
	if (client->len < sizeof client->request - 1 &&
	    memmem(client->request, client->len, end_of_request, strlen(end_of_request)) == NULL)
		return;
	uv_read_stop(stream);
	answer(client);
}

static void
on_sweep(uv_timer_t *timer)
{
	struct control *control = timer->data;
	bool any = false;
	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		struct control_client *client = &control->clients[i];
		if (client->open && client->deadline <= uv_now(timer->loop))
			close_client(client);
		any = any || client->open;
	}
	if (!any)
		uv_timer_stop(timer);
}

static struct control_client *
find_free(struct control *control)
{
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		if (!control->clients[i].open)
			return &control->clients[i];
	return NULL;
}

/* The client that must make room: one that is silent rather than one that is being answered, then the oldest. */
static struct control_client *
find_oldest(struct control *control)
{
	struct control_client *oldest = &control->clients[0];
	for (struct control_client *client = oldest + 1; client < control->clients + CONTROL_CLIENTS; client++)
		if (client->answered != oldest->answered ? oldest->answered : client->number < oldest->number)
			oldest = client;
	return oldest;
}

/* A client that finds no slot free is accepted as soon as the one that makes room is closed. */
static void
accept_client(struct control *control)
{
	struct control_client *client = find_free(control);
	uv_loop_t *loop = control->sweep.loop;
	control->waiting = client == NULL && control->open;
	if (control->waiting)
		close_client(find_oldest(control));
	if (client == NULL || !control->open)
		return;
	if (init_socket(loop, &client->socket, control->socket.handle.type == UV_NAMED_PIPE) < 0)
		return;
	client->socket.handle.data = client;
	client->control = control;
	client->open = true;
	client->answered = false;
	client->number = control->number++;
	client->len = 0;
	client->deadline = uv_now(loop) + CONTROL_TIME;
	if (!uv_is_active((uv_handle_t *)&control->sweep))
		uv_timer_start(&control->sweep, on_sweep, SWEEP, SWEEP);
	if (uv_accept(&control->socket.stream, &client->socket.stream) < 0 ||
	    uv_read_start(&client->socket.stream, on_alloc, on_read) < 0)
		close_client(client);
}

static void
on_connection(uv_stream_t *stream, int status)
{
	if (status == 0)
		accept_client(stream->data);
}

int
control_open(struct control *control, uv_loop_t *loop, int descriptor, bool local)
{
	int error = init_socket(loop, &control->socket, local);
	if (error < 0)
		return error;
	error = uv_timer_init(loop, &control->sweep);
	control->socket.handle.data = control;
	control->sweep.data = control;
	control->open = true;
	if (error == 0)
		error = local ? uv_pipe_open(&control->socket.pipe, descriptor)
		              : uv_tcp_open(&control->socket.tcp, descriptor);
	if (error == 0)
		error = uv_listen(&control->socket.stream, BACKLOG, on_connection);
	return error;
}

void
control_close(struct control *control)
{
	if (!control->open)
		return;
	control->open = false;
	uv_close(&control->socket.handle, NULL);
	uv_close((uv_handle_t *)&control->sweep, NULL);
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		if (control->clients[i].open)
			close_client(&control->clients[i]);
}
