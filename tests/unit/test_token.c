/* Session tokens. */
#include "base/text/token.h"

#include <criterion/criterion.h>
#include <string.h>

Test(token, is_ten_or_more_letters_and_digits)
{
	char token[TOKEN_SIZE];
	token_make(token);
	cr_expect_geq(strlen(token), 10);
	cr_expect_eq(strspn(token, "0123456789abcdefghijklmnopqrstuvwxyz"), strlen(token));
}

Test(token, differs_from_the_ones_before)
{
	enum { COUNT = 2000 };
	static char tokens[COUNT][TOKEN_SIZE];
	for (int i = 0; i < COUNT; i++) {
		token_make(tokens[i]);
		for (int j = 0; j < i; j++)
			cr_assert_str_neq(tokens[i], tokens[j]);
	}
}
