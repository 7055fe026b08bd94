/* The greylisting store that the servers of several machines share, in PostgreSQL. */
#include "directory/postgres/greylist.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log/log.h"
#include "directory/postgres/connection_internal.h"

enum {
	NUMBER_SIZE = 24,
	PARAMETERS = 8,
	RECORD_SIZE = 100, /* octets, with its part of the indexes */
	LOG_EVERY = 1000,  /* milliseconds, if some questions fail and some do not */
};

enum statement { STATEMENT_SECRET, STATEMENT_JUDGE, STATEMENT_COUNT };

/*
 * The rules of greylist_judge() in one statement: n is the record of the network, m that of the
 * mail, v says whether the network is trusted and how long the mail must wait, w has the rows
 * that are added or changed. The record of mail that passes again is updated only from time to
 * time. If the database estimates that the table is full, new mail is not recorded, and waits -1.
 */
static const char judge[] =
    "WITH r AS (SELECT $1::bigint AS network, $2::bigint AS mail, $3::bigint AS now, $4::bigint AS delay,"
    "  $5::bigint AS win, $6::bigint AS life, $7::bigint AS passes, $8::bigint AS most),"
    " n AS (SELECT g.until, g.passed FROM r JOIN greylist g ON g.key = r.network WHERE g.until > r.now AND r.passes > 0),"
    " m AS (SELECT g.since, g.until, g.passed FROM r JOIN greylist g ON g.key = r.mail WHERE g.until > r.now),"
    " v AS (SELECT r.*, coalesce(n.passed >= r.passes, false) AS trusted,"
    "  CASE WHEN n.passed >= r.passes OR m.passed > 0 OR m.since - r.now > r.delay THEN 0 WHEN m.since > r.now THEN r.delay"
    "   WHEN m.since IS NULL AND (SELECT c.reltuples >= r.most FROM pg_class c WHERE c.oid = 'greylist'::regclass) THEN -1"
    "   ELSE greatest(coalesce(m.since, r.now) + r.delay - r.now, 0) END AS wait,"
    "  n.until AS n_until, m.until AS m_until, coalesce(m.passed, 0) AS m_passed"
    "  FROM r LEFT JOIN n ON true LEFT JOIN m ON true),"
    " w AS (SELECT network AS key, now + life AS until, 1 AS passed FROM v"
    "   WHERE trusted AND n_until <= now + life - life / 32"
    "  UNION ALL SELECT mail, now + win, 0 FROM v WHERE NOT trusted AND wait > 0 AND m_until IS NULL"
    "  UNION ALL SELECT network, now + life, 1 FROM v WHERE NOT trusted AND wait = 0 AND passes > 0 AND m_passed = 0"
    "  UNION ALL SELECT mail, now + life, 1 FROM v WHERE NOT trusted AND wait = 0"
    "   AND (m_passed = 0 OR m_until <= now + life - life / 32)),"
    " x AS (INSERT INTO greylist AS g (key, since, until, passed) SELECT w.key, v.now, w.until, w.passed FROM w, v"
    "  ORDER BY w.key ON CONFLICT (key) DO UPDATE SET"
    "  since = CASE WHEN g.until > excluded.since THEN g.since ELSE excluded.since END,"
    "  until = CASE WHEN g.until > excluded.since AND excluded.passed = 0 THEN g.until ELSE excluded.until END,"
    "  passed = CASE WHEN g.until > excluded.since THEN g.passed ELSE 0 END + excluded.passed)"
    " SELECT wait FROM v";

static const char *const statements[STATEMENT_COUNT + 1] = {
	[STATEMENT_SECRET] = "SELECT secret FROM greylist_secret",
	[STATEMENT_JUDGE] = judge,
};

struct postgres_greylist {
	struct greylist_store store;
	struct pg pg;
	unsigned char *secret;
	int64_t most;   /* records */
	int64_t logged; /* when trouble was logged last; 0: never */
	bool knows;     /* the secret */
	bool failing;   /* which has been logged */
	bool closing;
};

/* A question under way, with the texts of its parameters. */
struct asked {
	struct pg_query query;
	struct postgres_greylist *greylist;
	struct greylist_question *question;
	char values[PARAMETERS][NUMBER_SIZE];
};

static struct postgres_greylist *
own(struct greylist_store *store)
{
	return (struct postgres_greylist *)store;
}

/* Logs trouble once. NULL: there is none. */
static void
note(struct postgres_greylist *greylist, const char *why)
{
	int64_t now = pg_now(&greylist->pg);
	bool again = greylist->logged != 0 && now - greylist->logged < LOG_EVERY;
	if (why != NULL && (greylist->failing || again))
		return;
	greylist->failing = why != NULL;
	if (why == NULL)
		return;
	greylist->logged = now;
	log_event("greylist-failed", "detail", why, NULL);
}

static int
digit(char text)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = text == '\0' ? NULL : strchr(digits, text);
	return found == NULL ? -1 : (int)(found - digits);
}

/* The digits of a secret, as the schema has made it. */
static bool
parse_secret(unsigned char secret[GREYLIST_SECRET_SIZE], const char *text)
{
	unsigned char parsed[GREYLIST_SECRET_SIZE];
	if (strlen(text) != 2 * sizeof parsed)
		return false;
	for (size_t i = 0; i < sizeof parsed; i++) {
		int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		parsed[i] = (unsigned char)(16 * high + low);
	}
	memcpy(secret, parsed, sizeof parsed);
	return true;
}

static bool
learn_secret(struct postgres_greylist *greylist, const PGresult *result)
{
	const struct libpq *libpq = greylist->pg.libpq;
	return libpq->PQntuples(result) == 1 && parse_secret(greylist->secret, libpq->PQgetvalue(result, 0, 0));
}

/* The store logs its failures itself. */
static void
answer(struct greylist_question *question, enum greylist_verdict verdict, int64_t left)
{
	question->verdict = verdict;
	question->left = left;
	question->trouble = NULL;
	question->answered(question);
}

/* A question that came before the secret was known has asked for the secret: its keys cannot be used. */
static enum greylist_verdict
take(struct asked *asked, const PGresult *result, int64_t *left)
{
	struct postgres_greylist *greylist = asked->greylist;
	const struct libpq *libpq = greylist->pg.libpq;
	*left = 0;
	bool ok = result != NULL && libpq->PQntuples(result) == 1;
	const char *why = pg_trouble(&greylist->pg);
	if (asked->query.statement == STATEMENT_SECRET) {
		if (result != NULL)
			why = "the table greylist_secret does not have one secret of hexadecimal digits";
		ok = ok && learn_secret(greylist, result);
		greylist->knows = greylist->knows || ok;
		note(greylist, ok ? NULL : why);
		return ok ? GREYLIST_AGAIN : GREYLIST_FAILED;
	}
	if (ok)
		*left = strtoll(libpq->PQgetvalue(result, 0, 0), NULL, 10);
	if (*left < 0)
		why = "the table is full: new mail is not recorded";
	ok = ok && *left >= 0;
	note(greylist, ok ? NULL : why);
	if (!ok)
		return GREYLIST_FAILED;
	return *left > 0 ? GREYLIST_WAIT : GREYLIST_PASS;
}

static void
judged(struct pg_query *query, PGresult *result)
{
	struct asked *asked = (struct asked *)(void *)query;
	struct postgres_greylist *greylist = asked->greylist;
	struct greylist_question *question = asked->question;
	int64_t left = 0;
	enum greylist_verdict verdict = greylist->closing ? GREYLIST_FAILED : take(asked, result, &left);
	greylist->pg.libpq->PQclear(result);
	free(asked);
	if (!greylist->closing && question != NULL)
		answer(question, verdict, left);
}

static void
set_values(struct asked *asked)
{
	const struct greylist_question *question = asked->question;
	const struct greylist_rules *rules = &question->greylist->rules;
	const int64_t numbers[PARAMETERS] = { (int64_t)question->keys.network, (int64_t)question->keys.mail,
		question->now, rules->delay, rules->window, rules->lifetime, rules->passes, asked->greylist->most };
	for (size_t i = 0; i < PARAMETERS; i++) {
		snprintf(asked->values[i], NUMBER_SIZE, "%" PRId64, numbers[i]);
		asked->query.values[i] = asked->values[i];
	}
	asked->query.count = PARAMETERS;
}

/* question: NULL: only the secret is asked for. Returns false if memory is out. */
static bool
send_question(struct postgres_greylist *greylist, struct greylist_question *question)
{
	struct asked *asked = calloc(1, sizeof *asked);
	if (asked == NULL)
		return false;
	asked->greylist = greylist;
	asked->question = question;
	asked->query.done = judged;
	asked->query.columns = 1;
	int64_t deadline = pg_deadline(&greylist->pg);
	if (question != NULL && question->deadline == 0)
		question->deadline = deadline;
	else if (question != NULL)
		deadline = question->deadline;
	asked->query.statement = STATEMENT_SECRET;
	if (question != NULL && greylist->knows) {
		asked->query.statement = STATEMENT_JUDGE;
		asked->query.writes = true;
		set_values(asked);
	}
	pg_ask(&greylist->pg, &asked->query, deadline);
	return true;
}

static void
ask(struct greylist_store *store, struct greylist_question *question)
{
	if (!send_question(own(store), question))
		answer(question, GREYLIST_FAILED, 0);
}

static const char *
trouble(const struct greylist_store *store)
{
	return pg_trouble(&((const struct postgres_greylist *)store)->pg);
}

static void
close_store(struct greylist_store *store)
{
	struct postgres_greylist *greylist = own(store);
	greylist->closing = true;
	pg_abandon(&greylist->pg);
	pg_close(&greylist->pg);
	free(greylist);
}

static const struct greylist_store_ops ops = { .ask = ask, .trouble = trouble, .close = close_store };

struct greylist_store *
postgres_greylist_new(const struct libpq *libpq, const struct postgres_settings *settings, int64_t max_size,
    unsigned char secret[GREYLIST_SECRET_SIZE], uv_loop_t *loop, struct executor *executor)
{
	struct postgres_greylist *greylist = calloc(1, sizeof *greylist);
	if (greylist == NULL)
		return NULL;
	const struct pg_settings connection = {
		.database = settings->database,
		.timeout = settings->timeout,
		.pooled = settings->pooled,
		.statements = statements,
		.name = "ftgate greylist",
		.writes = true,
		.quiet = true,
	};
	greylist->store.ops = &ops;
	greylist->secret = secret;
	greylist->most = max_size / RECORD_SIZE;
	int error = pg_open(&greylist->pg, libpq, &connection, loop, executor);
	if (error < 0) {
		close_store(&greylist->store);
		errno = -error;
		return NULL;
	}
	(void)send_question(greylist, NULL);
	return &greylist->store;
}
