/* System calls that fail on purpose: a test program linked with --wrap for each of them. */
#ifndef SUPPORT_FAULT_H
#define SUPPORT_FAULT_H

enum fault_call { FAULT_OPENAT, FAULT_WRITE, FAULT_FSYNC, FAULT_CLOSE, FAULT_LINKAT, FAULT_RENAMEAT, FAULT_CALLS };

/* The given call fails with error when it is made for the nth time from now on (0: the next); once. */
void fault_set(enum fault_call call, int nth, int error);

/* Each write takes this many octets at most; 0: as many as the system does. */
void fault_shorten_writes(unsigned long octets);

/* How often the fault has struck since fault_set(). */
int fault_struck(void);

/* The calls that were made since the last time this was called: a letter each, o w s c l r. */
const char *fault_trace(void);

#endif
