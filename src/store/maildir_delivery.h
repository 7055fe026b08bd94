/* Delivers messages into Maildirs and the relay queue, one file with a name in each. */
#ifndef STORE_MAILDIR_DELIVERY_H
#define STORE_MAILDIR_DELIVERY_H

#include <sys/types.h>

#include "port/delivery.h"
#include "queue/queue.h"
#include "store/mail_folder.h"
#include "store/space.h"

enum {
	DELIVERY_BLOCK = 64 * 1024, /* octets of a message that are held in memory, and written at a time */
	DELIVERY_HOST_SIZE = 64,
};

struct maildir_agent {
	struct delivery_agent agent;
	struct mail_folder mail;
	struct queue queue;
	pid_t process;
	unsigned long last; /* number of the last delivery */
	long long min_free; /* octets that the file system must keep free; 0: none. May be set at any time */
	struct space_gauge gauge;
	struct stats_slot *stats; /* counts deliveries; NULL: none. May be set at any time */
	char host[DELIVERY_HOST_SIZE];
};

/*
 * Opens an agent for the Maildirs below a folder (store/mail_folder.h) and for the relay queue in another one. Both
 * are made if they are missing, and must be on one file system. hostname becomes a part of the messages' file names.
 * Returns 0, or -1 with errno. One agent a process, opened in it; it is used on the loop alone.
 */
int maildir_agent_open(struct maildir_agent *agent, const char *folder, const char *queue, const char *hostname);

/* begin() of the agent; its file and that of the deliveries share it. */
struct delivery *maildir_delivery_begin(
    struct delivery_agent *agent, const struct mailbox *mailboxes, size_t count, struct queue_entry *entry);

/*
 * A folder of the file system that min_free is about: that of all mail, or, while it is refused (mail_folder_check),
 * the queue. Any thread may ask.
 */
int maildir_agent_disk(const struct maildir_agent *agent);

/* Not while a delivery exists, or a job of the agent. */
void maildir_agent_close(struct maildir_agent *agent);

#endif
