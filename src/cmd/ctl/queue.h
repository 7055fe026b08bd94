/* How the commands of ftgatectl on the relay queue print. */
#ifndef CMD_CTL_QUEUE_H
#define CMD_CTL_QUEUE_H

#include "cmd/output/table.h"
#include "queue/queue.h"

/* The columns of entries. */
enum { QUEUE_COLUMNS = 18 };
extern const struct column queue_columns[QUEUE_COLUMNS];

/* Add an entry to a table; one whose envelope cannot be read. */
void queue_put(struct table *table, const struct queue_entry *entry);
void queue_put_damaged(struct table *table, const char *id);

/* Prints an entry for people, in several lines, with its recipients. */
void queue_print_fields(const struct queue_entry *entry);

#endif
