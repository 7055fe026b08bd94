/* Sets of texts. */
#include "base/text/text_set.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

Test(text_set, says_which_texts_are_new)
{
	struct text_set set = { .slots = NULL };
	cr_expect_not(text_set_has(&set, "", 0));
	cr_expect_eq(text_set_add(&set, "anna", 4), 1);
	cr_expect_eq(text_set_add(&set, "anna", 3), 1);
	cr_expect_eq(text_set_add(&set, "", 0), 1);
	cr_expect_eq(text_set_add(&set, "anna", 4), 0);
	cr_expect_eq(text_set_add(&set, "ANNA", 4), 1);
	cr_expect_eq(text_set_add(&set, "", 0), 0);
	cr_expect_eq(set.count, 4);
	cr_expect(text_set_has(&set, "ann", 3));
	cr_expect_not(text_set_has(&set, "an", 2));
	text_set_clear(&set);
	cr_expect_eq(text_set_add(&set, "anna", 4), 1);
	text_set_clear(&set);
}

Test(text_set, keeps_thousands_apart)
{
	struct text_set set = { .slots = NULL };
	char text[32];
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 5000; i++) {
			int len = snprintf(text, sizeof text, "member%d@example.test", i);
			cr_assert_eq(text_set_add(&set, text, (size_t)len), round == 0, "%s", text);
		}
	cr_expect_eq(set.count, 5000);
	cr_expect_lt(set.count, set.room);
	text_set_clear(&set);
}
