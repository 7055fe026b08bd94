/* The options of a command line. */
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include <argp.h>
#include <stdbool.h>

/*
 * Parses a command line by argp_parse(3), after "-h" has become "--help". If a long option is near to one that there is, an
 * error names both, and the program ends with argp_err_exit_status. Writes into argv.
 */
void options_parse(const struct argp *argp, int argc, char **argv, unsigned flags, void *input);

/* Has options_parse() also accept these options, whose input is NULL, beside those of each command. */
void options_add(const struct argp *common);

/* Is the word an option whose value is the next word? */
bool options_needs_next(const struct argp *argp, const char *word);

/* Has options_parse() print the long options, for completion by a shell, and end the program. */
void options_complete(void);

/* Prints the long options of a command, those that need a value with "=". */
void options_print(const struct argp *argp);

/*
 * Prints a word that may complete a command line, a line each, if no shell can take its characters for anything else, but for
 * the "*" before an "@", which the shells' scripts quote; nor a program its first one: an option, a comment, a command of zsh.
 */
void options_print_word(const char *word);

/* Calls a function for each long option; domain is that of its translations. */
typedef void option_fn(void *context, const struct argp_option *option, const char *domain);
void options_each(const struct argp *argp, option_fn *call, void *context);

#endif
