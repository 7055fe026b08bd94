/* Entries of the journal of systemd, by its native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL). */
#ifndef BASE_JOURNAL_H
#define BASE_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

enum {
	JOURNAL_ID_SIZE = 33,           /* 32 hexadecimal digits and the NUL */
	JOURNAL_FIELDS_MAX = 12 * 1024, /* octets of the fields of an entry */
};

/* An entry that is being composed. */
struct journal_entry {
	char id[JOURNAL_ID_SIZE]; /* the field MESSAGE_ID */
	int priority;             /* of syslog(3) */
	bool reply;               /* the event is a reply: its id is that of the reply */
	size_t len;
	char fields[JOURNAL_FIELDS_MAX];
};

/* Is standard error a stream to the journal, as JOURNAL_STREAM says (systemd.exec(5))? */
bool journal_is_stderr(void);

/*
 * Opens a socket that sends to the one at a path, and names the program in each entry. The socket is the process's own,
 * and that of its children. Returns 0, or -1 with errno: ENAMETOOLONG, or that of connect(2) if nothing receives there.
 */
int journal_open(const char *path);

/*
 * The MESSAGE_ID of an event, and of a reply by its ID: always the same for a name. It is a UUID of version 8 (RFC 9562
 * section 5.8): two values of SipHash-2-4 of "event/NAME" or "reply/ID" under fixed keys.
 */
void journal_event_id(char id[JOURNAL_ID_SIZE], const char *event);
void journal_reply_id(char id[JOURNAL_ID_SIZE], const char *reply, size_t len);

/* Begins an entry: its priority and MESSAGE_ID are those of the event. */
void journal_begin(struct journal_entry *entry, const char *event);

/*
 * Adds the field FTGATE_KEY: key in capitals, "-" as "_". Characters of the value that a terminal may show stand as they are;
 * the octets of others, and a backslash, as \xNN, so that a value is one line. A field that does not fit is left out.
 */
void journal_put(struct journal_entry *entry, const char *key, const char *value, size_t len);

/*
 * Sends an entry with the line of the log as MESSAGE. Never blocks and allocates nothing. False if the journal does not
 * take it, whose socket may be full or gone.
 */
bool journal_send(const struct journal_entry *entry, const char *line, size_t len);

#endif
