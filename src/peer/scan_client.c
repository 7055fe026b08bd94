/* Asks a scanner about messages, over a bounded number of connections on the loop; one message a connection. */
#include "peer/scan_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static const char TIME_IS_UP[] = "no answer: Connection timed out";

/* The progress of reading the message. */
enum feed { FEED_PIECES, FEED_END, FEED_DONE };

/*
 * The buffers of a connection. It outlives the connection while a job reads into it: link is NULL then, and the job's end
 * frees it.
 */
struct scan_work {
	struct job job;
	struct scan_link *link;
	bool reading; /* the job is under way */
	int file;     /* a descriptor of the job's own; the message's may be closed meanwhile */
	ssize_t got;  /* by the job: octets, or -1 with error */
	int error;
	enum feed feed;
	uint64_t at; /* octets of the message that have been read */
	size_t sent, filled;
	size_t answer_len, answer_room;
	char *answer;
	struct {
		uint32_t len; /* in network order; goes first if the dialect is framed */
		char octets[SCAN_BLOCK];
	} piece;
};

static void serve_all(struct scan_client *client);

static int64_t
now(const struct scan_client *client)
{
	return (int64_t)uv_now(client->timer.loop);
}

static void __attribute__((format(printf, 2, 3))) fail(struct scan_question *question, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(question->text, sizeof question->text, format, arguments);
	va_end(arguments);
	question->verdict = SCAN_FAILED;
}

static void
release_work(struct scan_link *link)
{
	struct scan_work *work = link->work;
	link->work = NULL;
	if (work == NULL)
		return;
	work->link = NULL;
	if (work->reading)
		return;
	free(work->answer);
	free(work);
}

/* The question is its owner's again, and may be gone when this returns. */
static void
complete(struct scan_client *client, struct scan_question *question)
{
	client->ended = true;
	question->done(question);
}

static void
finish(struct scan_link *link)
{
	struct scan_question *question = link->question;
	link->question = NULL;
	release_work(link);
	link_close(&link->link);
	complete(link->client, question);
}

/* The peer is there: it has answered, or at least has accepted the connection. */
static void
finish_answered(struct scan_link *link)
{
	peer_breaker_answered(&link->client->breaker, link->pass, now(link->client));
	finish(link);
}

/* It cannot be reached. */
static void
finish_down(struct scan_link *link)
{
	struct scan_client *client = link->client;
	peer_breaker_failed(&client->breaker, link->pass, link->started, now(client), link->question->text);
	finish(link);
}

/* It has not answered in time. */
static void
finish_late(struct scan_link *link)
{
	struct scan_client *client = link->client;
	peer_breaker_timed_out(&client->breaker, link->pass, link->started, now(client), link->question->text);
	finish(link);
}

/* The fault is not the peer's. */
static void
finish_unknown(struct scan_link *link)
{
	peer_breaker_unknown(&link->client->breaker, link->pass);
	finish(link);
}

/* Reads from memory alone; EAGAIN: a job has to read. */
static ssize_t
read_at_once(const struct scan_subject *subject, char *octets, size_t size, uint64_t at)
{
	struct iovec part = { octets, size };
	ssize_t got = preadv2(subject->file, &part, 1, (off_t)at, RWF_NOWAIT);
	if (got < 0 && (errno == EOPNOTSUPP || errno == ENOSYS || errno == EINTR))
		errno = EAGAIN;
	return got;
}

static void
read_block(struct job *job)
{
	struct scan_work *work = (struct scan_work *)(void *)job;
	work->got = TEMP_FAILURE_RETRY(pread(work->file, work->piece.octets, work->filled, (off_t)work->at));
	work->error = errno;
}

static void take_block(struct scan_link *link, ssize_t got, int error);

static void
on_block(struct job *job)
{
	struct scan_work *work = (struct scan_work *)(void *)job;
	struct scan_link *link = work->link;
	close(work->file);
	work->reading = false;
	if (link == NULL) {
		free(work->answer);
		free(work);
		return;
	}
	struct scan_client *client = link->client;
	take_block(link, work->got, work->error);
	serve_all(client);
}

static void
read_in_job(struct scan_link *link, size_t size)
{
	struct scan_work *work = link->work;
	work->file = fcntl(link->question->subject->file, F_DUPFD_CLOEXEC, 0);
	if (work->file < 0) {
		take_block(link, -1, errno);
		return;
	}
	work->filled = size;
	work->reading = true;
	work->job = (struct job) { .work = read_block, .done = on_block };
	link_want_write(&link->link, false);
	link->client->executor->start(link->client->executor, &work->job);
}

/* Octets of the next piece, at most: the announced number of octets is sent, and no more, even if the file grows. */
static size_t
next_size(const struct scan_link *link)
{
	uint64_t left = link->question->subject->size - link->work->at;
	return left < SCAN_BLOCK ? (size_t)left : SCAN_BLOCK;
}

/* Reads the next piece of the message, if there is one. */
static void
fill(struct scan_link *link)
{
	struct scan_work *work = link->work;
	size_t size = next_size(link);
	work->sent = work->filled = 0;
	if (size == 0) {
		work->feed = link->client->dialect->framed && work->feed == FEED_PIECES ? FEED_END : FEED_DONE;
		work->piece.len = 0;
		work->filled = work->feed == FEED_END ? sizeof work->piece.len : 0;
		link_want_write(&link->link, work->feed == FEED_END);
		return;
	}
	ssize_t got = read_at_once(link->question->subject, work->piece.octets, size, work->at);
	if (got < 0 && errno == EAGAIN)
		read_in_job(link, size);
	else
		take_block(link, got, errno);
}

/* A file that is shorter than it was cannot be read as it was announced. */
static void
take_block(struct scan_link *link, ssize_t got, int error)
{
	struct scan_work *work = link->work;
	if (got <= 0) {
		fail(link->question, "the message cannot be read: %s", strerror(got < 0 ? error : EIO));
		finish_unknown(link);
		return;
	}
	work->at += (uint64_t)got;
	work->piece.len = htonl((uint32_t)got);
	work->filled = (size_t)got + (link->client->dialect->framed ? sizeof work->piece.len : 0);
	link_want_write(&link->link, true);
}

static const char *
start_of(const struct scan_link *link)
{
	const struct scan_work *work = link->work;
	bool is_head = work->at == 0 && work->feed == FEED_PIECES;
	return link->client->dialect->framed && !is_head ? (const char *)&work->piece.len : work->piece.octets;
}

/* One piece a turn. A scanner may have had enough before it has all: its answer counts. */
static void
send_some(struct scan_link *link)
{
	struct scan_work *work = link->work;
	ssize_t sent = link_send(&link->link, start_of(link) + work->sent, work->filled - work->sent);
	if (sent < 0 && errno != EAGAIN) {
		work->feed = FEED_DONE;
		link_want_write(&link->link, false);
		return;
	}
	work->sent += sent > 0 ? (size_t)sent : 0;
	if (work->sent == work->filled)
		fill(link);
}

static bool
make_room(struct scan_link *link)
{
	struct scan_work *work = link->work;
	size_t max = link->client->dialect->answer_max;
	if (work->answer_len < work->answer_room)
		return true;
	size_t room = work->answer_room == 0 ? 1024 : 4 * work->answer_room;
	room = room < max ? room : max;
	char *answer = realloc(work->answer, room);
	if (answer == NULL)
		return false;
	work->answer = answer;
	work->answer_room = room;
	return true;
}

/* Reads once a turn. */
static void
receive_some(struct scan_link *link)
{
	struct scan_work *work = link->work;
	const struct scan_dialect *dialect = link->client->dialect;
	if (!make_room(link)) {
		fail(link->question, "no answer: %s", strerror(ENOMEM));
		finish_unknown(link);
		return;
	}
	ssize_t got = link_receive(&link->link, work->answer + work->answer_len, work->answer_room - work->answer_len);
	if (got < 0 && errno == EAGAIN)
		return;
	if (got < 0) {
		fail(link->question, "no answer: %s", strerror(errno));
		finish_answered(link);
		return;
	}
	work->answer_len += (size_t)got;
	if (dialect->read_answer(link->client, work->answer, work->answer_len, got == 0, link->question)) {
		finish_answered(link);
	} else if (got == 0 || work->answer_len >= dialect->answer_max) {
		fail(link->question, got == 0 ? "the answer is cut off" : "the answer is too long");
		finish_answered(link);
	}
}

static void
begin(struct scan_link *link)
{
	struct scan_client *client = link->client;
	struct scan_work *work = malloc(sizeof *work);
	if (work == NULL) {
		fail(link->question, "cannot be asked: %s", strerror(ENOMEM));
		finish_unknown(link);
		return;
	}
	memset(work, 0, offsetof(struct scan_work, piece));
	work->link = link;
	link->work = work;
	work->filled = client->dialect->put_head(
	    client, link->question->subject, work->piece.octets, sizeof work->piece.octets);
	link_want_write(&link->link, true);
}

static void
fail_link(struct scan_link *link, int error)
{
	if (error == ETIMEDOUT && link->work != NULL) {
		fail(link->question, "%s", TIME_IS_UP);
		finish_late(link);
	} else {
		fail(link->question, "cannot connect: %s", strerror(error));
		finish_down(link);
	}
}

static void
on_event(struct link *link_, enum link_event event, int error)
{
	struct scan_link *link = (struct scan_link *)(void *)link_;
	struct scan_client *client = link->client;
	switch (event) {
	case LINK_CONNECTED: begin(link); break;
	case LINK_READABLE: receive_some(link); break;
	case LINK_WRITABLE: send_some(link); break;
	case LINK_FAILED: fail_link(link, error); break;
	case LINK_CLOSED: break;
	}
	serve_all(client);
}

static struct scan_question *
take_first(struct scan_client *client)
{
	struct scan_question *question = client->first;
	client->first = question->next;
	if (client->first == NULL)
		client->last = NULL;
	return question;
}

static struct scan_link *
find_free(struct scan_client *client)
{
	for (size_t i = 0; i < SCAN_LINKS; i++)
		if (client->links[i].link.phase == LINK_FREE)
			return &client->links[i];
	return NULL;
}

/* When the first question stops waiting for a connection. */
static int64_t
patience_of_first(const struct scan_client *client)
{
	return peer_breaker_patience(&client->breaker, client->first->deadline, client->limit);
}

static void
expire(uv_timer_t *timer)
{
	struct scan_client *client = timer->data;
	while (client->first != NULL && patience_of_first(client) <= now(client)) {
		struct scan_question *question = take_first(client);
		fail(question, "%s", TIME_IS_UP);
		complete(client, question);
	}
	serve_all(client);
}

/* Gives the first question a connection, or its end if the scanner is down. False if it has to wait. */
static bool
serve_first(struct scan_client *client)
{
	struct scan_link *link = find_free(client);
	if (link == NULL && !peer_breaker_refuses(&client->breaker))
		return false;
	enum peer_pass pass = link != NULL ? peer_breaker_admit(&client->breaker, now(client)) : PEER_REFUSED;
	struct scan_question *question = take_first(client);
	if (pass == PEER_REFUSED) {
		fail(question, "it is down: %s", client->breaker.cause);
		complete(client, question);
		return true;
	}
	link->question = question;
	link->pass = pass;
	link->started = now(client);
	link_open(&link->link, &client->endpoint, peer_pass_deadline(pass, link->started, question->deadline));
	return true;
}

static void
serve(struct scan_client *client)
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
serve_all(struct scan_client *client)
{
	serve(client);
	if (client->ended) {
		client->ended = false;
		client->after(client->context);
	}
}

static void
ask(struct scanner *scanner, struct scan_question *question)
{
	struct scan_client *client = (struct scan_client *)scanner;
	question->text[0] = '\0';
	if (client->max_size > 0 && question->subject->size > client->max_size) {
		snprintf(question->text, sizeof question->text, "larger than max-size, not scanned");
		question->verdict = SCAN_CLEAN;
		question->done(question);
		return;
	}
	question->deadline = now(client) + client->limit;
	question->next = NULL;
	if (client->last != NULL)
		client->last->next = question;
	else
		client->first = question;
	client->last = question;
	serve(client);
}

int
scan_client_open(struct scan_client *client, uv_loop_t *loop)
{
	client->scanner.ask = ask;
	client->first = client->last = NULL;
	client->timer.data = client;
	int error = uv_timer_init(loop, &client->timer);
	for (size_t i = 0; i < SCAN_LINKS && error == 0; i++) {
		client->links[i] = (struct scan_link) { .client = client };
		client->links[i].link.notify = on_event;
		error = link_init(&client->links[i].link, loop);
	}
	return error;
}

void
scan_client_close(struct scan_client *client)
{
	for (size_t i = 0; i < SCAN_LINKS; i++) {
		release_work(&client->links[i]);
		link_dispose(&client->links[i].link);
	}
}
