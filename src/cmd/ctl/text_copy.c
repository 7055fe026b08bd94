/* A folder with the own texts of the database, for code that reads a folder. */
#include "cmd/ctl/text_copy.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "cmd/ctl/text_database.h"

enum { FOLDERS_OPEN = 16 };

const char *
text_temporary_folder(void)
{
	const char *folder = getenv("TMPDIR"); /* the owner of the data may have no access to root's */
	bool is_usable = folder != NULL && *folder == '/' && access(folder, W_OK | X_OK) == 0;
	return is_usable ? folder : "/tmp";
}

int
text_copy_make(const struct text_work *work, char folder[TEXT_PATH])
{
	snprintf(folder, TEXT_PATH, "%s/ftgate-texts-XXXXXX", text_temporary_folder());
	if (mkdtemp(folder) == NULL) {
		int status = ctl_fail(EX_CANTCREAT, "%s: %s", folder, strerror(errno));
		folder[0] = '\0';
		return status;
	}
	return text_database_export(work->request, work->domain, folder) < 0
	    ? text_fail(work->request, EX_CANTCREAT, folder)
	    : EX_OK;
}

static int
remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	(void)remove(path);
	return 0;
}

void
text_copy_remove(const char *folder)
{
	if (*folder != '\0')
		(void)nftw(folder, remove_one, FOLDERS_OPEN, FTW_DEPTH | FTW_PHYS);
}
