/* SASL exchanges, with GNU SASL's client at the other end. */
#include "session/sasl.h"

#include <criterion/criterion.h>
#include <gsasl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/base64.h"
#include "session/password.h"

static struct sasl_server *server;
static struct credentials tim; /* user "tim", password "tanstaaftanstaaf", as in RFC 2195 */
static unsigned verified, verified_without_hash;

/* Hashes cost time; what they are worth is tested with passwords. */
static bool
verify(const char *password, const char *hash)
{
	verified++;
	if (hash == NULL)
		verified_without_hash++;
	return hash != NULL && strcmp(hash, "a hash") == 0 && strcmp(password, "tanstaaftanstaaf") == 0;
}

static void
set_up(void)
{
	static const unsigned char secret[SASL_SECRET_SIZE] = "the same through restarts";
	server = sasl_server_new(secret, verify);
	cr_assert_not_null(server);
	verified = verified_without_hash = 0;
	memset(&tim, 0, sizeof tim);
	snprintf(tim.hash, sizeof tim.hash, "a hash");
	snprintf(tim.secret, sizeof tim.secret, "tanstaaftanstaaf");
	memset(tim.scram.salt, 's', SCRAM_SALT_SIZE);
	tim.scram.iterations = 4096;
	cr_assert_eq(password_derive_scram(&tim.scram, "tanstaaftanstaaf"), PASSWORD_OK);
}

static void
tear_down(void)
{
	sasl_server_free(server);
}

TestSuite(sasl, .init = set_up, .fini = tear_down);

static enum sasl_status
check(struct sasl *sasl)
{
	return sasl_check(sasl, sasl_user(sasl), strcmp(sasl_user(sasl), "tim") == 0 ? &tim : NULL);
}

/* A whole exchange: an initial response or NULL, then lines; the status that the last of them gets. */
static enum sasl_status
exchange(enum sasl_mechanism mechanism, const char *initial, const char *const *lines)
{
	struct sasl *sasl = sasl_new(server, mechanism);
	enum sasl_status status = sasl_start(sasl, initial, initial != NULL ? strlen(initial) : 0);
	if (status == SASL_CHECK)
		status = check(sasl);
	for (; lines != NULL && *lines != NULL && status == SASL_CHALLENGE; lines++) {
		status = sasl_step(sasl, *lines, strlen(*lines));
		if (status == SASL_CHECK)
			status = check(sasl);
	}
	sasl_free(sasl);
	return status;
}

#define LINES(...) ((const char *const[]) { __VA_ARGS__, NULL })

/* Base64 of octets, in a buffer of its own for each of four calls. */
static const char *
text(const char *octets, size_t len)
{
	static char texts[4][BASE64_TEXT_SIZE(1024)];
	static unsigned next;
	char *to = texts[next++ % 4];
	base64_encode(to, octets, len);
	return to;
}

#define TEXT(literal) text(literal, sizeof literal - 1)

/* The exchange with GNU SASL's client. */
static enum sasl_status
talk(enum sasl_mechanism mechanism, const char *user, const char *password, const char *identity)
{
	Gsasl *library;
	Gsasl_session *client;
	char *said = NULL;
	cr_assert_eq(gsasl_init(&library), GSASL_OK);
	cr_assert_eq(gsasl_client_start(library, sasl_mechanism_name(mechanism), &client), GSASL_OK);
	gsasl_property_set(client, GSASL_AUTHID, user);
	gsasl_property_set(client, GSASL_PASSWORD, password);
	if (identity != NULL)
		gsasl_property_set(client, GSASL_AUTHZID, identity);
	struct sasl *sasl = sasl_new(server, mechanism);
	enum sasl_status status = sasl_start(sasl, NULL, 0);
	while (status == SASL_CHALLENGE) {
		int result = gsasl_step64(client, sasl_challenge(sasl), &said);
		cr_assert(result == GSASL_OK || result == GSASL_NEEDS_MORE, "%s", gsasl_strerror(result));
		status = sasl_step(sasl, said, strlen(said));
		gsasl_free(said);
		if (status == SASL_CHECK)
			status = check(sasl);
	}
	sasl_free(sasl);
	gsasl_finish(client);
	gsasl_done(library);
	return status;
}

Test(sasl, each_mechanism_knows_a_right_password_from_a_wrong_one)
{
	for (int i = 0; i < SASL_MECHANISMS; i++) {
		enum sasl_mechanism mechanism = (enum sasl_mechanism)i;
		const char *name = sasl_mechanism_name(mechanism);
		cr_expect_eq(talk(mechanism, "tim", "tanstaaftanstaaf", NULL), SASL_OK, "%s", name);
		cr_expect_eq(talk(mechanism, "tim", "tanstaaftanstaa", NULL), SASL_FAILED, "%s", name);
		cr_expect_eq(talk(mechanism, "tom", "tanstaaftanstaaf", NULL), SASL_FAILED, "%s", name);
	}
}

Test(sasl, an_identity_other_than_the_user_fails)
{
	cr_expect_eq(talk(SASL_PLAIN, "tim", "tanstaaftanstaaf", "tim"), SASL_OK);
	cr_expect_eq(talk(SASL_PLAIN, "tim", "tanstaaftanstaaf", "TIM"), SASL_OK);
	cr_expect_eq(talk(SASL_PLAIN, "tim", "tanstaaftanstaaf", "tom"), SASL_FAILED);
	cr_expect_eq(talk(SASL_PLAIN, "tim", "tanstaaftanstaaf", "ti"), SASL_FAILED);
	cr_expect_eq(talk(SASL_SCRAM_SHA_256, "tim", "tanstaaftanstaaf", "tim"), SASL_OK);
	cr_expect_eq(talk(SASL_SCRAM_SHA_256, "tim", "tanstaaftanstaaf", "tom"), SASL_FAILED);
}

Test(sasl, mechanisms_are_found_by_name_without_regard_to_case)
{
	for (int i = 0; i < SASL_MECHANISMS; i++) {
		const char *name = sasl_mechanism_name((enum sasl_mechanism)i);
		cr_expect_eq(sasl_mechanism_find(name, strlen(name)), i);
	}
	cr_expect_eq(sasl_mechanism_find("plain", 5), SASL_PLAIN);
	cr_expect_eq(sasl_mechanism_find("PLAI", 4), SASL_MECHANISMS);
	cr_expect_eq(sasl_mechanism_find("PLAINX", 6), SASL_MECHANISMS);
	cr_expect_eq(sasl_mechanism_find("SCRAM-SHA-256-PLUS", 18), SASL_MECHANISMS);
	cr_expect_eq(sasl_mechanism_find("", 0), SASL_MECHANISMS);
	cr_expect(sasl_mechanism_is_plaintext(SASL_PLAIN) && sasl_mechanism_is_plaintext(SASL_LOGIN));
	cr_expect_not(sasl_mechanism_is_plaintext(SASL_CRAM_MD5) || sasl_mechanism_is_plaintext(SASL_SCRAM_SHA_256));
}

/* RFC 4954 section 4.1 and RFC 5034 section 6. */
Test(sasl, plain_is_read_as_the_rfcs_write_it)
{
	struct sasl *sasl = sasl_new(server, SASL_PLAIN);
	cr_expect_eq(sasl_start(sasl, "dGVzdAB0ZXN0ADEyMzQ=", 20), SASL_CHECK);
	cr_expect_str_eq(sasl_user(sasl), "test");
	cr_expect(sasl_check_blocks(sasl));
	cr_expect_eq(sasl_check(sasl, "test", NULL), SASL_FAILED);
	sasl_free(sasl);
	sasl = sasl_new(server, SASL_PLAIN);
	cr_expect_eq(sasl_start(sasl, NULL, 0), SASL_CHALLENGE);
	cr_expect_str_empty(sasl_challenge(sasl));
	cr_expect_eq(sasl_step(sasl, "dGVzdAB0ZXN0AHRlc3Q=", 20), SASL_CHECK);
	sasl_free(sasl);
}

Test(sasl, login_takes_the_user_as_initial_response)
{
	cr_expect_eq(exchange(SASL_LOGIN, TEXT("tim"), LINES(TEXT("tanstaaftanstaaf"))), SASL_OK);
	cr_expect_eq(exchange(SASL_LOGIN, NULL, LINES(TEXT("tim"), TEXT("tanstaaftanstaaf"))), SASL_OK);
	cr_expect_eq(exchange(SASL_LOGIN, NULL, LINES(TEXT("tim"), TEXT("x"))), SASL_FAILED);
}

Test(sasl, cram_md5_challenges_are_fresh_message_ids)
{
	char octets[2][256] = { "", "" };
	for (int i = 0; i < 2; i++) {
		size_t count;
		struct sasl *sasl = sasl_new(server, SASL_CRAM_MD5);
		cr_assert_eq(sasl_start(sasl, NULL, 0), SASL_CHALLENGE);
		const char *challenge = sasl_challenge(sasl);
		cr_assert(base64_decode(octets[i], &count, challenge, strlen(challenge)));
		cr_expect_eq(octets[i][0], '<');
		cr_expect_eq(octets[i][count - 1], '>');
		sasl_free(sasl);
	}
	cr_expect_str_neq(octets[0], octets[1]);
}

Test(sasl, cram_md5_takes_no_initial_response)
{
	cr_expect_eq(exchange(SASL_CRAM_MD5, TEXT("tim 00000000000000000000000000000000"), NULL), SASL_MALFORMED);
	cr_expect_eq(exchange(SASL_CRAM_MD5, "=", NULL), SASL_MALFORMED);
}

Test(sasl, a_star_cancels)
{
	for (int i = 0; i < SASL_MECHANISMS; i++)
		cr_expect_eq(exchange((enum sasl_mechanism)i, NULL, LINES("*")), SASL_CANCELLED);
	cr_expect_eq(exchange(SASL_LOGIN, NULL, LINES(TEXT("tim"), "*")), SASL_CANCELLED);
}

Test(sasl, bad_base64_is_malformed)
{
	static const char *const bad[] = { "=AAA", "AAA=BBB", "AAA", "dGVzdAB0ZXN0ADEyMzR=", "dGVzdAB0ZXN0ADEyMzQ",
		"dGVz dAB0", "**", "-", "==", "dGVz\r", "\xFF\xFF\xFF\xFF" };
	for (int i = 0; i < SASL_MECHANISMS; i++)
		for (size_t j = 0; j < sizeof bad / sizeof *bad; j++) {
			cr_expect_eq(
			    exchange((enum sasl_mechanism)i, NULL, LINES(bad[j])), SASL_MALFORMED, "%s", bad[j]);
			cr_expect_eq(exchange((enum sasl_mechanism)i, bad[j], NULL), SASL_MALFORMED, "%s", bad[j]);
		}
	cr_expect_eq(verified, 0);
}

Test(sasl, an_empty_response_is_malformed)
{
	for (int i = 0; i < SASL_MECHANISMS; i++) {
		cr_expect_eq(exchange((enum sasl_mechanism)i, NULL, LINES("")), SASL_MALFORMED);
		cr_expect_eq(exchange((enum sasl_mechanism)i, "=", NULL), SASL_MALFORMED);
	}
	cr_expect_eq(exchange(SASL_LOGIN, NULL, LINES(TEXT("tim"), "")), SASL_MALFORMED);
}

Test(sasl, malformed_messages_are_reported_as_malformed)
{
	cr_expect_eq(exchange(SASL_PLAIN, TEXT("tim"), NULL), SASL_MALFORMED);
	cr_expect_eq(exchange(SASL_PLAIN, TEXT("\0tim"), NULL), SASL_MALFORMED);
	cr_expect_eq(exchange(SASL_PLAIN, TEXT("\0\0x"), NULL), SASL_MALFORMED, "no user");
	cr_expect_eq(exchange(SASL_PLAIN, TEXT("\0tim\0x\0y"), NULL), SASL_MALFORMED, "a fourth part");
	cr_expect_eq(exchange(SASL_PLAIN, TEXT("\0ti\nm\0x"), NULL), SASL_MALFORMED, "a control octet");
	cr_expect_eq(exchange(SASL_PLAIN, TEXT("\0ti\x7Fm\0x"), NULL), SASL_MALFORMED, "a control octet");
	cr_expect_eq(exchange(SASL_LOGIN, TEXT("ti\0m"), LINES("eA==")), SASL_MALFORMED);
	cr_expect_eq(exchange(SASL_LOGIN, TEXT("ti\rm"), LINES("eA==")), SASL_MALFORMED);
	cr_expect_eq(exchange(SASL_LOGIN, TEXT("tim"), LINES(TEXT("a\0b"))), SASL_MALFORMED);
	cr_expect_eq(exchange(SASL_CRAM_MD5, NULL, LINES(TEXT("tim"))), SASL_MALFORMED);
	cr_expect_eq(exchange(SASL_CRAM_MD5, NULL, LINES(TEXT(" 00000000000000000000000000000000"))), SASL_MALFORMED);
	cr_expect_eq(exchange(SASL_SCRAM_SHA_256, TEXT("n,,n=tim"), NULL), SASL_MALFORMED);
	cr_expect_eq(exchange(SASL_SCRAM_SHA_256, TEXT("n=tim,r=abc"), NULL), SASL_MALFORMED);
	cr_expect_eq(exchange(SASL_SCRAM_SHA_256, TEXT("p=tls-unique,,n=tim,r=abc"), NULL), SASL_MALFORMED);
	cr_expect_eq(verified, 0);
}

Test(sasl, names_and_passwords_have_limits)
{
	char octets[1024] = "";
	memset(octets + 1, 'u', CREDENTIALS_NAME_MAX);
	memset(octets + CREDENTIALS_NAME_MAX + 2, 'p', CREDENTIALS_PASSWORD_MAX);
	size_t len = 2 + CREDENTIALS_NAME_MAX + CREDENTIALS_PASSWORD_MAX;
	cr_expect_eq(exchange(SASL_PLAIN, text(octets, len), NULL), SASL_FAILED);
	cr_expect_eq(verified, 1);
	octets[len] = 'p';
	cr_expect_eq(exchange(SASL_PLAIN, text(octets, len + 1), NULL), SASL_MALFORMED, "the password");
	memset(octets + 1, 'u', CREDENTIALS_NAME_MAX + 1);
	octets[CREDENTIALS_NAME_MAX + 2] = '\0';
	cr_expect_eq(exchange(SASL_PLAIN, text(octets, len), NULL), SASL_MALFORMED, "the user");
	cr_expect_eq(verified, 1);
}

Test(sasl, a_huge_line_is_malformed)
{
	static char line[SASL_LINE_MAX + 5];
	memset(line, 'A', sizeof line - 1);
	for (int i = 0; i < SASL_MECHANISMS; i++) {
		cr_expect_neq(exchange((enum sasl_mechanism)i, NULL, LINES(line)), SASL_OK);
		cr_expect_neq(exchange((enum sasl_mechanism)i, NULL, LINES(line + 4)), SASL_OK);
	}
}

Test(sasl, an_unknown_user_costs_a_hash_too)
{
	talk(SASL_PLAIN, "tim", "wrong", NULL);
	cr_expect_eq(verified, 1);
	talk(SASL_PLAIN, "tom", "wrong", NULL);
	talk(SASL_LOGIN, "tom", "wrong", NULL);
	cr_expect_eq(verified, 3);
	cr_expect_eq(verified_without_hash, 2);
}

Test(sasl, an_account_without_what_a_mechanism_needs_fails_as_an_unknown_user)
{
	tim.hash[0] = tim.secret[0] = '\0';
	tim.scram.iterations = 0;
	for (int i = 0; i < SASL_MECHANISMS; i++)
		cr_expect_eq(talk((enum sasl_mechanism)i, "tim", "tanstaaftanstaaf", NULL), SASL_FAILED);
	cr_expect_eq(verified_without_hash, 2);
}

/* The server's first message to SCRAM, without the nonce: ",s=...,i=..." */
static void
scram_salt(const char *message, char salt[256])
{
	char octets[512] = "";
	size_t count;
	struct sasl *sasl = sasl_new(server, SASL_SCRAM_SHA_256);
	cr_assert_eq(sasl_start(sasl, message, strlen(message)), SASL_CHECK);
	cr_assert_eq(check(sasl), SASL_CHALLENGE);
	const char *challenge = sasl_challenge(sasl);
	cr_assert(base64_decode(octets, &count, challenge, strlen(challenge)));
	const char *found = strstr(octets, ",s=");
	cr_assert_not_null(found);
	snprintf(salt, 256, "%s", found);
	sasl_free(sasl);
}

Test(sasl, scram_salt_of_an_unknown_user_is_stable)
{
	char known[256], tom[256], again[256], other[256];
	scram_salt(TEXT("n,,n=tim,r=abc"), known);
	scram_salt(TEXT("n,,n=tom,r=abc"), tom);
	scram_salt(TEXT("n,,n=Tom,r=xyz"), again);
	scram_salt(TEXT("n,,n=tum,r=abc"), other);
	cr_expect_str_eq(known, ",s=c3Nzc3Nzc3Nzc3Nzc3Nzcw==,i=4096");
	cr_expect_str_eq(tom, again);
	cr_expect_str_neq(tom, other);
	cr_expect_eq(strlen(tom), strlen(known) + 1, "10000 for 4096");
}

Test(sasl, scram_proof_for_an_unknown_user_fails)
{
	static const char last[] = "c=biws,r=abc,p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
	cr_expect_eq(exchange(SASL_SCRAM_SHA_256, TEXT("n,,n=tom,r=abc"), LINES(TEXT(last))), SASL_FAILED);
	cr_expect_eq(exchange(SASL_SCRAM_SHA_256, TEXT("n,,n=tim,r=abc"), LINES(TEXT(last))), SASL_FAILED);
}
