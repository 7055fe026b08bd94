/* Gives Maildirs another name. These functions block. */
#ifndef STORE_MAILDIR_MOVE_H
#define STORE_MAILDIR_MOVE_H

/*
 * Moves a Maildir, or a symbolic link to one, to another path below the folder of all mail, durably. In the same step an empty
 * file takes the old path, so that no delivery makes the Maildir again, but for a postmaster, who needs none to get mail. Does
 * nothing if there is no Maildir. Returns 0, or -1 with errno, and the Maildir is where it was: EBUSY if a POP3 session has it
 * open; ENOTEMPTY or EEXIST if there are messages or a link at the new path; EOPNOTSUPP if the file system cannot exchange two
 * names; EXDEV if a relative link would lead elsewhere; ENOTDIR if there is something else at the old path.
 */
int maildir_move(int folder, const char *from, const char *to);

/* The same for the folder of a domain: EEXIST or ENOTEMPTY if there is one of the new name, unless it is empty. */
int maildir_move_domain(int folder, const char *from, const char *to);

/* Removes the files that moves have left at the path of a Maildir and of its domain. Returns 0, or -1 with errno. */
int maildir_free_name(int folder, const char *path);

#endif
