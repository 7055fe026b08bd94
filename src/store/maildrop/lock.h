/* The lock of a maildrop: one session at a time, of whatever process. Blocks. */
#ifndef STORE_MAILDROP_LOCK_H
#define STORE_MAILDROP_LOCK_H

#define DROP_LOCK_NAME "ftgate-pop3.lock"

/*
 * Locks the Maildir with this descriptor by a file in it, which remains when the lock is released. Returns a descriptor
 * that holds the lock until it is closed, also by the end of the process; or -1 with errno, EAGAIN if another session
 * holds it.
 */
int drop_lock(int maildir);

#endif
