/* ftgatectl import and export. */
#ifndef CMD_CTL_TRANSFER_IMPORT_H
#define CMD_CTL_TRANSFER_IMPORT_H

#include "cmd/ctl/ctl.h"

/* The commands. Each returns an exit status, after it has printed its error. */
int ctl_import(struct request *request);
int ctl_export(struct request *request);

#endif
