/* CSV of commands that print JSON. */
#ifndef CMD_CTL_CSV_H
#define CMD_CTL_CSV_H

#include "cmd/ctl/ctl.h"

/*
 * Runs the command of a request, which prints an array of objects or an object as JSON, and prints that as CSV instead: a
 * column for each member of the first object. An array of texts has a line feed between them, and other arrays and objects
 * stay JSON. What is no JSON is printed as it is. Returns its exit status.
 */
int csv_run(struct request *request);

#endif
