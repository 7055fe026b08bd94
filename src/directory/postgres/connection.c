/*
 * The life of a worker's connection to PostgreSQL: it is made by a job, watched
 * by the loop, and made anew if it is lost.
 */
#include "directory/postgres/connection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log/log.h"
#include "directory/postgres/backoff.h"
#include "directory/postgres/connect.h"
#include "directory/postgres/connection_internal.h"
#include "directory/postgres/schema.h"

enum {
	MILLISECONDS = 1000,
	LAST_READS = 8, /* of what came before an error: each takes a buffer of libpq */
};

/* Makes a connection by a job, which may end after its owner. */
struct connecting {
	struct job job;
	const struct libpq *libpq;
	struct pg *pg; /* NULL: its owner has been freed */
	const char *database, *name;
	bool writes;
	int64_t limit;
	PGconn *connection;
	char why[CONNECT_WHY_SIZE];
};

static void begin_connecting(struct pg *pg);
static void set_timer(struct pg *pg);

int64_t
pg_now(const struct pg *pg)
{
	return (int64_t)uv_now(pg->loop);
}

void
pg_tell_down(const struct pg *pg)
{
	if (pg->settings.is_down != NULL)
		*pg->settings.is_down = pg->down != 0 || pg->hung != 0;
}

static void
log_down(struct pg *pg)
{
	if (pg->down != 0)
		return;
	pg->down = pg_now(pg);
	pg_tell_down(pg);
	if (!pg->settings.quiet)
		log_event("peer-down", "kind", "database", "peer", pg->peer, "detail", pg->trouble, NULL);
}

static void
log_up(struct pg *pg)
{
	int64_t down = pg->down;
	pg->down = 0;
	pg_tell_down(pg);
	if (down == 0 || pg->settings.quiet)
		return;
	log_begin("peer-up");
	log_put("kind", "database");
	log_put("peer", pg->peer);
	log_put_number("seconds", (pg_now(pg) - down) / MILLISECONDS);
	log_end();
}

/* No connection could be made that can be used: questions fail, until one can. */
static void
back_off(struct pg *pg)
{
	pg->state = PG_DOWN;
	pg->pause = backoff_next(pg->pause);
	pg->retry = pg_now(pg) + backoff_jitter(pg->pause);
	log_down(pg);
	pg_fail_all(pg, &pg->waiting);
	set_timer(pg);
}

static void
on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void
close_link(struct pg *pg)
{
	struct pg_link *link = pg->link;
	if (link == NULL)
		return;
	pg->link = NULL;
	uv_close((uv_handle_t *)&link->poll, on_closed);
	pg->libpq->PQfinish(link->connection);
}

static void
tell(struct pg *pg, void (*function)(struct pg *pg))
{
	if (function != NULL)
		function(pg);
}

/* The questions that a lost connection was asked are asked again, before those that wait. */
static void
requeue(struct pg *pg)
{
	struct pg_queue again, failed;
	struct pg_query *query;
	pg_queue_clear(&again);
	pg_queue_clear(&failed);
	while ((query = pg_queue_take(&pg->sent)) != NULL) {
		bool lasts = !query->once && query->tries < PG_TRIES_MAX && query->deadline > pg_now(pg);
		pg->libpq->PQclear(query->result);
		query->result = NULL;
		query->sent = 0;
		if (query->purpose == PG_ABANDONED)
			pg_drop(pg, query);
		else if (query->purpose == PG_ANSWER)
			pg_queue_append(lasts ? &again : &failed, query);
		else
			deadlines_remove(query);
	}
	while ((query = pg_queue_take(&pg->waiting)) != NULL)
		if (query->purpose == PG_ANSWER)
			pg_queue_append(&again, query);
		else
			deadlines_remove(query);
	while ((query = pg_queue_take(&again)) != NULL)
		pg_queue_append(&pg->waiting, query);
	if (failed.first != NULL)
		pg_complain(pg);
	pg_fail_all(pg, &failed);
}

/*
 * Replaces a connection that could be used at once, unless the last replacement
 * was just before. Questions wait for the next connection.
 */
void
pg_lose(struct pg *pg, const char *why)
{
	bool was_ready = pg->state == PG_READY;
	libpq_first_line(pg->trouble, sizeof pg->trouble, why);
	close_link(pg);
	pg->expects_sync = false;
	pg->state = PG_DOWN;
	tell(pg, pg->settings.lost);
	requeue(pg);
	pg->retry = pg->ready + BACKOFF_FIRST;
	if (!was_ready)
		back_off(pg);
	else if (pg->retry > pg_now(pg))
		set_timer(pg);
	else
		begin_connecting(pg);
}

void
pg_lose_by_libpq(struct pg *pg)
{
	char why[PG_TROUBLE_SIZE];
	libpq_first_line(why, sizeof why, pg->libpq->PQerrorMessage(pg->link->connection));
	pg_lose(pg, why);
}

/* The content of notifications is read from a table, so that no change can be missed. */
static void
take_notifications(struct pg *pg, const struct pg_link *link)
{
	PGnotify *notification;
	while (pg->link == link && (notification = pg->libpq->PQnotifies(link->connection)) != NULL) {
		pg->libpq->PQfreemem(notification);
		tell(pg, pg->settings.notified);
	}
}

/*
 * The loop has stopped to watch the socket, which has an error. libpq finds it, and may find before it what the server
 * has said last.
 */
static void
take_error(struct pg *pg, const struct pg_link *link, int status)
{
	for (int reads = 0; reads < LAST_READS; reads++) {
		if (pg->libpq->PQconsumeInput(link->connection) != 1) {
			pg_lose_by_libpq(pg);
			return;
		}
		while (pg_read_result(pg))
			continue;
		if (pg->link != link)
			return;
	}
	pg_lose(pg, uv_strerror(status));
}

static void
on_ready(uv_poll_t *poll, int status, int events)
{
	struct pg_link *link = poll->data;
	struct pg *pg = link->pg;
	if (status < 0) {
		take_error(pg, link, status);
		set_timer(pg);
		return;
	}
	if ((events & UV_READABLE) != 0 && pg->libpq->PQconsumeInput(link->connection) != 1) {
		pg_lose_by_libpq(pg);
		return;
	}
	while (pg_read_result(pg))
		continue;
	take_notifications(pg, link);
	if (pg->link == link)
		pg_flush(pg);
	set_timer(pg);
}

static bool
watch(struct pg_link *link, int events)
{
	if (link->events == events)
		return true;
	link->events = events;
	return uv_poll_start(&link->poll, events, on_ready) == 0;
}

void
pg_flush(struct pg *pg)
{
	int left = pg->libpq->PQflush(pg->link->connection);
	if (left < 0)
		pg_lose_by_libpq(pg);
	else if (!watch(pg->link, left > 0 ? UV_READABLE | UV_WRITABLE : UV_READABLE))
		pg_lose(pg, "its socket cannot be watched");
}

/* Ends what has waited too long. */
static void
on_timer(uv_timer_t *timer)
{
	struct pg *pg = timer->data;
	struct pg_queue late;
	struct pg_query *query;
	pg_queue_clear(&late);
	while ((query = deadlines_take(&pg->deadlines, pg_now(pg))) != NULL)
		pg_give_up(pg, query, &late);
	if (late.first != NULL)
		pg_complain(pg);
	pg_fail_all(pg, &late);
	if (pg->state == PG_DOWN && pg->retry <= pg_now(pg))
		begin_connecting(pg);
	set_timer(pg);
}

static void
set_timer(struct pg *pg)
{
	int64_t next = deadlines_next(&pg->deadlines);
	if (pg->state == PG_DOWN && pg->retry < next)
		next = pg->retry;
	/* Not at once: the loop would run the timer again and again, and never come to the end of the turn. */
	if (pg->refused.first != NULL)
		next = pg_now(pg) + 1;
	if (next == INT64_MAX)
		uv_timer_stop(&pg->timer);
	else
		uv_timer_start(&pg->timer, on_timer, next > pg_now(pg) ? (uint64_t)(next - pg_now(pg)) : 0, 0);
}

static void
on_turn(uv_prepare_t *turn)
{
	struct pg *pg = turn->data;
	uv_prepare_stop(turn);
	pg_fail_all(pg, &pg->refused);
	if (pg->state == PG_READY && pg->waiting.first != NULL)
		pg_send_waiting(pg);
	set_timer(pg);
}

void
pg_wait(struct pg *pg, struct pg_query *query)
{
	query->sent = 0;
	pg_queue_append(pg->pause > 0 ? &pg->refused : &pg->waiting, query);
	if (pg->pause > 0)
		deadlines_remove(query);
	pg_wake(pg);
}

void
pg_wake(struct pg *pg)
{
	uv_prepare_start(&pg->turn, on_turn);
}

int64_t
pg_deadline(const struct pg *pg)
{
	return pg_now(pg) + pg->settings.timeout;
}

void
pg_ask(struct pg *pg, struct pg_query *query, int64_t deadline)
{
	query->purpose = PG_ANSWER;
	query->tries = 0;
	query->alone = query->writes;
	query->result = NULL;
	query->deadline = deadline;
	deadlines_add(&pg->deadlines, query);
	pg_wait(pg, query);
}

/* Is the schema one that this program can use? Returns false with the reason. */
static bool
check_schema(const struct pg *pg, const PGresult *result, char why[PG_TROUBLE_SIZE])
{
	return result != NULL &&
	    !postgres_schema_fault(pg->libpq, result, pg->settings.pooled ? pg->settings.timeout : 0, why);
}

/* Appends the cure to the reason why a new connection cannot be used. */
static void
add_cure(const struct pg *pg, char why[PG_TROUBLE_SIZE])
{
	static const struct {
		const char *state, *cure;
	} cures[] = {
		{ LIBPQ_UNDEFINED_TABLE, "as the owner of the tables, run: ftgatectl -c FILE database migrate" },
		{ LIBPQ_DENIED, "run the GRANTs of docs/postgres.md" },
		{ "42P05", "a pooler in transaction mode is in between: set database-pooler: yes" },
		{ "26000", "a pooler in transaction mode is in between: set database-pooler: yes" },
	};
	size_t len = strlen(why);
	for (size_t i = 0; i < sizeof cures / sizeof *cures; i++)
		if (strcmp(pg->refusal, cures[i].state) == 0)
			snprintf(why + len, PG_TROUBLE_SIZE - len, "; %s", cures[i].cure);
}

/* A standby refuses LISTEN, and other engines may. */
static void
on_listening(struct pg_query *query, PGresult *result)
{
	struct pg *pg = (struct pg *)(void *)((char *)query - offsetof(struct pg, listening));
	pg->deaf = result == NULL;
	pg->libpq->PQclear(result);
}

/* Asks for notifications, in a batch of its own: it may be refused. */
static void
listen_to(struct pg *pg)
{
	pg->deaf = true;
	if (pg->settings.listen == NULL)
		return;
	pg->listening = (struct pg_query) { .done = on_listening, .purpose = PG_LISTEN, .alone = true };
	pg->listening.deadline = pg_deadline(pg);
	deadlines_add(&pg->deadlines, &pg->listening);
	pg_wait(pg, &pg->listening);
}

/* A question of those with which a connection begins has been answered. */
static void
on_set_up(struct pg_query *query, PGresult *result)
{
	struct pg_set_up *set_up = (struct pg_set_up *)(void *)query;
	struct pg *pg = set_up->pg;
	char why[PG_TROUBLE_SIZE];
	snprintf(why, sizeof why, "%.180s", pg->trouble);
	bool fits = query->purpose == PG_CHECK ? check_schema(pg, result, why) : result != NULL;
	if (result == NULL)
		add_cure(pg, why);
	pg->libpq->PQclear(result);
	if (!fits) {
		pg_lose(pg, why);
		return;
	}
	if (set_up != &pg->set_up[pg->set_up_count - 1])
		return;
	pg->state = PG_READY;
	pg->ready = pg_now(pg);
	pg->pause = 0;
	log_up(pg);
	listen_to(pg);
	tell(pg, pg->settings.usable);
	pg_wake(pg);
}

static void
name_peer(struct pg *pg, const PGconn *connection)
{
	const struct libpq *libpq = pg->libpq;
	const char *host = libpq->PQhost(connection), *port = libpq->PQport(connection),
	           *name = libpq->PQdb(connection);
	if (host != NULL && port != NULL && name != NULL)
		snprintf(pg->peer, sizeof pg->peer, "%.80s:%.6s/%.32s", host, port, name);
}

/* Takes a connection that has been made. Returns false if the loop cannot have it. */
static bool
take_connection(struct pg *pg, PGconn *connection)
{
	const struct libpq *libpq = pg->libpq;
	struct pg_link *link = calloc(1, sizeof *link);
	if (link == NULL || uv_poll_init(pg->loop, &link->poll, libpq->PQsocket(connection)) < 0) {
		free(link);
		libpq->PQfinish(connection);
		return false;
	}
	link->connection = connection;
	link->poll.data = link;
	link->pg = pg;
	pg->link = link;
	pg->state = PG_CHECKING;
	return libpq->PQsetnonblocking(connection, 1) == 0 && libpq->PQenterPipelineMode(connection) == 1 &&
	    pg_send_set_up(pg);
}

static void
connected(struct job *job)
{
	struct connecting *attempt = (struct connecting *)(void *)job;
	const struct libpq *libpq = attempt->libpq;
	PGconn *connection = attempt->connection;
	struct pg *pg = attempt->pg;
	if (pg == NULL) {
		libpq->PQfinish(connection);
		free(attempt);
		return;
	}
	pg->attempt = NULL;
	name_peer(pg, connection);
	libpq_first_line(pg->trouble, sizeof pg->trouble, attempt->why);
	free(attempt);
	if (libpq->PQstatus(connection) != CONNECTION_OK) {
		libpq->PQfinish(connection);
		back_off(pg);
	} else if (take_connection(pg, connection)) {
		pg_flush(pg);
		set_timer(pg);
	} else {
		pg_lose(pg, "memory is out");
	}
}

static void
make_connection(struct job *job)
{
	struct connecting *attempt = (struct connecting *)(void *)job;
	const struct connect_settings settings = {
		.database = attempt->database,
		.program = attempt->name,
		.writes = attempt->writes,
		.limit = attempt->limit,
	};
	attempt->connection = postgres_connect(attempt->libpq, &settings, attempt->why);
}

static void
begin_connecting(struct pg *pg)
{
	struct connecting *attempt = malloc(sizeof *attempt);
	if (attempt == NULL) {
		snprintf(pg->trouble, sizeof pg->trouble, "memory is out");
		back_off(pg);
		return;
	}
	*attempt = (struct connecting) {
		.job = { .work = make_connection, .done = connected },
		.libpq = pg->libpq,
		.pg = pg,
		.database = pg->settings.database,
		.name = pg->settings.name,
		.writes = pg->settings.writes,
		.limit = pg->settings.timeout,
	};
	pg->state = PG_CONNECTING;
	pg->attempt = attempt;
	pg->executor->start(pg->executor, &attempt->job);
}

const char *
pg_trouble(const struct pg *pg)
{
	return pg->trouble;
}

static struct pg_set_up *
add_set_up(struct pg *pg, enum pg_purpose purpose)
{
	struct pg_set_up *set_up = &pg->set_up[pg->set_up_count++];
	set_up->query = (struct pg_query) { .purpose = purpose, .done = on_set_up };
	set_up->pg = pg;
	return set_up;
}

/* Sets statement_timeout before any statement that can wait for a lock. With a pooler, the role sets it. */
static int
make_set_up(struct pg *pg)
{
	size_t count = 0;
	while (pg->settings.statements[count] != NULL)
		count++;
	pg->set_up = calloc(count + 2, sizeof *pg->set_up);
	pg->hashes = calloc(count + 1, sizeof *pg->hashes);
	if (pg->set_up == NULL || pg->hashes == NULL)
		return UV_ENOMEM;
	for (size_t i = 0; i < count; i++)
		pg->hashes[i] = pg_hash_statement(pg->settings.statements[i]);
	if (pg->settings.pooled) {
		add_set_up(pg, PG_CHECK);
		return 0;
	}
	struct pg_set_up *limit = add_set_up(pg, PG_LIMIT);
	snprintf(limit->limit, sizeof limit->limit, "%lld", (long long)pg->settings.timeout);
	limit->query.values[0] = limit->limit;
	limit->query.count = 1;
	add_set_up(pg, PG_CHECK);
	for (size_t i = 0; i < count; i++)
		add_set_up(pg, PG_PREPARE)->query.statement = i;
	return 0;
}

int
pg_open(struct pg *pg, const struct libpq *libpq, const struct pg_settings *settings, uv_loop_t *loop,
    struct executor *executor)
{
	pg->libpq = libpq;
	pg->settings = *settings;
	pg->loop = loop;
	pg->executor = executor;
	pg_queue_clear(&pg->waiting);
	pg_queue_clear(&pg->sent);
	pg_queue_clear(&pg->refused);
	deadlines_open(&pg->deadlines, settings->timeout, pg_now(pg));
	int error = make_set_up(pg);
	if (error < 0 || (error = uv_timer_init(loop, &pg->timer)) < 0 ||
	    (error = uv_prepare_init(loop, &pg->turn)) < 0)
		return error;
	pg->timer.data = pg;
	pg->turn.data = pg;
	begin_connecting(pg);
	return 0;
}

/* The connection owns the first questions on it. */
static void
abandon_queue(struct pg *pg, struct pg_queue *queue)
{
	struct pg_query *query;
	while ((query = pg_queue_take(queue)) != NULL) {
		if (query->purpose == PG_ABANDONED) {
			pg_drop(pg, query);
			continue;
		}
		deadlines_remove(query);
		pg->libpq->PQclear(query->result);
		query->result = NULL;
		if (query->purpose == PG_ANSWER)
			query->done(query, NULL);
	}
}

void
pg_abandon(struct pg *pg)
{
	abandon_queue(pg, &pg->sent);
	abandon_queue(pg, &pg->waiting);
	abandon_queue(pg, &pg->refused);
}

void
pg_close(struct pg *pg)
{
	struct pg_query *query;
	while ((query = pg_queue_take(&pg->sent)) != NULL)
		if (query->purpose == PG_ABANDONED)
			pg_drop(pg, query);
	if (pg->attempt != NULL)
		pg->attempt->pg = NULL;
	if (pg->link != NULL)
		pg->libpq->PQfinish(pg->link->connection);
	free(pg->link);
	free(pg->set_up);
	free(pg->hashes);
}
