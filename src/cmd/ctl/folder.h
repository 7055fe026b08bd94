/* Where ftgatectl finds the data folder of a server. */
#ifndef CMD_CTL_FOLDER_H
#define CMD_CTL_FOLDER_H

#include <limits.h>

#include "cmd/ctl/ctl.h"

#define CTL_CONFIG_DEFAULT FTGATE_SYSCONFDIR "/ftgate/ftgate.conf"

/*
 * Finds the absolute path of the data folder, which must exist: that of --data, else that of the configuration (-c, or
 * CTL_CONFIG_DEFAULT if it exists), else DATA_DEFAULT. A configuration that cannot be used is an error. Returns EX_OK, or
 * an exit status after it has printed its error.
 */
int ctl_find_folder(const struct request *request, char path[PATH_MAX]);

/*
 * Reads the configuration of the command line, else, unless --data is given, CTL_CONFIG_DEFAULT if it can be read, else none:
 * the defaults. The caller frees the result by config_free(). Returns NULL after it has printed the faults.
 */
struct config *ctl_read_config(const struct request *request);

/*
 * Whether a server has a control socket in a data folder: it runs, or was killed. server: one of ctl_servers.
 */
bool ctl_has_socket(const char *data, const char *server);

/* Is the data folder that of ftgate-mapd alone? It has no accounts, no queue, and the control socket of no other server. */
bool ctl_has_maps_alone(const char *data);

/*
 * Whether this user may use a file or folder in a way of access(2). Returns EX_OK, also if it fails for another reason, or
 * EX_NOPERM after it has printed that root may.
 */
int ctl_check_rights(const char *path, int mode);

#endif
