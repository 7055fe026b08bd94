/* Completion of a command line by a shell. */
#ifndef CMD_CTL_COMPLETE_H
#define CMD_CTL_COMPLETE_H

#include <argp.h>

/*
 * Prints the words that may complete the last one of a command line, which can be "", a line each; the scripts in
 * etc/completion leave out those that begin otherwise. Names of records come from the command list. Returns an exit status.
 */
int ctl_complete(const struct argp *argp, int count, char **words);

#endif
