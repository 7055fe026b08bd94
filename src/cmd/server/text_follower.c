/* Follows the operator's own texts in PostgreSQL, for all workers of a server. */
#include "cmd/server/text_follower.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log/log.h"
#include "directory/postgres/texts.h"
#include "texts/adopt.h"

enum {
	TICK = 1000,       /* milliseconds between two looks at the database */
	REPORT_TICKS = 10, /* between two reports of an unchanged server */
	RELOAD_TICKS = 60, /* until a server that did not load a generation is asked again; doubled each time */
	RELOAD_TICKS_MAX = 3600,
	PAUSE_TICKS = 10,    /* the longest pause after questions that fail */
	EARLIER_TICKS = 300, /* until a generation from before the one in use is adopted: a database of a backup */
	REFUSED_MAX = 20,    /* refusals that are logged */
	REPLACED_MAX = 20,   /* languages that are logged */
	LINE_SIZE = 1024,
	NAME_SIZE = 512,
};

/* A refused text, for the log. */
struct refused_text {
	char language[NAME_SIZE]; /* with its domain */
	char id[64], rule[32], detail[LINE_SIZE];
};

/* The input and the result of a job. They belong to its thread while the job runs. */
struct text_work {
	struct job job;
	struct text_follower *follower;
	struct texts_state state;
	enum texts_adoption outcome;
	int error;
	struct refused_text refused[REFUSED_MAX];
	size_t refused_count;
	char replaced[REPLACED_MAX][NAME_SIZE];
	size_t replaced_count;
};

struct text_follower {
	struct worker *worker;
	const struct serve *serve;
	const char *folder;
	struct postgres_texts *database;
	uv_timer_t timer;
	/* What the follower waits for. It begins something only at rest. */
	enum { TEXT_REST, TEXT_LOOK, TEXT_ASK, TEXT_FETCH, TEXT_ADOPT, TEXT_REPORT } phase;
	struct text_work work;
	struct texts_state state; /* of the folder */
	bool again;               /* a generation that was refused before this start is tried once */
	bool complained;          /* that the database does not answer was logged */
	bool host_complained;     /* that another role has the row of this host was logged */
	struct texts_set set;     /* that is fetched */
	int64_t *file;            /* the numbers of its parts */
	size_t fetched;
	uint64_t ticks, resume;               /* counts the seconds; when it goes on after failures */
	unsigned pause;                       /* after the next failure */
	struct texts_generation reload_asked; /* for which the server was asked to load */
	uint64_t reload_tick;                 /* when it is asked again */
	unsigned reload_pause;                /* after that */
	uint64_t report_tick, reported;       /* when it reports next; the generation that it has reported */
	struct texts_generation refused;      /* that it has reported */
	struct texts_generation failed;       /* that was not adopted for a failure */
	uint64_t retry;                       /* when that is tried again */
	struct texts_generation earlier;      /* that the database has, from before the one in use */
	uint64_t earlier_tick;                /* since when */
	char host[ADDRESS_DOMAIN_MAX + 1];
};

/* Pauses, longer after each failure. */
static void
rest_after_failure(struct text_follower *follower)
{
	follower->pause = follower->pause == 0 ? 1 : 2 * follower->pause;
	if (follower->pause > PAUSE_TICKS)
		follower->pause = PAUSE_TICKS;
	follower->resume = follower->ticks + follower->pause;
	follower->phase = TEXT_REST;
}

/* Logs why, unless it is logged already. */
static void
complain(bool *complained, const char *why)
{
	if (!*complained)
		log_event("texts-failed", "detail", why, NULL);
	*complained = true;
}

/* Handles a question that failed. */
static void
rest_because(struct text_follower *follower, const char *why)
{
	complain(&follower->complained, why);
	rest_after_failure(follower);
}

static void
rest_unanswered(struct text_follower *follower)
{
	rest_because(follower, postgres_texts_trouble(follower->database));
}

static void
forget_set(struct text_follower *follower)
{
	texts_set_free(&follower->set);
	free(follower->file);
	follower->file = NULL;
	follower->fetched = 0;
}

static uint64_t
spoken(const struct text_follower *follower)
{
	return stats_texts(follower->serve->stats, follower->serve->settings->workers);
}

/* Makes the master reload the server, as ftgatectl does, if a worker uses other texts than the folder has. */
static void
reload_if_other(struct text_follower *follower)
{
	struct stats *stats = follower->serve->stats;
	const struct texts_generation *wanted = &follower->state.used;
	bool again = texts_generation_is(&follower->reload_asked, wanted);
	unsigned workers = follower->serve->settings->workers;
	if (wanted->number == 0 || stats_texts_are(stats, workers, wanted->number, wanted->created) ||
	    (again && follower->ticks < follower->reload_tick) || stats->asked != stats->done)
		return;
	unsigned pause = again ? 2 * follower->reload_pause : RELOAD_TICKS;
	follower->reload_pause = pause < RELOAD_TICKS_MAX ? pause : RELOAD_TICKS_MAX;
	follower->reload_asked = *wanted;
	follower->reload_tick = follower->ticks + follower->reload_pause;
	kill((pid_t)stats->pid, SIGHUP);
}

/* Reports changes, and regularly that the server is running. */
static void
report_or_rest(struct text_follower *follower)
{
	bool changed = follower->reported != spoken(follower) ||
	    !texts_generation_is(&follower->refused, &follower->state.refused);
	if (!changed && follower->ticks < follower->report_tick) {
		follower->phase = TEXT_REST;
		return;
	}
	const struct postgres_report report = {
		.host = follower->host,
		.program = settings_names(follower->serve->settings->protocol)->server,
		.generation = spoken(follower),
		.state = &follower->state,
	};
	follower->reported = report.generation;
	follower->refused = follower->state.refused;
	follower->report_tick = follower->ticks + REPORT_TICKS;
	follower->phase = TEXT_REPORT;
	postgres_texts_report(follower->database, &report);
}

/* New texts are used also while another role has the row; only text status lacks this server. */
static void
on_reported(void *context, enum postgres_reported outcome)
{
	struct text_follower *follower = context;
	follower->phase = TEXT_REST;
	if (outcome == POSTGRES_REPORT_FAILED) {
		follower->report_tick = 0;
		rest_unanswered(follower);
		return;
	}
	follower->pause = 0;
	follower->complained = false;
	if (outcome == POSTGRES_REPORT_TAKEN)
		complain(&follower->host_complained,
		    "text status has a server of this hostname and program, which another role has reported: give each"
		    " server a hostname of its own, or run: ftgatectl text forget HOST");
	else
		follower->host_complained = false;
}

static void
name_part(char name[NAME_SIZE], const char *domain, const char *language)
{
	snprintf(name, NAME_SIZE, "%s%s%s", domain, *domain != '\0' ? "/" : "", language);
}

/* In the job. */
static void
on_refused(void *context, const struct texts_part *part, const char *id, const char *rule, const char *detail)
{
	struct text_work *work = context;
	if (work->refused_count >= REFUSED_MAX)
		return;
	struct refused_text *refused = &work->refused[work->refused_count++];
	name_part(refused->language, part->domain, part->language);
	snprintf(refused->id, sizeof refused->id, "%s", id);
	snprintf(refused->rule, sizeof refused->rule, "%s", rule);
	snprintf(refused->detail, sizeof refused->detail, "%s", detail);
}

/* In the job. */
static void
on_replaced(void *context, const char *domain, const char *language)
{
	struct text_work *work = context;
	if (work->replaced_count < REPLACED_MAX)
		name_part(work->replaced[work->replaced_count++], domain, language);
}

static void
adopt_work(struct job *job)
{
	struct text_work *work = (struct text_work *)job;
	const struct texts_listener listener = { on_refused, on_replaced, work };
	work->refused_count = work->replaced_count = 0;
	work->outcome = texts_adopt(work->follower->folder, &work->follower->set, &work->state, &listener);
	work->error = errno;
}

static void
log_refused(const struct text_work *work, int64_t generation)
{
	for (size_t i = 0; i < work->refused_count; i++) {
		const struct refused_text *refused = &work->refused[i];
		log_begin("texts-refused");
		log_put_number("generation", generation);
		log_put("lang", refused->language);
		log_put("id", refused->id);
		log_put("rule", refused->rule);
		log_put("detail", refused->detail);
		log_end();
	}
}

static void
log_outcome(const struct text_work *work, int64_t generation)
{
	for (size_t i = 0; i < work->replaced_count; i++)
		log_event("texts-replaced", "lang", work->replaced[i], "detail",
		    "these texts are on this machine only; they are kept as an earlier version in the data folder",
		    NULL);
	if (work->outcome == TEXTS_REFUSED)
		log_refused(work, generation);
	if (work->outcome == TEXTS_BUSY || work->outcome == TEXTS_REFUSED)
		return;
	log_begin(work->outcome == TEXTS_ADOPTED ? "texts-adopted" : "texts-failed");
	log_put_number("generation", generation);
	if (work->outcome == TEXTS_FAILED)
		log_put("detail", strerror(work->error));
	log_end();
}

/* A generation that could not be adopted is tried again after a pause. Returns whether it has not failed before. */
static bool
remember_failed(struct text_follower *follower)
{
	bool is_first = !texts_generation_is(&follower->failed, &follower->set.generation);
	follower->failed = follower->set.generation;
	follower->retry = follower->ticks + PAUSE_TICKS;
	return is_first;
}

static void
adopt_done(struct job *job)
{
	struct text_work *work = (struct text_work *)job;
	struct text_follower *follower = work->follower;
	bool failed = work->outcome == TEXTS_FAILED;
	if (!failed || remember_failed(follower))
		log_outcome(work, (int64_t)follower->set.generation.number);
	if (!failed)
		follower->state = work->state;
	if (work->outcome == TEXTS_ADOPTED || work->outcome == TEXTS_REFUSED)
		follower->again = false;
	if (work->outcome == TEXTS_ADOPTED)
		follower->reload_asked.number = 0;
	forget_set(follower);
	reload_if_other(follower);
	report_or_rest(follower);
}

/* Fetches the next source, or starts the job that checks and stores all of them. */
static void
fetch_next(struct text_follower *follower)
{
	struct executor *disk = pools_disk(&follower->worker->pools);
	if (follower->set.fault == NULL && follower->fetched < follower->set.count) {
		follower->phase = TEXT_FETCH;
		postgres_texts_ask_source(follower->database, follower->file[follower->fetched], TEXTS_SIZE);
		return;
	}
	follower->phase = TEXT_ADOPT;
	follower->work.state = follower->state;
	follower->work.job = (struct job) { .work = adopt_work, .done = adopt_done };
	disk->start(disk, &follower->work.job);
}

/* The list and the source disagree: the whole generation is read again. */
static void
rest_mismatched(struct text_follower *follower)
{
	if (remember_failed(follower)) {
		log_begin("texts-failed");
		log_put_number("generation", (int64_t)follower->set.generation.number);
		log_put("detail", "the length of a source differs from the list");
		log_end();
	}
	forget_set(follower);
	report_or_rest(follower);
}

static void
on_source(void *context, const char *octets, size_t len)
{
	struct text_follower *follower = context;
	struct texts_part *part = &follower->set.part[follower->fetched];
	if (octets == NULL) {
		rest_unanswered(follower);
		return;
	}
	if (len != part->len) {
		rest_mismatched(follower);
		return;
	}
	if ((part->source = malloc(len + 1)) == NULL) {
		rest_because(follower, strerror(errno));
		return;
	}
	memcpy(part->source, octets, len);
	part->source[len] = '\0';
	follower->fetched++;
	fetch_next(follower);
}

/* Copies the list of parts to fetch. Returns false when memory is out. */
static bool
plan(struct text_follower *follower, const struct postgres_part *part, size_t count)
{
	struct texts_set *set = &follower->set;
	size_t total = 0;
	for (size_t i = 0; i < count; i++) {
		total += part[i].len < TEXTS_TOTAL_MAX ? part[i].len : TEXTS_TOTAL_MAX;
		if (part[i].len > TEXTS_SIZE)
			set->fault = "a source has more than 1 MiB";
	}
	if (count > TEXTS_PARTS_MAX || total > TEXTS_TOTAL_MAX)
		set->fault = "it has more than 1024 sources, or more than 16 MiB";
	if (set->fault != NULL)
		return true;
	set->part = calloc(count + 1, sizeof *set->part);
	follower->file = calloc(count + 1, sizeof *follower->file);
	for (; set->part != NULL && follower->file != NULL && set->count < count; set->count++) {
		struct texts_part *made = &set->part[set->count];
		follower->file[set->count] = part[set->count].file;
		made->len = part[set->count].len;
		made->domain = strdup(part[set->count].domain);
		made->language = strdup(part[set->count].language);
		if (made->domain == NULL || made->language == NULL)
			return false;
	}
	return set->part != NULL && follower->file != NULL;
}

static void
on_parts(void *context, bool known, const struct postgres_part *part, size_t count)
{
	struct text_follower *follower = context;
	if (!known) {
		rest_unanswered(follower);
		return;
	}
	if (part == NULL) {
		forget_set(follower);
		report_or_rest(follower);
		return;
	}
	if (plan(follower, part, count)) {
		fetch_next(follower);
		return;
	}
	forget_set(follower);
	rest_after_failure(follower);
}

/*
 * Whether the database has only generations before the one in use, so that it
 * may be a replica that lags. Logs that once.
 */
static bool
is_earlier(struct text_follower *follower, const struct texts_generation *generation)
{
	if (!texts_generation_precedes(generation, &follower->state.used)) {
		follower->earlier.number = 0;
		return false;
	}
	if (texts_generation_is(generation, &follower->earlier))
		return follower->ticks < follower->earlier_tick + EARLIER_TICKS;
	follower->earlier = *generation;
	follower->earlier_tick = follower->ticks;
	log_begin("texts-failed");
	log_put_number("generation", (int64_t)generation->number);
	log_put("detail", "it is from before the one in use; it is used only if it is the last one for 5 minutes");
	log_end();
	return true;
}

static void
on_newest(void *context, bool known, const struct texts_generation *generation)
{
	struct text_follower *follower = context;
	const struct texts_state *state = &follower->state;
	bool refused = texts_generation_is(generation, &state->refused) && !follower->again;
	if (!known) {
		rest_unanswered(follower);
		return;
	}
	bool waits = texts_generation_is(generation, &follower->failed) && follower->ticks < follower->retry;
	if (generation->number == 0 || is_earlier(follower, generation) || refused || waits ||
	    texts_generation_is(generation, &state->used)) {
		forget_set(follower);
		report_or_rest(follower);
		return;
	}
	if (follower->set.count > 0 && texts_generation_is(generation, &follower->set.generation)) {
		/* The question for one source failed. */
		(follower->ticks < follower->report_tick ? fetch_next : report_or_rest)(follower);
		return;
	}
	forget_set(follower);
	follower->set = (struct texts_set) { .generation = *generation };
	follower->phase = TEXT_FETCH;
	postgres_texts_ask_parts(follower->database, generation, TEXTS_PARTS_MAX + 1);
}

static void
look_work(struct job *job)
{
	struct text_work *work = (struct text_work *)job;
	work->error = texts_state_read(&work->state, work->follower->folder) < 0 ? errno : 0;
}

static void
look_done(struct job *job)
{
	struct text_work *work = (struct text_work *)job;
	struct text_follower *follower = work->follower;
	if (work->error != 0) {
		log_event("texts-failed", "detail", strerror(work->error), NULL);
		rest_after_failure(follower);
		return;
	}
	follower->state = work->state;
	reload_if_other(follower);
	follower->phase = TEXT_ASK;
	postgres_texts_ask_newest(follower->database);
}

static void
on_tick(uv_timer_t *timer)
{
	struct text_follower *follower = timer->data;
	struct executor *disk = pools_disk(&follower->worker->pools);
	follower->ticks++;
	if (follower->phase != TEXT_REST || follower->ticks < follower->resume ||
	    follower->worker->streams.host.stopping)
		return;
	follower->phase = TEXT_LOOK;
	follower->work.job = (struct job) { .work = look_work, .done = look_done };
	disk->start(disk, &follower->work.job);
}

static int
open_follower(struct text_follower *follower, const struct libpq *libpq)
{
	const struct postgres_texts_listener listener = { on_newest, on_parts, on_source, on_reported, follower };
	const struct settings *server = follower->serve->settings;
	const struct postgres_texts_settings settings = {
		.database = server->database,
		.pooled = server->config->database_pooler,
	};
	int error = uv_timer_init(&follower->worker->loop, &follower->timer);
	if (error < 0) {
		errno = -error;
		return -1;
	}
	follower->timer.data = follower;
	follower->database = postgres_texts_open(
	    libpq, &settings, &follower->worker->loop, pools_disk(&follower->worker->pools), &listener);
	return follower->database != NULL ? uv_timer_start(&follower->timer, on_tick, TICK, TICK) : -1;
}

struct text_follower *
text_follower_open(struct worker *worker, const struct serve *serve, const char *folder)
{
	char why[LIBPQ_ERROR_SIZE];
	const struct libpq *libpq = libpq_load(why);
	struct text_follower *follower = libpq != NULL ? calloc(1, sizeof *follower) : NULL;
	if (libpq == NULL) {
		log_event("texts-failed", "detail", why, NULL);
		return NULL;
	}
	if (follower != NULL) {
		follower->worker = worker;
		follower->serve = serve;
		follower->folder = folder;
		follower->again = true;
		follower->work.follower = follower;
		snprintf(follower->host, sizeof follower->host, "%s", serve->settings->hostname);
	}
	if (follower != NULL && open_follower(follower, libpq) == 0)
		return follower;
	log_event("texts-failed", "detail", strerror(errno), NULL);
	return follower; /* the loop may have its timer */
}

void
text_follower_close(struct text_follower *follower)
{
	if (follower == NULL)
		return;
	postgres_texts_close(follower->database);
	forget_set(follower);
	free(follower);
}
