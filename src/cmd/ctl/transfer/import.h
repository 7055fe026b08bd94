/* ftgatectl import and export. */
#ifndef CMD_CTL_TRANSFER_IMPORT_H
#define CMD_CTL_TRANSFER_IMPORT_H

#include "cmd/ctl/ctl.h"

/*
 * Opens the file of an import as the user who runs the program, who may not be the owner of the data folder. Returns an exit
 * status, after it has printed its error.
 */
int import_open(struct request *request);

/* The commands. Each returns an exit status, after it has printed its error. */
int ctl_import(struct request *request);
int ctl_export(struct request *request);

#endif
