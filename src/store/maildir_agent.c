/* The agent that delivers into Maildirs and the relay queue: its folders, and questions about their room. */
#include <string.h>
#include <unistd.h>

#include "base/text/ascii.h"
#include "queue/ask.h"
#include "store/maildir_delivery.h"

int
maildir_agent_disk(const struct maildir_agent *agent)
{
	return agent->mail.error == 0 ? agent->mail.descriptor : agent->queue.folder;
}

static void
check_space(struct delivery_agent *base, struct executor *executor, const struct mailbox *mailboxes, size_t count,
    uint64_t size, delivery_done *done, void *context)
{
	const struct maildir_agent *agent = (const struct maildir_agent *)base;
	const struct space_question question = {
		.folder = agent->mail.descriptor,
		.disk = maildir_agent_disk(agent),
		.min_free = agent->min_free,
		.mailboxes = mailboxes,
		.count = count,
		.size = size,
	};
	space_check(&question, executor, done, context);
}

static void
run_queue(struct delivery_agent *base, struct executor *executor, const char *domain, bool below, delivery_done *done,
    void *context)
{
	const struct maildir_agent *agent = (const struct maildir_agent *)base;
	const struct queue_run run = { below ? QUEUE_RUN_BELOW : QUEUE_RUN_DOMAIN, domain };
	queue_ask(&agent->queue, &run, executor, done, context);
}

static bool
is_full(struct delivery_agent *base, struct executor *executor)
{
	struct maildir_agent *agent = (struct maildir_agent *)base;
	return agent->min_free > 0 &&
	    space_gauge_read(&agent->gauge, maildir_agent_disk(agent), executor) < (uint64_t)agent->min_free;
}

int
maildir_agent_open(struct maildir_agent *agent, const char *folder, const char *queue, const char *hostname)
{
	*agent = (struct maildir_agent) {
		.agent = { .begin = maildir_delivery_begin,
		    .is_full = is_full,
		    .check_space = check_space,
		    .run_queue = run_queue },
		.process = getpid(),
	};
	for (size_t i = 0; i < sizeof agent->host - 1 && hostname[i] != '\0'; i++)
		agent->host[i] = (char)(ascii_is_alnum(hostname[i]) || strchr(".-", hostname[i]) ? hostname[i] : '_');
	if (mail_folder_open(&agent->mail, folder) < 0)
		return -1;
	if (queue_open(&agent->queue, queue) < 0) {
		mail_folder_close(&agent->mail);
		return -1;
	}
	mail_folder_report(&agent->mail);
	space_gauge_open(&agent->gauge, maildir_agent_disk(agent));
	return 0;
}

void
maildir_agent_close(struct maildir_agent *agent)
{
	mail_folder_close(&agent->mail);
	queue_close(&agent->queue);
}
