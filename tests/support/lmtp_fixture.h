/* A fixture for deliveries by LMTP: a server in memory, and a real queue and real Maildirs. */
#ifndef SUPPORT_LMTP_FIXTURE_H
#define SUPPORT_LMTP_FIXTURE_H

#include "fake_dialer.h"
#include "relay/lmtp_delivery.h"
#include "store/maildir_delivery.h"

extern struct fake_dialer server;
extern struct maildir_agent spool;
extern struct lmtp_agent agent; /* whose store is /run/lmtp, if a mailbox names none */
extern struct queue_entry entry;
extern enum delivery_result result;
extern unsigned ended; /* deliveries */
extern char detail[DELIVERY_DETAIL_SIZE];
extern unsigned notify;            /* of bob */
extern const char *stores[3];      /* of the mailboxes */
extern const char *stores_of_copy; /* of bob in the copy of a list */
extern struct queue_entry listed;  /* has a sender if deliver() adds the message of a list */
extern struct executor jobs;       /* runs a job at once */

/* Before and after each test. */
void set_up(void);
void tear_down(void);

/* Keeps the outcome of a delivery. */
void take_result(void *context, const struct delivery_outcome *outcome);

/* A message to the first of anna, bob and carla; begin() does not commit it. */
struct delivery *begin(size_t count);
enum delivery_result deliver(size_t count);

size_t count_queued(void);
void expect_in_detail(const char *part);
void expect_nothing_left(void);

#endif
