/* Base64. */
#include "base/text/base64.h"

#include <criterion/criterion.h>
#include <string.h>

/* RFC 4648 section 10. */
static const struct {
	const char *octets, *text;
} vectors[] = {
	{ "", "" },
	{ "f", "Zg==" },
	{ "fo", "Zm8=" },
	{ "foo", "Zm9v" },
	{ "foob", "Zm9vYg==" },
	{ "fooba", "Zm9vYmE=" },
	{ "foobar", "Zm9vYmFy" },
};

Test(base64, matches_the_vectors_of_rfc_4648)
{
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
		char text[16], octets[16];
		size_t count;
		base64_encode(text, vectors[i].octets, strlen(vectors[i].octets));
		cr_expect_str_eq(text, vectors[i].text);
		cr_expect(base64_decode(octets, &count, text, strlen(text)));
		cr_expect_eq(count, strlen(vectors[i].octets));
		cr_expect_arr_eq(octets, vectors[i].octets, count);
	}
}

Test(base64, round_trips_every_octet)
{
	unsigned char octets[256], back[256];
	char text[BASE64_TEXT_SIZE(sizeof octets)];
	for (size_t i = 0; i < sizeof octets; i++)
		octets[i] = (unsigned char)i;
	for (size_t len = 0; len <= sizeof octets; len++) {
		size_t count;
		base64_encode(text, octets, len);
		cr_assert(base64_decode(back, &count, text, strlen(text)));
		cr_assert_eq(count, len);
		cr_assert_arr_eq(back, octets, len);
	}
}

Test(base64, decodes_in_place)
{
	char text[] = "Zm9vYmFy";
	size_t count;
	cr_expect(base64_decode(text, &count, text, strlen(text)));
	cr_expect_eq(count, 6);
	cr_expect_arr_eq(text, "foobar", 6);
}

Test(base64, refuses_every_other_encoding_of_the_same_octets)
{
	static const char *const bad[] = { "=AAA", "AAA=BBB", "AAA=BBBB", "A", "AA", "AAA", "AAAAA", "AA=A",
		"A===", "====", "AA==AA==", "AAAA====", "AA A", "AAA\n", "AAA-", "AAA_",
		"Zh==", "Zm9=", "AA\x80=", "\xC3\x84==" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char octets[16];
		size_t count;
		cr_expect_not(base64_decode(octets, &count, bad[i], strlen(bad[i])), "%s", bad[i]);
	}
	size_t count;
	char octets[8];
	cr_expect_not(base64_decode(octets, &count, "AA\0A", 4));
}
