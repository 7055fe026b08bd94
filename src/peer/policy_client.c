/* Asks a policy service over a few connections that are kept open. */
#include "peer/policy_client.h"

#include <stdio.h>
#include <string.h>

static void serve(struct policy_client *client);

static int64_t
now(const struct policy_client *client)
{
	return (int64_t)uv_now(client->timer.loop);
}

/* The question is its asker's again, and may be gone when this returns. */
static void
fail(struct service_question *question, const char *why)
{
	question->answer = (struct service_answer) { .action = SERVICE_FAILED };
	snprintf(question->answer.text, sizeof question->answer.text, "%s", why);
	question->done(question);
}

/* The questions that wait for a connection, in the order in which their time is up. */
static void
put_last(struct policy_client *client, struct service_question *question)
{
	question->next = NULL;
	if (client->last != NULL)
		client->last->next = question;
	else
		client->first = question;
	client->last = question;
}

/* One that has been taken out of them. */
static void
put_back(struct policy_client *client, struct service_question *question)
{
	struct service_question **at = &client->first;
	while (*at != NULL && (*at)->deadline < question->deadline)
		at = &(*at)->next;
	question->next = *at;
	*at = question;
	if (question->next == NULL)
		client->last = question;
}

static struct service_question *
take_first(struct policy_client *client)
{
	struct service_question *question = client->first;
	client->first = question->next;
	if (client->first == NULL)
		client->last = NULL;
	return question;
}

/* Questions that wait get the place, and may end there and then, where no connection can be made. */
static void
on_closed(uv_handle_t *handle)
{
	struct policy_link *link = handle->data;
	link->state = LINK_CLOSED;
	serve(link->client);
	link->client->after(link->client->context);
}

static void
close_link(struct policy_link *link)
{
	link->state = LINK_CLOSING;
	if (!uv_is_closing(&link->socket.handle))
		uv_close(&link->socket.handle, on_closed);
}

static void
fail_link(struct policy_link *link, const char *why)
{
	struct service_question *question = link->question;
	link->question = NULL;
	close_link(link);
	if (question == NULL)
		return;
	fail(question, why);
	link->client->after(link->client->context);
}

/*
 * The service has closed. On a connection that was old it may have done so before it saw the question, which is then
 * asked once more, on a new one.
 */
static void
lose_link(struct policy_link *link, const char *why)
{
	struct service_question *question = link->question;
	if (question == NULL || !link->proven || link->len > 0 || question->again) {
		fail_link(link, why);
		return;
	}
	link->question = NULL;
	close_link(link);
	question->again = true;
	put_back(link->client, question);
	serve(link->client);
	link->client->after(link->client->context);
}

/* A service that answers what it has not been asked yet, or says more than an answer, is not trusted with another question. */
static void
take_answer(struct policy_link *link, size_t len)
{
	struct service_question *question = link->question;
	service_answer_read(&question->answer, link->answer, len);
	link->question = NULL;
	if (question->answer.action == SERVICE_FAILED || len < link->len || !link->written) {
		close_link(link);
	} else {
		link->state = LINK_IDLE;
		link->proven = true;
		link->idle_until = now(link->client) + POLICY_IDLE_TIME;
	}
	question->done(question);
	serve(link->client);
	link->client->after(link->client->context);
}

/* Octets up to the end of an answer, which is an empty line; 0 where it has not come yet. */
static size_t
find_end(const char *answer, size_t len)
{
	for (const char *at = answer, *end = answer + len; (at = memchr(at, '\n', (size_t)(end - at))) != NULL;) {
		at++;
		const char *next = at < end && *at == '\r' ? at + 1 : at;
		if (next < end && *next == '\n')
			return (size_t)(next - answer) + 1;
	}
	return 0;
}

static void
on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
	struct policy_link *link = handle->data;
	(void)suggested;
	*buffer = uv_buf_init(link->answer + link->len, (unsigned)(sizeof link->answer - link->len));
}

/* Where nothing is asked nothing is to be said; the service has gone, or is confused. */
static void
on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
	struct policy_link *link = stream->data;
	(void)buffer;
	if (len == 0)
		return;
	if (len < 0 || link->state != LINK_ASKING) {
		lose_link(link, "the service has closed the connection without an answer");
		return;
	}
	link->len += (size_t)len;
	size_t end = find_end(link->answer, link->len);
	if (end > 0)
		take_answer(link, end);
	else if (link->len == sizeof link->answer)
		fail_link(link, "the answer is too long");
}

static void
on_written(uv_write_t *request, int status)
{
	struct policy_link *link = request->data;
	link->written = status == 0;
	if (status < 0 && link->state == LINK_ASKING)
		lose_link(link, uv_strerror(status));
}

static void
send_question(struct policy_link *link)
{
	const struct service_request *request = link->question->request;
	uv_buf_t buffer = uv_buf_init((char *)(uintptr_t)request->text, (unsigned)request->len);
	link->state = LINK_ASKING;
	link->len = 0;
	link->written = false;
	link->writing.data = link;
	int error = uv_write(&link->writing, &link->socket.stream, &buffer, 1, on_written);
	if (error < 0)
		lose_link(link, uv_strerror(error));
}

/* So many connect at a time that a socket of this machine takes no more: in a moment it will. */
static void
wait_for_room(struct policy_link *link)
{
	struct policy_client *client = link->client;
	client->crowded_until = now(client) + POLICY_CROWDED_TIME;
	put_back(client, link->question);
	link->question = NULL;
	close_link(link);
}

static void
on_connected(uv_connect_t *connecting, int status)
{
	struct policy_link *link = connecting->data;
	if (link->state != LINK_CONNECTING)
		return;
	if (status == UV_EAGAIN) {
		wait_for_room(link);
		return;
	}
	if (status == 0)
		status = uv_read_start(&link->socket.stream, on_alloc, on_read);
	if (status == 0)
		send_question(link);
	else
		fail_link(link, uv_strerror(status));
}

static int
connect_link(struct policy_link *link)
{
	struct policy_client *client = link->client;
	uv_loop_t *loop = client->timer.loop;
	bool local = client->endpoint.address.any.sa_family == AF_UNIX;
	int error = local ? uv_pipe_init(loop, &link->socket.pipe, 0) : uv_tcp_init(loop, &link->socket.tcp);
	if (error < 0)
		return error;
	link->socket.handle.data = link;
	link->connecting.data = link;
	link->state = LINK_CONNECTING;
	link->proven = false;
	if (local) {
		uv_pipe_connect(
		    &link->connecting, &link->socket.pipe, client->endpoint.address.local.sun_path, on_connected);
		return 0;
	}
	return uv_tcp_connect(&link->connecting, &link->socket.tcp, &client->endpoint.address.any, on_connected);
}

static struct policy_link *
find_link(struct policy_client *client, enum policy_link_state state)
{
	for (size_t i = 0; i < POLICY_LINKS; i++)
		if (client->links[i].state == state)
			return &client->links[i];
	return NULL;
}

/* Gives a question a connection, if one can be had. */
static bool
serve_first(struct policy_client *client)
{
	struct policy_link *link = client->first->again ? NULL : find_link(client, LINK_IDLE);
	if (link == NULL && client->crowded_until <= now(client))
		link = find_link(client, LINK_CLOSED);
	if (link == NULL)
		return false;
	link->question = take_first(client);
	if (link->state == LINK_IDLE) {
		send_question(link);
		return true;
	}
	int error = connect_link(link);
	if (error == 0)
		return true;
	struct service_question *question = link->question;
	link->question = NULL;
	if (link->state == LINK_CONNECTING)
		close_link(link);
	fail(question, uv_strerror(error));
	return true;
}

/* When the time of something is up; INT64_MAX where there is nothing. */
static int64_t
end_of_link(const struct policy_link *link)
{
	if (link->question != NULL)
		return link->question->deadline;
	return link->state == LINK_IDLE ? link->idle_until : INT64_MAX;
}

static int64_t
next_end(const struct policy_client *client)
{
	int64_t end = client->first != NULL ? client->first->deadline : INT64_MAX;
	if (client->crowded_until > now(client) && client->crowded_until < end)
		end = client->crowded_until;
	for (size_t i = 0; i < POLICY_LINKS; i++)
		if (end_of_link(&client->links[i]) < end)
			end = end_of_link(&client->links[i]);
	return end;
}

static void expire(uv_timer_t *timer);

static void
serve(struct policy_client *client)
{
	while (client->first != NULL && serve_first(client))
		;
	int64_t end = next_end(client), time = now(client);
	if (uv_is_closing((const uv_handle_t *)&client->timer))
		return;
	if (end == INT64_MAX)
		uv_timer_stop(&client->timer);
	else
		uv_timer_start(&client->timer, expire, end > time ? (uint64_t)(end - time) : 0, 0);
}

static void
expire(uv_timer_t *timer)
{
	static const char why[] = "no answer within the time limit";
	struct policy_client *client = timer->data;
	int64_t time = now(client);
	for (size_t i = 0; i < POLICY_LINKS; i++)
		if (end_of_link(&client->links[i]) <= time)
			fail_link(&client->links[i], why);
	while (client->first != NULL && client->first->deadline <= time)
		fail(take_first(client), why);
	serve(client);
	client->after(client->context);
}

static void
ask(struct policy_service *service, struct service_question *question)
{
	struct policy_client *client = (struct policy_client *)service;
	question->deadline = now(client) + client->limit;
	question->again = false;
	put_last(client, question);
	serve(client);
}

int
policy_client_open(struct policy_client *client, uv_loop_t *loop)
{
	client->service.ask = ask;
	client->first = client->last = NULL;
	client->crowded_until = 0;
	for (size_t i = 0; i < POLICY_LINKS; i++) {
		client->links[i].client = client;
		client->links[i].state = LINK_CLOSED;
		client->links[i].question = NULL;
	}
	client->timer.data = client;
	return uv_timer_init(loop, &client->timer);
}
