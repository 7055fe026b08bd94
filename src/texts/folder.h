/* Own texts in a folder: LL/LC_MESSAGES/ftgate-local.po and .mo, as gettext has them; those of a domain below @DOMAIN. */
#ifndef TEXTS_FOLDER_H
#define TEXTS_FOLDER_H

#include "port/texts.h"

/*
 * Opens the texts of the server in a folder, or those of a domain, if it is not NULL, by its A-label. The folder need
 * not exist. Files are made readable for everyone whom the folder's parent lets in, whatever the umask. Earlier
 * versions are ftgate-local.po.~N~. Returns NULL with errno; the result is closed by its close().
 */
struct texts *texts_folder_open(const char *folder, const char *domain);

/* The same for a copy that its owner removes: it has no earlier versions, and need not survive a crash of the system. */
struct texts *texts_folder_open_copy(const char *folder, const char *domain);

#endif
