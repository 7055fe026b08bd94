/* What a worker tells its master, by a pipe. */
#ifndef PROCESS_REPORT_H
#define PROCESS_REPORT_H

#include <sys/types.h>

enum report_event {
	REPORT_READY,  /* it takes connections */
	REPORT_LOADED, /* it speaks from a new catalogue */
	REPORT_KEPT,   /* it has kept the old one */
};

/* Short enough to go through a pipe in one piece. */
struct report {
	pid_t worker;
	enum report_event event;
};

#endif
