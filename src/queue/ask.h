/* Asks for a run of the relay queue by a job. */
#ifndef QUEUE_ASK_H
#define QUEUE_ASK_H

#include "port/delivery.h"
#include "queue/queue.h"

/* Leaves a wish, whose name is copied: OK, or FAILED, which has been logged. queue stays until done() is called. */
void queue_ask(const struct queue *queue, const struct queue_wish *wish, struct executor *executor, delivery_done *done,
    void *context);

#endif
