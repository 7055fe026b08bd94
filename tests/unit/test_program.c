/* Where the running program and its translations lie. */
#include "base/system/program.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/stat.h>

Test(program, folder_is_that_of_the_running_program)
{
	char folder[PATH_MAX];
	cr_assert(program_folder(folder));
	cr_expect_str_eq(folder, BUILD_DIR "/tests");
}

Test(program, locale_folder_beside_the_program_goes_first)
{
	char folder[PATH_MAX];
	mkdir(BUILD_DIR "/tests/locale", 0755);
	program_locale_folder(folder);
	cr_expect_str_eq(folder, BUILD_DIR "/tests/locale");
}
