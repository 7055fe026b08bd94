/* Asks a policy service over a few connections that are kept open. */
#include "peer/policy_client.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char TIME_IS_UP[] = "no answer within the time limit";
static const char CLOSED[] = "the service has closed the connection without an answer";

static int64_t
now(const struct policy_client *client)
{
	return (int64_t)uv_now(client->timer.loop);
}

/* The question is its asker's again, and may be gone when this returns. */
static void
complete(struct policy_client *client, struct service_question *question)
{
	client->ended = true;
	question->done(question);
}

static void
fail(struct policy_client *client, struct service_question *question, const char *what, const char *why)
{
	question->answer = (struct service_answer) { .action = SERVICE_FAILED };
	snprintf(question->answer.text, sizeof question->answer.text, "%s%s", what, why);
	complete(client, question);
}

/* Questions that wait for a connection are in the order of their deadlines. */
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

/* For one that has waited before. */
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

static void
close_link(struct policy_link *link)
{
	link->state = POLICY_CLOSED;
	link_close(&link->link);
}

/* Ends the question of a link, if it has one, and the link. */
static void
fail_link(struct policy_link *link, const char *why)
{
	struct service_question *question = link->question;
	link->question = NULL;
	close_link(link);
	if (question != NULL)
		fail(link->client, question, "", why);
}

/*
 * The service has closed. If the connection was old, it may have done so before it saw the question, which is then asked
 * once more, over a new connection.
 */
static void
lose_link(struct policy_link *link, const char *why)
{
	struct policy_client *client = link->client;
	struct service_question *question = link->question;
	if (question == NULL) {
		close_link(link);
	} else if (!link->proven || link->len > 0 || question->again) {
		peer_breaker_answered(&client->breaker, link->pass, now(client));
		fail_link(link, why);
	} else {
		peer_breaker_unknown(&client->breaker, link->pass);
		link->question = NULL;
		close_link(link);
		question->again = true;
		put_back(client, question);
	}
}

/* The service cannot be reached, or does not answer. Time is up for a link that is idle, too. */
static void
fail_peer(struct policy_link *link, int error)
{
	struct policy_client *client = link->client;
	const char *why = error == ETIMEDOUT ? TIME_IS_UP : strerror(error);
	if (link->question != NULL && link->state == POLICY_ASKING)
		peer_breaker_timed_out(&client->breaker, link->pass, link->started, now(client), why);
	else if (link->question != NULL)
		peer_breaker_failed(&client->breaker, link->pass, link->started, now(client), why);
	fail_link(link, why);
}

static bool
is_sent(const struct policy_link *link)
{
	return link->sent == link->question->request->len;
}

/* A service that answers before it has the question, or sends more than an answer, is not asked again on this link. */
static void
take_answer(struct policy_link *link, size_t len)
{
	struct policy_client *client = link->client;
	struct service_question *question = link->question;
	bool usable = len == link->len && is_sent(link);
	service_answer_read(&question->answer, link->answer, len);
	peer_breaker_answered(&client->breaker, link->pass, now(client));
	link->question = NULL;
	if (question->answer.action == SERVICE_FAILED || !usable) {
		close_link(link);
	} else {
		link->state = POLICY_IDLE;
		link->proven = true;
		link_set_deadline(&link->link, now(client) + POLICY_IDLE_TIME);
	}
	complete(client, question);
}

/* Octets up to the end of an answer, which is an empty line; 0 if it is not complete. */
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

/* No octets may arrive while no question is under way: the service has closed the link, or violates the protocol. */
static void
receive_some(struct policy_link *link)
{
	ssize_t got = link_receive(&link->link, link->answer + link->len, sizeof link->answer - link->len);
	if (got < 0 && errno == EAGAIN)
		return;
	if (got <= 0 || link->state != POLICY_ASKING) {
		lose_link(link, CLOSED);
		return;
	}
	link->len += (size_t)got;
	size_t end = find_end(link->answer, link->len);
	if (end > 0) {
		take_answer(link, end);
	} else if (link->len == sizeof link->answer) {
		peer_breaker_answered(&link->client->breaker, link->pass, now(link->client));
		fail_link(link, "the answer is too long");
	}
}

static void
send_some(struct policy_link *link)
{
	const struct service_request *request = link->question->request;
	ssize_t sent = link_send(&link->link, request->text + link->sent, request->len - link->sent);
	if (sent < 0 && errno != EAGAIN) {
		lose_link(link, strerror(errno));
		return;
	}
	link->sent += sent > 0 ? (size_t)sent : 0;
	link_want_write(&link->link, !is_sent(link));
}

static void
send_question(struct policy_link *link)
{
	link->state = POLICY_ASKING;
	link->len = link->sent = 0;
	link_set_deadline(&link->link, peer_pass_deadline(link->pass, link->started, link->question->deadline));
	send_some(link);
}

static struct policy_link *
find_idle(struct policy_client *client)
{
	for (size_t i = 0; i < POLICY_LINKS; i++)
		if (client->links[i].state == POLICY_IDLE)
			return &client->links[i];
	return NULL;
}

static struct policy_link *
find_free(struct policy_client *client)
{
	for (size_t i = 0; i < POLICY_LINKS; i++)
		if (client->links[i].link.phase == LINK_FREE)
			return &client->links[i];
	return NULL;
}

/* Gives the first question a connection, or its end if the service is down. False if it has to wait. */
static bool
serve_first(struct policy_client *client)
{
	struct policy_link *link = client->first->again ? NULL : find_idle(client);
	if (link == NULL)
		link = find_free(client);
	if (link == NULL && !peer_breaker_refuses(&client->breaker))
		return false;
	enum peer_pass pass = link != NULL ? peer_breaker_admit(&client->breaker, now(client)) : PEER_REFUSED;
	struct service_question *question = take_first(client);
	if (pass == PEER_REFUSED) {
		fail(client, question, "it is down: ", client->breaker.cause);
		return true;
	}
	link->question = question;
	link->pass = pass;
	link->started = now(client);
	if (link->state == POLICY_IDLE) {
		send_question(link);
		return true;
	}
	link->state = POLICY_CONNECTING;
	link->proven = false;
	link_open(&link->link, &client->endpoint, peer_pass_deadline(pass, link->started, question->deadline));
	return true;
}

/* When the first question stops waiting for a connection. */
static int64_t
patience_of_first(const struct policy_client *client)
{
	return peer_breaker_patience(&client->breaker, client->first->deadline, client->limit);
}

static void expire(uv_timer_t *timer);

static void
serve(struct policy_client *client)
{
	while (client->first != NULL && serve_first(client))
		;
	if (client->first == NULL) {
		uv_timer_stop(&client->timer);
		return;
	}
	int64_t left = patience_of_first(client) - now(client);
	uv_timer_start(&client->timer, expire, left > 0 ? (uint64_t)left : 0, 0);
}

/* After an event: assigns freed links to waiting questions, and reports finished ones. */
static void
serve_all(struct policy_client *client)
{
	serve(client);
	if (client->ended) {
		client->ended = false;
		client->after(client->context);
	}
}

static void
expire(uv_timer_t *timer)
{
	struct policy_client *client = timer->data;
	while (client->first != NULL && patience_of_first(client) <= now(client))
		fail(client, take_first(client), "", TIME_IS_UP);
	serve_all(client);
}

static void
on_event(struct link *link_, enum link_event event, int error)
{
	struct policy_link *link = (struct policy_link *)(void *)link_;
	struct policy_client *client = link->client;
	switch (event) {
	case LINK_CONNECTED: send_question(link); break;
	case LINK_READABLE: receive_some(link); break;
	case LINK_WRITABLE: send_some(link); break;
	case LINK_FAILED: fail_peer(link, error); break;
	case LINK_CLOSED: break;
	}
	serve_all(client);
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
	client->timer.data = client;
	int error = uv_timer_init(loop, &client->timer);
	for (size_t i = 0; i < POLICY_LINKS && error == 0; i++) {
		client->links[i].client = client;
		client->links[i].state = POLICY_CLOSED;
		client->links[i].question = NULL;
		client->links[i].link.notify = on_event;
		error = link_init(&client->links[i].link, loop);
	}
	return error;
}

void
policy_client_close(struct policy_client *client)
{
	for (size_t i = 0; i < POLICY_LINKS; i++)
		link_dispose(&client->links[i].link);
}
