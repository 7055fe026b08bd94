/* TLSA records: which can be used, and what comes out again. */
#include "port/tlsa.h"

#include <criterion/criterion.h>
#include <string.h>

#define HASH_256 "0123456789abcdef0123456789abcdef"

static struct tlsa_set *
make(const char *octets, size_t len)
{
	struct resolver_record record = { .text = octets, .len = len };
	struct resolver_answer answer = { .outcome = RESOLVER_FOUND, .records = &record, .count = 1 };
	struct tlsa_set *set = tlsa_set_new(&answer, "mx.example.org", "example.org");
	cr_assert_not_null(set);
	return set;
}

static bool
is_usable(const char *octets, size_t len)
{
	struct tlsa_set *set = make(octets, len);
	struct tlsa record;
	size_t at = 0;
	bool usable = tlsa_set_next(set, &at, &record);
	if (usable) {
		cr_expect_eq(record.usage, (unsigned char)octets[0]);
		cr_expect_eq(record.selector, (unsigned char)octets[1]);
		cr_expect_eq(record.matching, (unsigned char)octets[2]);
		cr_assert_eq(record.len, len - 3);
		cr_expect_arr_eq(record.data, octets + 3, record.len);
		cr_expect_not(tlsa_set_next(set, &at, &record));
	}
	tlsa_set_release(set);
	return usable;
}

Test(tlsa, only_what_smtp_can_use_is_kept)
{
	char octets[1500] = { 0 };
	for (unsigned usage = 0; usage < 256; usage++)
		for (unsigned selector = 0; selector < 4; selector++)
			for (unsigned matching = 0; matching < 4; matching++)
				for (size_t len = 4; len < 80; len++) {
					octets[0] = (char)usage, octets[1] = (char)selector, octets[2] = (char)matching;
					bool wanted = (usage == 2 || usage == 3) && selector < 2 && matching < 3 &&
					    (matching == 0 || len == 3 + (matching == 1 ? 32 : 64));
					cr_assert_eq(is_usable(octets, len), wanted, "%u %u %u %zu", usage, selector,
					    matching, len);
				}
	cr_expect_not(is_usable("", 0), "a malformed record");
	octets[0] = 3, octets[1] = octets[2] = 0;
	cr_expect(is_usable(octets, sizeof octets), "a certificate in full");
}

Test(tlsa, sets_are_the_same_by_their_records_and_name)
{
	struct tlsa_set *a = make("\3\1\1" HASH_256, 35), *b = make("\3\1\1" HASH_256, 35);
	struct tlsa_set *c = make("\2\1\1" HASH_256, 35), *none = make("\0\1\1" HASH_256, 35);
	cr_expect(tlsa_set_is_same(a, b));
	cr_expect_not(tlsa_set_is_same(a, c));
	cr_expect_not(tlsa_set_is_same(a, none));
	cr_expect_not(tlsa_set_is_same(a, NULL));
	cr_expect(tlsa_set_is_same(NULL, NULL));
	strcpy(b->also, "example.net");
	cr_expect_not(tlsa_set_is_same(a, b));
	strcpy(b->also, a->also);
	strcpy(b->base, "mx.example.net");
	cr_expect_not(tlsa_set_is_same(a, b));
	cr_expect_eq(tlsa_set_hold(a), a);
	tlsa_set_release(a);
	cr_expect_str_eq(a->also, "example.org");
	tlsa_set_release(a), tlsa_set_release(b), tlsa_set_release(c), tlsa_set_release(none), tlsa_set_release(NULL);
}
