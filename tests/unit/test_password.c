/* Passwords as they are stored. */
#include "session/password.h"

#include <criterion/criterion.h>
#include <crypt.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static double
seconds_of(const char *password, const char *hash)
{
	struct timespec start, end;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
	password_verify(password, hash);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	return (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
}

Test(password, that_is_made_is_recognised)
{
	struct credentials made;
	cr_assert_eq(password_make(&made, "correct horse", false), PASSWORD_OK);
	cr_expect_eq(strncmp(made.hash, "$y$", 3), 0, "%s", made.hash);
	cr_expect_str_empty(made.secret);
	cr_expect(password_verify("correct horse", made.hash));
	cr_expect_not(password_verify("correct hors", made.hash));
	cr_expect_not(password_verify("correct horse ", made.hash));
	cr_expect_not(password_verify("", made.hash));
}

Test(password, is_salted)
{
	struct credentials one, two;
	cr_assert_eq(password_make(&one, "pencil", true), PASSWORD_OK);
	cr_assert_eq(password_make(&two, "pencil", true), PASSWORD_OK);
	cr_expect_str_neq(one.hash, two.hash);
	cr_expect_neq(memcmp(one.scram.salt, two.scram.salt, SCRAM_SALT_SIZE), 0);
	cr_expect_str_eq(one.secret, "pencil");
}

Test(password, is_the_same_in_each_form_of_its_characters)
{
	struct credentials made;
	cr_assert_eq(password_make(&made,
	                 "Gr\xC3\xBC\xC3\x9F"
	                 "e",
	                 false),
	    PASSWORD_OK);
	cr_expect(password_verify("Gru\xCC\x88\xC3\x9F"
	                          "e",
	              made.hash),
	    "combining diaeresis");
}

Test(password, with_control_characters_is_unfit)
{
	static const char *const unfit[] = { "", "a\tb", "a\x7F", "\xFF\xFE", "a\xC3", "\xC2\xAD" };
	struct credentials made;
	for (size_t i = 0; i < sizeof unfit / sizeof *unfit; i++)
		cr_expect_eq(password_make(&made, unfit[i], true), PASSWORD_UNFIT, "number %zu", i);
	char longest[CREDENTIALS_PASSWORD_MAX + 2];
	memset(longest, 'x', sizeof longest);
	longest[CREDENTIALS_PASSWORD_MAX + 1] = '\0';
	cr_expect_eq(password_make(&made, longest, true), PASSWORD_UNFIT);
	cr_expect_str_empty(made.secret);
	longest[CREDENTIALS_PASSWORD_MAX] = '\0';
	cr_expect_eq(password_make(&made, longest, true), PASSWORD_OK);
	cr_expect(password_verify(longest, made.hash));
}

Test(password, of_no_hash_takes_as_long_as_one_of_a_hash)
{
	struct credentials made;
	cr_assert_eq(password_make(&made, "pencil", false), PASSWORD_OK);
	double real = seconds_of("pencil", made.hash);
	static const char *const none[] = { NULL, "", "*", "!", "x", "$y$", "$9$unknown" };
	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		cr_expect_not(password_verify("none", none[i]));
		cr_expect_gt(seconds_of("pencil", none[i]), real / 4, "number %zu", i);
	}
}

/* RFC 7677 section 3: user "user", password "pencil". */
static struct scram_verifier
rfc_7677(void)
{
	struct scram_verifier verifier = { .iterations = 4096 };
	size_t count;
	base64_decode(verifier.salt, &count, "W22ZaJ0SNY7soEsUEjb6gQ==", 24);
	cr_assert_eq(count, SCRAM_SALT_SIZE);
	return verifier;
}

Test(password, has_the_keys_of_rfc_7677)
{
	struct scram_verifier verifier = rfc_7677();
	char text[PASSWORD_SCRAM_SIZE];
	cr_assert_eq(password_derive_scram(&verifier, "pencil"), PASSWORD_OK);
	password_write_scram(text, &verifier);
	cr_expect_str_eq(text,
	    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
	    "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=");
}

Test(password, verifier_is_read_as_it_was_written)
{
	struct scram_verifier verifier = rfc_7677(), read;
	char text[PASSWORD_SCRAM_SIZE], cut[PASSWORD_SCRAM_SIZE];
	cr_assert_eq(password_derive_scram(&verifier, "pencil"), PASSWORD_OK);
	verifier.iterations = INT32_MAX;
	password_write_scram(text, &verifier);
	cr_expect(password_read_scram(&read, text));
	cr_expect_eq(memcmp(&read, &verifier, sizeof read), 0);
	for (size_t len = 0; len < strlen(text); len++) {
		snprintf(cut, sizeof cut, "%.*s", (int)len, text);
		cr_expect_not(password_read_scram(&read, cut), "%s", cut);
		cr_expect_eq(read.iterations, 0);
	}
}

Test(password, verifier_of_another_shape_is_refused)
{
	static const char *const bad[] = { "SCRAM-SHA-1$4096:W22ZaJ0SNY7soEsUEjb6gQ==$AA==:AA==",
		"SCRAM-SHA-256$0:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
		"wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
		"SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
		"wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=x",
		"SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
		"wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=" };
	struct scram_verifier read;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		cr_expect_not(password_read_scram(&read, bad[i]), "%s", bad[i]);
}

/* Hashes "x" by a method, and expects that the hash is one only as long as nothing is missing or added. */
static void
expect_whole(const char *prefix)
{
	static struct crypt_data data;
	char setting[CRYPT_GENSALT_OUTPUT_SIZE], longer[CRYPT_OUTPUT_SIZE + 1];
	if (crypt_gensalt_rn(prefix, 0, NULL, 0, setting, sizeof setting) == NULL)
		return; /* libcrypt was built without it */
	cr_assert_not_null(crypt_rn("x", setting, &data, sizeof data));
	cr_expect(password_is_hash(data.output), "%s", data.output);
	snprintf(longer, sizeof longer, "%sx", data.output);
	cr_expect_not(password_is_hash(longer), "%s", longer);
	data.output[strlen(data.output) - 1] = '\0';
	cr_expect_not(password_is_hash(data.output), "%s", data.output);
	cr_expect_not(password_is_hash(setting), "%s", setting);
}

Test(password, hash_has_the_length_of_its_method)
{
	static const char *const prefixes[] = { "$y$", "$gy$", "$7$", "$2b$", "$2a$", "$2y$", "$6$", "$5$", "$1$",
		"$sha1$", "$md5", "_", "" };
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		expect_whole(prefixes[i]);
	cr_expect_not(password_is_hash("$6$abc$kurz"));
	cr_expect_not(password_is_hash("abcd"));
}
