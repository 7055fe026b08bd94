/* The processors of this machine. */
#ifndef CMD_SERVER_PROCESSORS_H
#define CMD_SERVER_PROCESSORS_H

/* The number of processors that this process may run on, at most WORKERS_MAX. */
unsigned processors_count(void);

#endif
