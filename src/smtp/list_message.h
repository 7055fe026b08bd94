/* The message of a list: what its members get, with a sender and fields of the list (RFC 5321 section 3.9.2). */
#ifndef SMTP_LIST_MESSAGE_H
#define SMTP_LIST_MESSAGE_H

#include "base/text/field_edits.h"
#include "port/delivery.h"
#include "port/directory.h"

enum {
	LIST_ID_MAX = 255,     /* octets of a List-Id without brackets (RFC 2919 section 3) */
	LIST_LOCAL_SIZE = 2048 /* of the lines for mailboxes here */
};

/* All zero but for the list has no member. */
struct list_message {
	struct address list;
	char name[ADDRESS_TEXT_SIZE]; /* the same, written */
	char id[LIST_ID_MAX + 1];     /* of its List-Id; "": it would be too long */
	struct mailbox *mailboxes;
	size_t count, room;
	bool returned;            /* its List-Id is in the message, which it has had before */
	struct queue_entry entry; /* members at other servers; a delivery by LMTP adds the mailboxes at its end */
	size_t elsewhere;         /* members at other servers */
	struct field_edits edits;
	char local[LIST_LOCAL_SIZE]; /* the lines for mailboxes here, which end with LF */
};

/* Add a member; false when memory is out. The address is as struct queue_recipient has it. */
bool list_message_add(struct list_message *message, const struct mailbox *mailbox);
bool list_message_add_elsewhere(struct list_message *message, const char *address);

/* The messages of several lists, each list once; a member is in one of them. */
struct list_messages {
	size_t count, room;
	bool posted; /* one of them was named that takes no answers of programs */
	struct list_message *all[];
};

/* Adds the message of a list, and makes *messages if need be. Returns the message; NULL when memory is out. */
struct list_message *list_messages_add(struct list_messages **messages, const struct address *list);

/* Keeps the first messages, so many, and frees the others; frees all of it. messages may be NULL. */
void list_messages_cut(struct list_messages *messages, size_t count);
void list_messages_free(struct list_messages *messages);

/* Are there so many? NULL is none. */
static inline size_t
list_messages_count(const struct list_messages *messages)
{
	return messages != NULL ? messages->count : 0;
}

/* Removes the members of whom this is true: they get another message. */
void list_message_remove(
    struct list_message *message, bool (*is_other)(const void *context, const char *address), const void *context);

/* Removes all members. */
void list_message_empty(struct list_message *message);

/* Is this the value of its List-Id field (RFC 2919 section 3)? */
bool list_message_has_id(const struct list_message *message, const char *value, size_t len);

/* Writes the sender of the list's mail: LIST-bounces, or the postmaster if that would not be an address, or not in ASCII. */
void list_message_sender(char text[ADDRESS_TEXT_SIZE], const struct address *list, bool utf8);

/*
 * Sets the fields and the lines of the message. sender is its reverse-path, "" for none; utf8: the message may hold UTF-8
 * in its header. False when memory is out.
 */
bool list_message_write(struct list_message *message, const char *sender, bool utf8);

#endif
