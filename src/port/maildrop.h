/* The maildrop of an account: its Maildir, as one POP3 session sees it. Blocking operations are jobs. */
#ifndef PORT_MAILDROP_H
#define PORT_MAILDROP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port/directory.h"
#include "port/job.h"

enum {
	MAILDROP_UID_SIZE = 71,                     /* a unique-id with its NUL (RFC 1939 section 7) */
	MAILDROP_BLOCK = 64 * 1024,                 /* octets of a file that are read at a time */
	MAILDROP_BLOCK_MAX = 2 * MAILDROP_BLOCK + 2 /* octets that become of them at worst */
};

#define MAILDROP_WHOLE SIZE_MAX /* lines: all there are */

enum maildrop_result {
	MAILDROP_OK,
	MAILDROP_LOCKED, /* another session holds the maildrop: #5.07 */
	MAILDROP_ACCESS, /* the Maildir, or the message, is not there or may not be read or written: #5.00, #5.12 */
	MAILDROP_FAILED, /* trouble of our own, which may pass: memory, descriptors, the disk */
};

struct maildrop;
struct mail_folder; /* the folder of all mail, as the implementation has it */

/*
 * What a client gets of messages that need UTF8 mode: themselves, or a surrogate
 * in ASCII (RFC 6858). Others are sent as they are.
 */
enum maildrop_form { MAILDROP_ORIGINALS, MAILDROP_SURROGATES };

/*
 * Makes a maildrop that is not open yet. folder must outlive it; mailbox is copied. Does not block. NULL with errno:
 * ENOMEM, or EINVAL if its address names no mailbox.
 */
struct maildrop *maildrop_new(struct mail_folder *folder, const struct mailbox *mailbox, struct executor *executor);

/* Frees the maildrop and its lock, and deletes nothing. NULL is fine. Not while one of the jobs below is under way. */
void maildrop_close(struct maildrop *maildrop);

/*
 * Each of the next four starts a job. Only one runs at a time, and no other function is legal meanwhile. done() is
 * called on the loop when it is over, maybe before the call returns, and may start the next or close the maildrop.
 * maildrop_error() then is the errno of a failure, for the log.
 *
 * maildrop_open locks the maildrop until it is closed, and takes stock. Messages are numbered from 1 in the order of
 * their arrival; numbers, sizes and unique-ids do not change later. form is that of the messages whose sizes are given
 * and which are read; unique-ids are the same in both. A Maildir that does not exist is empty, but not if the folder of
 * all mail is missing: FAILED. After a failure only maildrop_close() is left.
 */
void maildrop_open(struct maildrop *maildrop, enum maildrop_form form,
    void (*done)(void *context, enum maildrop_result result), void *context);

/*
 * Opens a message and reads its first block: of the whole message, or of its header and so many lines of its body. Then
 * maildrop_read_on reads the next one, as long as the block is not the last. After a failure behind the first block the
 * connection must be closed, since the message is incomplete. maildrop_read_end() follows in any case.
 */
void maildrop_read(struct maildrop *maildrop, size_t number, size_t lines,
    void (*done)(void *context, enum maildrop_result result), void *context);
void maildrop_read_on(
    struct maildrop *maildrop, void (*done)(void *context, enum maildrop_result result), void *context);

/*
 * The UPDATE state: removes the marked messages permanently, and brings maildirsize up to date.
 * One that has vanished is removed. OK if all are; maildrop_left() is how many are not, 0 if
 * only the disk could not be synced. Then maildrop_close().
 */
void maildrop_update(
    struct maildrop *maildrop, void (*done)(void *context, enum maildrop_result result), void *context);

/* The errno of the last failure; the number of messages that maildrop_update() could not remove. */
int maildrop_error(const struct maildrop *maildrop);
size_t maildrop_left(const struct maildrop *maildrop);

/*
 * The octets of the block in transmission format: lines end with CRLF, dots are stuffed; the dot at the end is missing.
 */
struct maildrop_block {
	const char *octets; /* the maildrop's, until the next call to read */
	size_t len;         /* at most MAILDROP_BLOCK_MAX; 0 for an empty message */
	bool last;          /* the message is at its end, that of a line */
};

/* The block that was read last; valid until the next call that reads. */
const struct maildrop_block *maildrop_block(const struct maildrop *maildrop);

/* Closes the message that is being read, if any, and frees its block. */
void maildrop_read_end(struct maildrop *maildrop);

/* None of the following blocks. Numbers must be from 1 to the count, or it is an error of the programmer. */

/* Messages, those marked as deleted too. */
size_t maildrop_count(const struct maildrop *maildrop);

/* Messages and octets without those marked as deleted, as STAT shows them. */
struct maildrop_total {
	size_t messages;
	uint64_t octets;
};

/* Counts the messages that are not marked as deleted. */
struct maildrop_total maildrop_total(const struct maildrop *maildrop);

/* Octets of a message with CRLF line ends, without stuffed dots. By its file name, which may lie. */
uint64_t maildrop_size(const struct maildrop *maildrop, size_t number);

/*
 * Is the message for clients in UTF8 mode only (RFC 6856), or in a surrogate? It was taken with SMTPUTF8, or has an
 * address in UTF-8. By its file name, which may lie, or by its header as it was when a session first saw it.
 */
bool maildrop_needs_utf8(const struct maildrop *maildrop, size_t number);

/* Writes the unique-id, 1 to 70 octets from 0x21 to 0x7E, and a NUL. Returns its length. */
size_t maildrop_uid(const struct maildrop *maildrop, size_t number, char uid[MAILDROP_UID_SIZE]);

/* Marks a message as deleted; takes all marks away again. Marking twice is fine. */
void maildrop_delete(struct maildrop *maildrop, size_t number);
void maildrop_reset(struct maildrop *maildrop);
bool maildrop_deleted(const struct maildrop *maildrop, size_t number);

#endif
