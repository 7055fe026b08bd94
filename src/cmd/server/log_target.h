/* Where a server logs its events: the values of the setting log. */
#ifndef CMD_SERVER_LOG_TARGET_H
#define CMD_SERVER_LOG_TARGET_H

#include <stdbool.h>

/* Is it "stderr", "journal", "journal:" with the path of a socket, or the path of a file from the root? */
bool log_target_is_valid(const char *target);

/*
 * Could the user of the process log there? "" is always usable. Changes nothing. False with errno: that of access(2), or of
 * connect(2) to the socket of the journal.
 */
bool log_target_is_usable(const char *target);

/* What to do if the log cannot go there, in the user's language. */
const char *log_target_cure(const char *target);

/*
 * Sends events there from now on. "" is the journal if standard error is connected to it, else standard error. Call it
 * with the rights of the server's user, so that a file can be opened again. Returns 0, or -1 with errno.
 */
int log_target_open(const char *target);

#endif
