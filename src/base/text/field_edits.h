/* Changes to the header of a message that are to be made at once: fields to add, to remove, to replace, to complete. */
#ifndef BASE_FIELD_EDITS_H
#define BASE_FIELD_EDITS_H

#include <stdbool.h>
#include <stddef.h>

enum {
	FIELD_NAME_MAX = 77,          /* octets of a name: with its colon in a line of 78 (RFC 5322 section 2.1.1) */
	FIELD_LINE_MAX = 998,         /* octets of a line without its end */
	FIELD_EDITS_ADDED = 64,       /* fields that are added, at most */
	FIELD_EDITS_REMOVED = 32,     /* removals, at most */
	FIELD_EDITS_OCTETS = 1 << 17, /* of all fields that are added */
	FIELD_EDITS_LEFT_OUT = 256,   /* octets kept of the names that were left out */
};

/* A field as it is written to a file: folded, lines end with LF. */
struct field_added {
	char *text;
	int order; /* those with a lower one come first */
};

struct field_removal {
	char name[FIELD_NAME_MAX + 1];
	int which; /* 0: all of the name; 1: the first, 2: the second; -1: the last */
};

/* All zero is no change. Texts belong to the changes, and field_edits_clear() frees them. */
struct field_edits {
	bool utf8; /* to be set by the owner: may values hold UTF-8 beyond ASCII (RFC 6532)? */
	bool high; /* a value holds some */
	struct field_added added[FIELD_EDITS_ADDED]; /* go in front, sorted by field_edits_sort() */
	size_t added_count;
	struct field_removal removed[FIELD_EDITS_REMOVED];
	size_t removed_count;
	char *subject;        /* takes the place of each Subject; NULL: they stay */
	const char *own_name; /* results that this host did not add are removed; NULL: none are */
	bool user;            /* only those under the name of this host: the message is of a user */
	char *date;           /* is added if there is none, and so is the next; NULL: not */
	char *message_id;
	char *domain; /* completes addresses without a domain (RFC 6409 section 8.8); NULL: they stay */
	bool bcc;     /* Bcc fields are removed */
	size_t octets;
	char left_out[FIELD_EDITS_LEFT_OUT]; /* the names of changes that were left out, with spaces between */
};

enum {
	FIELD_UNORDERED = 1 << 30, /* an order behind all others */
};

/*
 * Adds a field in front of the message. The value may be folded, with LF or CRLF before white space. It is folded
 * where a line is longer than 78 octets. Returns 0, or -1 with errno: EINVAL if the name is none of RFC 5322, or the
 * value holds another control character, a line of white space alone, no valid UTF-8, any that is not permitted, or a
 * line that cannot be made short enough; E2BIG if there are too many; ENOMEM. The name of a change that fails is kept
 * in left_out.
 */
int field_edits_add(struct field_edits *edits, const char *name, const char *value, int order);

/* Removes a field. Fails as field_edits_add() does. */
int field_edits_remove(struct field_edits *edits, const char *name, int which);

/* Replaces the subject. Fails as field_edits_add() does. */
int field_edits_subject(struct field_edits *edits, const char *value);

/*
 * Writes a field as field_edits_add() does, and returns it, to be freed by the caller; NULL with errno. *high is set
 * if it holds more than ASCII, which is an error unless utf8 is set.
 */
char *field_write(const char *name, const char *value, bool utf8, bool *high);

/* Sorts the added fields by their order; those of the same order stay as they were added. */
void field_edits_sort(struct field_edits *edits);

/* Is there nothing to change? */
bool field_edits_is_empty(const struct field_edits *edits);

/* Notes that a change to a field of this name was left out. */
void field_edits_leave_out(struct field_edits *edits, const char *name);

/* Frees what it holds. */
void field_edits_clear(struct field_edits *edits);

#endif
