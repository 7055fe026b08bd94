/* How the commands of ftgatectl on the relay queue print. */
#ifndef CMD_CTL_QUEUE_H
#define CMD_CTL_QUEUE_H

#include "queue/queue.h"

/* Print an entry: in one line; in several, with its recipients; as an object of JSON, without a line feed. */
void queue_print_line(const struct queue_entry *entry);
void queue_print_fields(const struct queue_entry *entry);
void queue_print_json(const struct queue_entry *entry);

#endif
