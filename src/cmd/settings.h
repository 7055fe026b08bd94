/* What a server is told by its command line and its configuration. */
#ifndef CMD_SETTINGS_H
#define CMD_SETTINGS_H

#include <ftgate/catalog.h>
#include <limits.h>
#include <stddef.h>

#include "base/config.h"
#include "base/limits.h"
#include "mail/address.h"
#include "net/listen.h"
#include "smtp/session.h"

enum { SETTINGS_ERROR_SIZE = 320, USER_SIZE = 33 };

struct settings {
	size_t listen_count;
	char listen[LISTEN_MAX][LISTEN_NAME_SIZE];
	bool proxied[LISTEN_MAX]; /* connections there begin with the header of a proxy */
	char data[PATH_MAX];
	char hostname[ADDRESS_DOMAIN_MAX + 1];
	char language[FTG_WISH_MAX]; /* a list as in LANGUAGE, "" for English */
	enum ftg_profile profile;
	unsigned workers;
	char user[USER_SIZE]; /* that root becomes, where there is one */
	struct limits limits;
	enum smtp_audience vrfy, expn, etrn;
};

/* As they are when nothing is told: from the host, and from the environment, but for the addresses: none. */
void settings_standard(struct settings *settings);

/*
 * Sets one: listen (adds an address), data, hostname, language, profile, user, workers. Returns 0, or -1 with an English
 * sentence that names value and cure.
 */
int settings_set(struct settings *settings, const char *name, const char *value, char error[SETTINGS_ERROR_SIZE]);

/* Takes over what a configuration sets. Returns 0, or -1 with an English sentence. */
int settings_configure(struct settings *settings, const struct config *config, char error[SETTINGS_ERROR_SIZE]);

#endif
