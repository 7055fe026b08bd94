/* How many processes a server may have. */
#ifndef BASE_WORKERS_H
#define BASE_WORKERS_H

/* Each table with a row per process is as long as this. */
enum {
	WORKERS_MAX = 64,                /* workers, numbered from 0 */
	PROCESSES_MAX = WORKERS_MAX + 1, /* with the one that relays, whose number is that after the last worker's */
};

#endif
