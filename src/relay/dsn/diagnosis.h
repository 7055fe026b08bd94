/* The reply of another server read as one of the table: its reference says which, whatever language its words have. */
#ifndef RELAY_DIAGNOSIS_H
#define RELAY_DIAGNOSIS_H

#include <ftgate/reply.h>

#include "port/queue_entry.h"

struct diagnosis {
	enum ftg_id id;     /* of a row with a code; FTG_IDS: the reply has no reference of ours */
	const char *server; /* the name or address of the server in the verdict, of server_len octets */
	size_t server_len;
	bool complete;          /* its arguments are known */
	struct ftg_reply reply; /* complete: its texts are those of the entry and of its reply */
};

/* Reads the last reply about a recipient of an entry. The result is valid as long as both are unchanged. */
struct diagnosis diagnosis_read(const struct queue_entry *entry, const struct queue_recipient *recipient);

#endif
