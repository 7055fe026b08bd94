/* A socket for questions about the server: one request, one answer, and the connection is closed. */
#include "process/control.h"

#include <string.h>

enum { BACKLOG = 16, SWEEP = 1000 };

static void take(struct inquiry *inquiry);

static int
init_socket(uv_loop_t *loop, union inquiry_socket *socket, bool local)
{
	return local ? uv_pipe_init(loop, &socket->pipe, 0) : uv_tcp_init(loop, &socket->tcp);
}

static void
on_closed(uv_handle_t *handle)
{
	struct inquirer *inquirer = handle->data;
	inquirer->open = false;
	if (inquirer->inquiry->waiting)
		take(inquirer->inquiry);
}

static void
end(struct inquirer *inquirer)
{
	if (!uv_is_closing(&inquirer->socket.handle))
		uv_close(&inquirer->socket.handle, on_closed);
}

static void
on_written(uv_write_t *request, int status)
{
	(void)status;
	end(request->handle->data);
}

static void
answer(struct inquirer *inquirer)
{
	struct inquiry *inquiry = inquirer->inquiry;
	struct page page = { .text = inquirer->answer, .size = sizeof inquirer->answer };
	inquiry->answer(inquiry->context, inquirer->request, &page);
	uv_buf_t buffer = uv_buf_init(page.text, (unsigned)page.len);
	if (uv_write(&inquirer->writing, &inquirer->socket.stream, &buffer, 1, on_written) < 0)
		end(inquirer);
}

static void
on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
	struct inquirer *inquirer = handle->data;
	size_t room = sizeof inquirer->request - 1 - inquirer->len;
	(void)suggested;
	*buffer = uv_buf_init(inquirer->request + inquirer->len, (unsigned)room);
}

/* What comes behind a request is not looked at. */
static void
on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
	struct inquirer *inquirer = stream->data;
	(void)buffer;
	if (len < 0) {
		end(inquirer);
		return;
	}
	inquirer->len += (size_t)len;
	inquirer->request[inquirer->len] = '\0';
	const char *end_of_request = inquirer->inquiry->end;
	if (inquirer->len < sizeof inquirer->request - 1 &&
	    memmem(inquirer->request, inquirer->len, end_of_request, strlen(end_of_request)) == NULL)
		return;
	uv_read_stop(stream);
	answer(inquirer);
}

static void
on_sweep(uv_timer_t *timer)
{
	struct inquiry *inquiry = timer->data;
	bool any = false;
	for (size_t i = 0; i < INQUIRERS; i++) {
		struct inquirer *inquirer = &inquiry->inquirers[i];
		if (inquirer->open && inquirer->deadline <= uv_now(timer->loop))
			end(inquirer);
		any = any || inquirer->open;
	}
	if (!any)
		uv_timer_stop(timer);
}

static struct inquirer *
find_free(struct inquiry *inquiry)
{
	for (size_t i = 0; i < INQUIRERS; i++)
		if (!inquiry->inquirers[i].open)
			return &inquiry->inquirers[i];
	return NULL;
}

static void
take(struct inquiry *inquiry)
{
	struct inquirer *inquirer = find_free(inquiry);
	uv_loop_t *loop = inquiry->sweep.loop;
	inquiry->waiting = inquirer == NULL && inquiry->open;
	if (inquirer == NULL || !inquiry->open)
		return;
	if (init_socket(loop, &inquirer->socket, inquiry->socket.handle.type == UV_NAMED_PIPE) < 0)
		return;
	inquirer->socket.handle.data = inquirer;
	inquirer->inquiry = inquiry;
	inquirer->open = true;
	inquirer->len = 0;
	inquirer->deadline = uv_now(loop) + INQUIRY_TIME;
	if (!uv_is_active((uv_handle_t *)&inquiry->sweep))
		uv_timer_start(&inquiry->sweep, on_sweep, SWEEP, SWEEP);
	if (uv_accept(&inquiry->socket.stream, &inquirer->socket.stream) < 0 ||
	    uv_read_start(&inquirer->socket.stream, on_alloc, on_read) < 0)
		end(inquirer);
}

static void
on_connection(uv_stream_t *stream, int status)
{
	if (status == 0)
		take(stream->data);
}

int
inquiry_open(struct inquiry *inquiry, uv_loop_t *loop, int descriptor, bool local)
{
	int error = init_socket(loop, &inquiry->socket, local);
	if (error < 0)
		return error;
	error = uv_timer_init(loop, &inquiry->sweep);
	inquiry->socket.handle.data = inquiry;
	inquiry->sweep.data = inquiry;
	inquiry->open = true;
	if (error == 0)
		error = local ? uv_pipe_open(&inquiry->socket.pipe, descriptor)
		              : uv_tcp_open(&inquiry->socket.tcp, descriptor);
	if (error == 0)
		error = uv_listen(&inquiry->socket.stream, BACKLOG, on_connection);
	return error;
}

void
inquiry_close(struct inquiry *inquiry)
{
	if (!inquiry->open)
		return;
	inquiry->open = false;
	uv_close(&inquiry->socket.handle, NULL);
	uv_close((uv_handle_t *)&inquiry->sweep, NULL);
	for (size_t i = 0; i < INQUIRERS; i++)
		if (inquiry->inquirers[i].open)
			end(&inquiry->inquirers[i]);
}
