/* How many processes a server may have. */
#ifndef BASE_WORKERS_H
#define BASE_WORKERS_H

enum {
	WORKERS_MAX = 64, /* workers, numbered from 0 */
	PROCESSES_MAX = WORKERS_MAX +
	    1, /* the same with the process that relays, which has the number after the last */
};

#endif
