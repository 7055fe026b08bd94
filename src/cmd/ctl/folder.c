/* Where ftgatectl finds the data folder of a server. */
#include "cmd/ctl/folder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/system/data.h"
#include "base/text/translate.h"
#include "config/config.h"

int
ctl_check_rights(const char *path, int mode)
{
	if (geteuid() == 0 || access(path, mode) == 0 || errno != EACCES)
		return EX_OK;
	/* TRANSLATORS: a file or folder, and why it cannot be used. */
	return ctl_fail(EX_NOPERM, _("%s: %s; run ftgatectl as root"), path, strerror(EACCES));
}

/* The absolute path of a folder. origin: the configuration that names it, or NULL. */
static int
open_folder(const char *folder, const char *origin, char path[PATH_MAX])
{
	struct stat status;
	int rights = ctl_check_rights(folder, R_OK | W_OK | X_OK);
	if (rights != EX_OK)
		return rights;
	if (realpath(folder, path) != NULL && stat(path, &status) == 0) {
		if (S_ISDIR(status.st_mode))
			return EX_OK;
		errno = ENOTDIR;
	}
	if (origin == NULL)
		return ctl_fail(
		    EX_UNAVAILABLE, _("%s: %s; name the server's data folder by --data"), folder, strerror(errno));
	/* TRANSLATORS: a configuration; the folder that it names; why that cannot be used. */
	return ctl_fail(EX_UNAVAILABLE,
	    _("%s: data: %s: %s; the server makes it when it starts; name another one by --data"), origin, folder,
	    strerror(errno));
}

/* The folder that a server without a configuration uses. */
static int
open_default(const char *config, char path[PATH_MAX])
{
	if (access(DATA_DEFAULT, F_OK) == 0)
		return open_folder(DATA_DEFAULT, NULL, path);
	if (config != NULL)
		/* TRANSLATORS: a configuration, and a folder. */
		return ctl_fail(EX_UNAVAILABLE,
		    _("%s sets no data folder, and there is no %s here; name the server's data folder by --data"),
		    config, DATA_DEFAULT);
	/* TRANSLATORS: a configuration, and a folder. */
	return ctl_fail(EX_UNAVAILABLE,
	    _("there is neither %s nor %s; name the server's data folder by --data, or its configuration by -c"),
	    CTL_CONFIG_DEFAULT, DATA_DEFAULT);
}

/* The folder that a configuration sets. */
static int
open_configured(const char *file, char path[PATH_MAX])
{
	int rights = ctl_check_rights(file, R_OK);
	struct config *config = rights == EX_OK ? config_read(file, config_print_fault, NULL) : NULL;
	if (rights != EX_OK)
		return rights;
	if (config == NULL)
		return ctl_fail(
		    EX_CONFIG, _("%s cannot be used; mend it, or name the server's data folder by --data"), file);
	int status = config->data != NULL ? open_folder(config->data, file, path) : open_default(file, path);
	config_free(config);
	return status;
}

/* A server that stops removes its socket; one that was killed leaves it. */
bool
ctl_has_socket(const char *data, const char *server)
{
	char name[32], path[PATH_MAX];
	snprintf(name, sizeof name, "ftgate-%s" DATA_STATUS, server);
	return data_path(path, data, name) == 0 && access(path, F_OK) == 0;
}

bool
ctl_has_maps_alone(const char *data)
{
	static const char *const mail[] = { "ftgate.db", "queue" };
	char path[PATH_MAX];
	for (size_t i = 0; i < sizeof mail / sizeof *mail; i++)
		if (data_path(path, data, mail[i]) < 0 || access(path, F_OK) == 0)
			return false;
	return ctl_has_socket(data, "mapd") && !ctl_has_socket(data, "smtpd") && !ctl_has_socket(data, "pop3d");
}

struct config *
ctl_read_config(const struct request *request)
{
	const char *file = request->config;
	if (file == NULL && !request->data_named && access(CTL_CONFIG_DEFAULT, R_OK) == 0)
		file = CTL_CONFIG_DEFAULT;
	return config_read(file, config_print_fault, NULL);
}

int
ctl_find_folder(const struct request *request, char path[PATH_MAX])
{
	if (request->data != NULL)
		return open_folder(request->data, NULL, path);
	if (request->config != NULL)
		return open_configured(request->config, path);
	if (access(CTL_CONFIG_DEFAULT, F_OK) == 0 || errno == EACCES)
		return open_configured(CTL_CONFIG_DEFAULT, path);
	return open_default(NULL, path);
}
