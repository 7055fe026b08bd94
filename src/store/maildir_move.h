/* Gives Maildirs another name. These functions block. */
#ifndef STORE_MAILDIR_MOVE_H
#define STORE_MAILDIR_MOVE_H

/*
 * Moves a Maildir to another path below the folder of all mail, durably. An empty file stays at the old path, so that no
 * delivery makes the Maildir again, but for a postmaster, who needs none to get mail. Does nothing if there is no Maildir. Returns 0, or
 * -1 with errno: EBUSY if a POP3 session has it open, ENOTEMPTY if there are messages at the new path.
 */
int maildir_move(int folder, const char *from, const char *to);

/* The same for the folder of a domain: ENOTEMPTY if there is one of the new name, unless it is empty. */
int maildir_move_domain(int folder, const char *from, const char *to);

/* Removes the files that moves have left at the path of a Maildir and of its domain. Returns 0, or -1 with errno. */
int maildir_free_name(int folder, const char *path);

#endif
