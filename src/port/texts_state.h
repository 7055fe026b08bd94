/*
 * Which own texts of the database a data folder has: a file beside them, for all servers of the folder. Without one,
 * the texts are those of the folder alone.
 */
#ifndef PORT_TEXTS_STATE_H
#define PORT_TEXTS_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TEXTS_STATE_REASON = 512, TEXTS_STATE_MAX = 4096 };

/* A generation of the database. Another database can have the same number, but hardly of the same time. */
struct texts_generation {
	uint64_t number;  /* 0: none */
	uint64_t created; /* microseconds since 1970, by the clock of the database */
};

struct texts_state {
	struct texts_generation used, refused; /* the last one of each */
	uint64_t refusals;                     /* texts of the refused one */
	char reason[TEXTS_STATE_REASON];       /* the first of them, in one line of printable ASCII */
};

/* Whether both are the same. */
bool texts_generation_is(const struct texts_generation *one, const struct texts_generation *other);

/* Whether one is from before the other: by number and by time, as a replica that lags has it. */
bool texts_generation_precedes(const struct texts_generation *one, const struct texts_generation *other);

/* Parses the octets of the file. Returns false if they are not what texts_state_write() writes; then state is empty. */
bool texts_state_parse(struct texts_state *state, const char *octets, size_t len);

/*
 * Reads the file of a folder of own texts; a file that does not exist, or is damaged, is like none. Returns 0, or -1
 * with errno if it cannot be read. Blocks.
 */
int texts_state_read(struct texts_state *state, const char *folder);

/* Replaces the file, on stable storage, as its name in the folder is. Returns 0, or -1 with errno. Blocks. */
int texts_state_write(const struct texts_state *state, const char *folder);

/*
 * Removes the file: the texts are those of the folder alone from now on. Returns
 * 0, also if there is none, or -1 with errno. Blocks.
 */
int texts_state_remove(const char *folder);

#endif
