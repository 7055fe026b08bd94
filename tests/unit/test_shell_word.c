/* Words of commands that a shell reads back as they are. */
#include "base/text/shell_word.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* Whether sh(1) reads the quoted word as the word. */
static bool
is_read_back(const char *word)
{
	char quoted[256], command[512], got[256];
	shell_word(quoted, sizeof quoted, word);
	snprintf(command, sizeof command, "printf '[%%s]' %s", quoted);
	FILE *shell = popen(command, "r");
	size_t len = shell != NULL ? fread(got, 1, sizeof got - 1, shell) : 0;
	got[len] = '\0';
	if (shell != NULL)
		pclose(shell);
	return len == strlen(word) + 2 && strncmp(got + 1, word, len - 2) == 0;
}

Test(shell_word, plain_word_is_not_quoted)
{
	char quoted[64];
	shell_word(quoted, sizeof quoted,
	    "anna+x@b\xC3\xBC"
	    "cher.example");
	cr_expect_str_eq(quoted,
	    "anna+x@b\xC3\xBC"
	    "cher.example");
	shell_word(quoted, sizeof quoted, "*@example.org");
	cr_expect_str_eq(quoted, "'*@example.org'");
}

Test(shell_word, shell_reads_the_word_back)
{
	static const char *const words[] = { "", "*", "a b", "it's", "''", "$HOME", "`id`", "\"q\\\"@x", "a\nb", "~",
		"!x", "#x", "-x", "a;b|c&d<e>f(g)h{i}[j]?" };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		cr_expect(is_read_back(words[i]), "%s", words[i]);
}

Test(shell_word, long_word_is_cut_and_stays_quoted)
{
	char word[64], quoted[16];
	memset(word, '\'', sizeof word);
	word[sizeof word - 1] = '\0';
	for (size_t size = 3; size <= sizeof quoted; size++) {
		memset(quoted, 'x', sizeof quoted);
		shell_word(quoted, size, word);
		size_t len = strnlen(quoted, size);
		cr_assert_lt(len, size);
		cr_expect(len >= 2 && quoted[0] == '\'' && quoted[len - 1] == '\'');
	}
}
