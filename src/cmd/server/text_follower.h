/*
 * Follows the operator's own texts in PostgreSQL: looks each second for a new generation, has a job check it and put it
 * in the data folder, has the server load it, and reports the generation that the server uses. The first worker of each
 * server does; of several servers with one data folder, any can write there, one at a time.
 */
#ifndef CMD_SERVER_TEXT_FOLLOWER_H
#define CMD_SERVER_TEXT_FOLLOWER_H

#include "cmd/server/worker_env.h"

struct text_follower;

/*
 * Begins to follow the database of the settings. worker, serve and folder, that of own texts, must outlive the result.
 * Returns NULL if that is not possible, after it has logged why: the server then uses the texts of its folder.
 */
struct text_follower *text_follower_open(struct worker *worker, const struct serve *serve, const char *folder);

/* Frees it, when the loop has ended and its handles are closed. NULL is fine. */
void text_follower_close(struct text_follower *follower);

#endif
