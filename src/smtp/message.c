/* Receives a message, passes it to the delivery, and replies to it. */
#include <stdlib.h>
#include <string.h>

#include "smtp/internal.h"
#include "smtp/lookup_state.h"
#include "smtp/normalise.h"

enum { MAILBOXES_MANY = 100 };

void
message_abandon(struct smtp_session *s)
{
	struct delivery *delivery = s->message.delivery;

	if (delivery != NULL)
		delivery->ops->abandon(delivery, s->config->executor);
	s->message.delivery = NULL;
}

struct message_edits *
message_edits(struct smtp_session *s)
{
	if (s->message.edits == NULL)
		s->message.edits = calloc(1, sizeof *s->message.edits);
	return s->message.edits;
}

static void
free_edits(struct message_edits *edits)
{
	if (edits == NULL)
		return;
	field_edits_clear(&edits->due);
	field_edits_clear(&edits->asked);
	free(edits);
}

void
transaction_reset(struct smtp_session *s)
{
	message_abandon(s);
	header_checks_forget(s);
	free_edits(s->message.edits);
	s->message = (struct message) { 0 };
	envelope_clear(&s->envelope);
	lookup_close(s);
	policy_end(&s->policy);
	xlang_prefer(s, LANGUAGE_OF_DOMAIN, "");
	s->outlet->speak_of(s->outlet, LANGUAGE_OF_DOMAIN, "");
}

static bool
is_too_large(const struct smtp_session *s)
{
	size_t max = s->config->max_message_size;
	return max != 0 && s->message.size > max;
}

static bool
is_bare(const struct smtp_session *s)
{
	return s->message.scanner.bare && !s->config->normalise;
}

/* The client's faults come first, so that the reply does not depend on how the octets arrived. */
struct ftg_reply
message_verdict(const struct smtp_session *s)
{
	if (is_bare(s))
		return ftg_reply(FTG_SMTP_BARE_OCTET);
	if (is_too_large(s))
		return ftg_reply(ERR_SMTP_MESSAGE_LENGTH);
	if (s->message.unfit)
		return s->held.reply;
	if (s->message.fault.cause != NULL)
		return ftg_reply(s->message.fault.id);
	if (s->message.result == DELIVERY_OK)
		return ftg_reply(ERR_SMTP_MESSAGEOK);
	return refusal_delivery(s->message.result, (struct span) { s->envelope.first, strlen(s->envelope.first) });
}

static void
count(const struct smtp_session *s, enum ftg_id answer)
{
	struct stats_slot *stats = s->config->stats;

	if (answer == ERR_SMTP_MESSAGEOK) {
		stats_add(stats, STAT_MESSAGES, 1);
		stats_add(stats, STAT_OCTETS, s->message.size);
	} else if (s->message.result != DELIVERY_OK) {
		bool again = ftg_row(answer)->code[s->config->profile].reply[0] == '4';
		stats_add(
		    stats, again ? STAT_LOCAL_DEFERRED : STAT_LOCAL_BOUNCED, envelope_count_mailboxes(&s->envelope));
	}
}

/* Sends the reply, and ends the transaction. */
static void
finish(struct smtp_session *s)
{
	struct ftg_reply answer = message_verdict(s);

	count(s, answer.id);
	if (answer.id == ERR_SMTP_MESSAGEOK)
		event_message(s);
	else if (!s->message.refused)
		event_refused(s, &answer);
	s->outlet->reply(s->outlet, &answer);
	s->policy.refused_by = NULL;
	transaction_reset(s);
	s->state = SMTP_READY;
}

void
message_note_outcome(struct smtp_session *s, const struct delivery_outcome *outcome)
{
	s->message.result = outcome->result;
	if (outcome->result != DELIVERY_OK)
		event_failed_delivery(s, outcome);
}

static void
flushed(void *context, const struct delivery_outcome *outcome)
{
	struct smtp_session *s = context;

	message_note_outcome(s, outcome);
	if (s->message.result != DELIVERY_OK)
		message_abandon(s);
	s->busy = false;
	smtp_resume(s);
}

static void
committed(void *context, const struct delivery_outcome *outcome)
{
	struct smtp_session *s = context;

	s->message.delivery = NULL;
	message_note_outcome(s, outcome);
	finish(s);
	s->busy = false;
	smtp_resume(s);
}

static void
store(struct smtp_session *s, const char *bytes, size_t len)
{
	struct message *m = &s->message;

	header_checks_read(s, bytes, len);
	if (is_bare(s) || is_too_large(s) || m->fault.cause != NULL) {
		message_abandon(s);
	} else if (m->delivery != NULL && len > 0 && !m->delivery->ops->append(m->delivery, bytes, len)) {
		m->result = DELIVERY_FAILED;
		message_abandon(s);
	}
}

void
message_append(struct smtp_session *s, const char *bytes, size_t len)
{
	const char *run;
	size_t run_len;

	if (!s->config->normalise)
		store(s, bytes, len);
	for (size_t taken = 0; s->config->normalise && taken < len; store(s, run, run_len))
		taken += normalise(&s->message.cr, bytes + taken, len - taken, &run, &run_len);
}

/* The rest of the time that the client waits for the reply: the filters may have used most of it. */
static int64_t
time_left(const struct smtp_session *s)
{
	int64_t used = 1000 * (s->config->now() - s->message.ended);
	return used <= 0 ? DELIVERY_TIMEOUT : used < DELIVERY_TIMEOUT ? DELIVERY_TIMEOUT - used : 0;
}

/* Completes a message that is fit to be delivered. Is it to be? One that all have had is not, and is answered the same. */
static bool
prepare(struct smtp_session *s)
{
	if (s->message.result != DELIVERY_OK)
		return false;
	returned_leave_out(s);
	if (!envelope_has_recipients(&s->envelope))
		return false;
	if (!relaying_add_lists(s))
		s->message.result = DELIVERY_FAILED;
	return s->message.result == DELIVERY_OK;
}

/* Each mailbox takes a sync: the messages of all others must not wait for a message to very many. */
static struct executor *
publisher(const struct smtp_session *s)
{
	return envelope_count_mailboxes(&s->envelope) > MAILBOXES_MANY ? s->config->spreader : s->config->executor;
}

static struct ftg_reply
publish(struct smtp_session *s, struct ftg_reply verdict)
{
	struct delivery *delivery = s->message.delivery;

	if (verdict.id != FTG_IDS) {
		s->message.unfit = true;
		held_keep(&s->held, verdict);
	}
	if (verdict.id != FTG_IDS || !prepare(s)) {
		message_abandon(s);
		finish(s);
	} else {
		s->busy = true;
		if (s->message.edits != NULL && !field_edits_is_empty(&s->message.edits->asked))
			delivery->ops->edit(delivery, &s->message.edits->asked);
		delivery->ops->commit(delivery, publisher(s), time_left(s), committed, s);
	}
	return ftg_reply(FTG_IDS);
}

void
message_end(struct smtp_session *s)
{
	s->message.ended = s->config->now();
	header_checks_end(s);
	if (s->message.fault.cause != NULL)
		message_abandon(s);
	if (s->message.delivery == NULL)
		finish(s);
	else
		(void)policy_run(s, POLICY_CONTENT, NULL, (struct span) { NULL, 0 }, publish);
}

void
message_flush(struct smtp_session *s)
{
	struct delivery *delivery = s->message.delivery;

	if (delivery == NULL || !delivery->ops->wants_flush(delivery))
		return;
	s->busy = true;
	delivery->ops->flush(delivery, s->config->executor, flushed, s);
}

size_t
message_feed(struct smtp_session *s, const char *bytes, size_t len)
{
	const char *run;
	size_t run_len;
	size_t taken = data_scan(&s->message.scanner, bytes, len, &run, &run_len);

	s->message.size += run_len;
	message_append(s, run, run_len);
	if (s->message.scanner.at == DATA_END)
		message_end(s);
	else
		message_flush(s);
	return taken;
}

/* Writes the lines before the message. */
static bool
begin_trace(struct smtp_session *s)
{
	struct delivery *delivery = s->message.delivery;
	char trace[TRACE_MAX];
	size_t local, len = trace_write(trace, s, &local);

	if (len == 0 || (local > 0 && !delivery->ops->append(delivery, trace, local)))
		return false;
	delivery->ops->begin_relayed(delivery);
	return delivery->ops->append(delivery, trace + local, len - local);
}

bool
message_begin(struct smtp_session *s)
{
	struct delivery_agent *agent = s->config->delivery;
	const struct envelope *envelope = &s->envelope;

	if (!relaying_complete(s))
		return false;
	struct delivery *delivery = agent->begin(agent, envelope->mailboxes, envelope->count, envelope->relay);
	if (delivery == NULL)
		return false;
	s->message = (struct message) { .delivery = delivery };
	if (!header_checks_begin(s) || !begin_trace(s)) {
		message_abandon(s);
		header_checks_forget(s);
		return false;
	}
	return true;
}
