/* Writes the header of a message with changes. */
#ifndef MESSAGE_HEADER_EDIT_H
#define MESSAGE_HEADER_EDIT_H

#include <stdint.h>
#include <sys/types.h>

#include "base/text/field_edits.h"

/* A message whose lines end with LF. Its lines before local octets are for mailboxes here. */
struct header_source {
	/* Reads up to size octets from an offset on; 0 at the end, -1 with errno. */
	ssize_t (*read)(struct header_source *source, char *octets, size_t size, uint64_t at);
	uint64_t local;
};

struct header_sink {
	/* Returns 0, or -1 with errno. */
	int (*write)(struct header_sink *sink, const char *octets, size_t len);
};

/* Octets, and how many of them end lines. */
struct header_size {
	uint64_t octets, lines;
};

struct header_edited {
	struct header_size read;    /* the header: what follows it is unchanged */
	struct header_size written; /* the new one */
	struct header_size local;   /* of it for mailboxes here */
};

/*
 * Writes the header, all up to the empty line, with the changes. Added fields stand behind the local lines; a Date
 * and a Message-ID behind the first Received field that follows these, which this server has written: only below it
 * are results forged, addresses without a domain and Bcc fields. The source is read twice; a header may have any
 * size, and the memory used does not grow with it. Blocks if source or sink do. Returns 0, or -1 with errno: that of
 * source and sink, or ENOMEM.
 */
int header_edit(const struct field_edits *edits, struct header_source *source, struct header_sink *sink,
    struct header_edited *edited);

#endif
