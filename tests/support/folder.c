/* A folder of its own for each test, and what is in it. */
#include "folder.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char made[] = "/tmp/ftgate-test-XXXXXX";

void
folder_make(void)
{
	cr_assert_not_null(mkdtemp(made));
	cr_assert_eq(chdir(made), 0);
}

static int
remove_entry(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status, (void)type, (void)ftw;
	return remove(path);
}

void
folder_remove(void)
{
	nftw(made, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

size_t
folder_count(const char *pattern)
{
	glob_t found;
	size_t count = glob(pattern, 0, NULL, &found) == 0 ? found.gl_pathc : 0;
	globfree(&found);
	return count;
}

const char *
folder_name(const char *pattern)
{
	static char name[PATH_MAX];
	glob_t found;
	cr_assert_eq(glob(pattern, 0, NULL, &found), 0, "nothing is like %s", pattern);
	snprintf(name, sizeof name, "%s", found.gl_pathv[0]);
	globfree(&found);
	return name;
}

const char *
folder_read(const char *pattern, size_t *len)
{
	static char content[4 << 20];
	FILE *file = fopen(folder_name(pattern), "rb");
	cr_assert_not_null(file);
	*len = fread(content, 1, sizeof content - 1, file);
	content[*len] = '\0';
	fclose(file);
	return content;
}
