/* Programs whose output trace reads. */
#ifndef CMD_CTL_TRACE_CHILD_H
#define CMD_CTL_TRACE_CHILD_H

#include <sys/types.h>

struct child {
	pid_t pid;
	int output; /* to read from */
};

/*
 * Starts a program of PATH without a shell, with a descriptor as standard input, which stays the caller's; -1: no input.
 * Returns 0, or an error number.
 */
int child_start(struct child *child, const char *const words[], int input);

/* Closes the output, and waits. Returns whether the program has ended with status 0. */
int child_finish(struct child *child);

#endif
