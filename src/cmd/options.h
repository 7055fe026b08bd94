/* The options of a command line. */
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include <argp.h>

/*
 * Parses a command line by argp_parse(3), after "-h" has become "--help". If a long option is near to one that there is, an
 * error names both, and the program ends with argp_err_exit_status. Writes into argv.
 */
void options_parse(const struct argp *argp, int argc, char **argv, unsigned flags, void *input);

/* Calls a function for each long option; domain is that of its translations. */
typedef void option_fn(void *context, const struct argp_option *option, const char *domain);
void options_each(const struct argp *argp, option_fn *call, void *context);

#endif
