/* Which word is meant by one that is misspelled. */
#include "base/text/nearest.h"

#include <criterion/criterion.h>
#include <string.h>

static const char *const words[] = { "domain", "account", "alias", "list", "access", "queue", "max-errors", "de" };
enum { WORDS = sizeof words / sizeof *words };

static void
expect(const char *meant, const char *word)
{
	const char *found = nearest_of(word, words, WORDS);
	cr_expect_str_eq(found != NULL ? found : "-", meant, "%s: %s instead of %s", word, found, meant);
}

Test(nearest, one_change_is_found)
{
	expect("account", "acount");
	expect("account", "accounts");
	expect("account", "accaunt");
	expect("account", "acocunt");
	expect("account", "ACCOUNT");
	expect("max-errors", "max_errors");
	expect("list", "lits");
}

Test(nearest, best_of_several_is_found)
{
	expect("alias", "alia");
	expect("access", "acces");
	expect("domain", "dmoian");
}

Test(nearest, what_is_far_is_not_found)
{
	expect("-", "mailbox");
	expect("-", "");
	expect("-", "ab");
	expect("-", "dx");
	expect("-", "l");
}

Test(nearest, length_is_bounded)
{
	char word[1024];
	memset(word, 'a', sizeof word - 1);
	word[sizeof word - 1] = '\0';
	expect("-", word);
	const char *const itself = word;
	cr_expect_null(nearest_of(word, &itself, 1));
}
