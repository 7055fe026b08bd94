/* What the two files of the settings share. */
#ifndef CMD_SERVER_SETTINGS_INTERNAL_H
#define CMD_SERVER_SETTINGS_INTERNAL_H

#include "cmd/server/settings.h"

/* Copies a list of languages. Returns 0, or -1 with an English sentence in error; language is then unchanged. */
int settings_read_language(char language[FTG_PREFERENCE_MAX], const char *value, char error[SETTINGS_ERROR_SIZE]);

#endif
