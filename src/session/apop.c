/* APOP (RFC 1939 section 7): a client proves that it knows a secret by a digest of it and the greeting's timestamp. */
#include "session/apop.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/text/ascii.h"

static bool
compute(unsigned char octets[EVP_MAX_MD_SIZE], const char *timestamp, const char *secret)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned len = 0;
	bool done = context != NULL && EVP_DigestInit_ex(context, EVP_md5(), NULL) == 1 &&
	    EVP_DigestUpdate(context, timestamp, strlen(timestamp)) == 1 &&
	    EVP_DigestUpdate(context, secret, strlen(secret)) == 1 && EVP_DigestFinal_ex(context, octets, &len) == 1;
	EVP_MD_CTX_free(context);
	return done && len == APOP_DIGEST / 2;
}

bool
apop_matches(const char *timestamp, const char *secret, const char *digest)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char octets[EVP_MAX_MD_SIZE];
	char wanted[APOP_DIGEST], given[APOP_DIGEST];
	if (!compute(octets, timestamp, secret))
		return false;
	for (int i = 0; i < APOP_DIGEST; i++) {
		wanted[i] = digits[i % 2 == 0 ? octets[i / 2] >> 4 : octets[i / 2] & 0xF];
		given[i] = ascii_lower(digest[i]);
	}
	return CRYPTO_memcmp(wanted, given, APOP_DIGEST) == 0;
}
