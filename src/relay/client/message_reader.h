/* Reads a message file in jobs, as SMTP sends it: CR LF for each LF, dots doubled (RFC 5321 section 4.5.2), the dot at the end. */
#ifndef RELAY_MESSAGE_READER_H
#define RELAY_MESSAGE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "port/job.h"

enum { MESSAGE_BLOCK = 16384 };

/* Owned by whoever sends the message; used on the loop's thread, but for the job under way. */
struct message_reader {
	struct job job;
	int file;
	off_t at;
	bool line_start, ended; /* ended: the octets are the last ones, with the dot */
	int error;              /* errno of the last block; EILSEQ: it holds a bare CR; 0: none */
	size_t len;             /* octets of out that the last block came to */
	void (*done)(struct message_reader *reader);
	void *owner;
	char block[MESSAGE_BLOCK], out[2 * MESSAGE_BLOCK + 8];
};

/* Begins behind so many octets of a file, which must stay open. done and owner are then set by the caller. */
void message_reader_open(struct message_reader *reader, int file, off_t skip);

/* Reads and encodes the next block in a job; done() is called on the loop. */
void message_reader_next(struct message_reader *reader, struct executor *executor);

#endif
