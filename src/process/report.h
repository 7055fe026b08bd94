/* The messages of a worker to its master, through a pipe. */
#ifndef PROCESS_REPORT_H
#define PROCESS_REPORT_H

#include <sys/types.h>

enum report_event {
	REPORT_READY,  /* it accepts connections */
	REPORT_LOADED, /* a reload has ended: a new catalogue is in use */
	REPORT_KEPT,   /* a reload has ended: the old catalogue was kept */
};

/* Shorter than PIPE_BUF, so a write is atomic. */
struct report {
	pid_t worker;
	enum report_event event;
};

#endif
