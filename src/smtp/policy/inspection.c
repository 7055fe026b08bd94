/* Runs a check of the stage POLICY_CONTENT in a job, on the message in its file. */
#include "smtp/policy/inspection.h"

#include <stdlib.h>
#include <string.h>

static struct ftg_reply
verdict_of(const struct inspection *inspection)
{
	if (inspection->id == FTG_IDS || ftg_row(inspection->id)->args[0] != FTG_ARG_TEXT)
		return ftg_reply(inspection->id);
	return ftg_reply_text(inspection->id, inspection->text, strlen(inspection->text));
}

static void
work(struct job *job)
{
	struct inspection *inspection = (struct inspection *)(void *)job;
	inspection->look(inspection);
}

static void
looked(struct job *job)
{
	struct inspection *inspection = (struct inspection *)(void *)job;
	struct smtp_session *s = inspection->s;
	if (inspection->failed)
		s->outlet->log(s->outlet, "inspection-failed", "detail", inspection->text, NULL);
	s->message.fault = (struct message_fault) { inspection->id, inspection->cause };
	policy_decide(s, verdict_of(inspection));
	free(inspection);
}

/* A message that cannot be written is not inspected; its reply is that of a failed delivery. */
static void
spooled(void *context, const struct delivery_outcome *outcome)
{
	struct inspection *inspection = context;
	struct smtp_session *s = inspection->s;
	message_note_outcome(s, outcome);
	if (outcome->result != DELIVERY_OK) {
		free(inspection);
		policy_decide(s, policy_pass());
		return;
	}
	inspection->file = s->message.delivery->ops->file(s->message.delivery);
	inspection->executor->start(inspection->executor, &inspection->job);
}

struct ftg_reply
inspection_start(struct smtp_session *s, struct executor *executor, void (*look)(struct inspection *inspection))
{
	struct delivery *delivery = s->message.delivery;
	struct inspection *inspection;
	if (s->message.result != DELIVERY_OK)
		return policy_pass();
	if ((inspection = malloc(sizeof *inspection)) == NULL || !policy_wait(s)) {
		free(inspection);
		return ftg_reply(ERR_SMTP_HARDERROR);
	}
	*inspection = (struct inspection) {
		.job = { .work = work, .done = looked },
		.s = s,
		.executor = executor,
		.look = look,
		.id = FTG_IDS,
	};
	delivery->ops->spool(delivery, s->config->executor, spooled, inspection);
	return policy_pass();
}
