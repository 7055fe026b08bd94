/* The setting database: where PostgreSQL has the accounts. */
#ifndef DIRECTORY_POSTGRES_SETTING_H
#define DIRECTORY_POSTGRES_SETTING_H

enum { POSTGRES_SETTING_SIZE = 512 }; /* with its NUL */

/* Why a value cannot be used, an English sentence without the value, which may hold a password; NULL: it can. */
const char *postgres_setting_fault(const char *value);

#endif
