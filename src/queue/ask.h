/* Asks for a run of the relay queue by a job. */
#ifndef QUEUE_ASK_H
#define QUEUE_ASK_H

#include "port/delivery.h"
#include "queue/queue.h"

/* Leaves a request, whose name is copied, by a job: OK, or FAILED, which has been logged. queue must last until done(). */
void queue_ask(const struct queue *queue, const struct queue_run *run, struct executor *executor, delivery_done *done,
    void *context);

#endif
