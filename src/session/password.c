/* Hashes passwords of accounts, and checks passwords against hashes. */
#include "session/password.h"

#include <crypt.h>
#include <gsasl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Has the cost that crypt_gensalt() chooses for "$y$". It is computed for its duration; no password is ever accepted by it. */
static const char DUMMY[] = "$y$j9T$IkVvPkLsXqhDydYh2RqJ..$Swm28WdwOa6OPiZaJn9xAG0XOhdj1npktRRBUKzeO/7";
static const char SCRAM_NAME[] = "SCRAM-SHA-256";

/* The password as SASLprep (RFC 4013) compares it, to be freed by forget(); NULL if it has no such form. */
static char *
prepare(const char *password, Gsasl_saslprep_flags flags)
{
	char *prepared = NULL;
	size_t len = strnlen(password, CREDENTIALS_PASSWORD_MAX + 1);
	if (len > CREDENTIALS_PASSWORD_MAX || gsasl_saslprep(password, flags, &prepared, NULL) != GSASL_OK)
		return NULL;
	return prepared;
}

static void
forget(char *prepared)
{
	if (prepared != NULL)
		explicit_bzero(prepared, strlen(prepared));
	gsasl_free(prepared);
}

static bool
make_hash(char hash[CREDENTIALS_HASH_SIZE], const char *prepared)
{
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	struct crypt_data *data = calloc(1, sizeof *data);
	bool made = false;
	if (data != NULL && crypt_gensalt_rn("$y$", 0, NULL, 0, setting, sizeof setting) != NULL &&
	    crypt_rn(prepared, setting, data, sizeof *data) != NULL)
		made = snprintf(hash, CREDENTIALS_HASH_SIZE, "%s", data->output) < CREDENTIALS_HASH_SIZE;
	if (data != NULL)
		explicit_bzero(data, sizeof *data);
	free(data);
	return made;
}

/* HMAC-SHA-256 of a text: both keys of SCRAM are made like that (RFC 5802 section 3). */
static bool
sign(unsigned char key[SCRAM_KEY_SIZE], const unsigned char salted[SCRAM_KEY_SIZE], const char *text)
{
	unsigned len = SCRAM_KEY_SIZE;
	return HMAC(EVP_sha256(), salted, SCRAM_KEY_SIZE, (const unsigned char *)text, strlen(text), key, &len) != NULL;
}

enum password_result
password_derive_scram(struct scram_verifier *verifier, const char *password)
{
	unsigned char salted[SCRAM_KEY_SIZE], client_key[SCRAM_KEY_SIZE];
	bool done = PKCS5_PBKDF2_HMAC(password, (int)strlen(password), verifier->salt, SCRAM_SALT_SIZE,
	                (int)verifier->iterations, EVP_sha256(), SCRAM_KEY_SIZE, salted) == 1 &&
	    sign(client_key, salted, "Client Key") && sign(verifier->server_key, salted, "Server Key") &&
	    EVP_Digest(client_key, SCRAM_KEY_SIZE, verifier->stored_key, NULL, EVP_sha256(), NULL) == 1;
	explicit_bzero(salted, sizeof salted);
	explicit_bzero(client_key, sizeof client_key);
	return done ? PASSWORD_OK : PASSWORD_FAILED;
}

static enum password_result
make(struct credentials *credentials, const char *prepared, bool keep_secret)
{
	if (prepared[0] == '\0' || strlen(prepared) > CREDENTIALS_PASSWORD_MAX)
		return PASSWORD_UNFIT;
	credentials->scram.iterations = SCRAM_ITERATIONS;
	if (!make_hash(credentials->hash, prepared) || RAND_bytes(credentials->scram.salt, SCRAM_SALT_SIZE) != 1)
		return PASSWORD_FAILED;
	if (keep_secret)
		snprintf(credentials->secret, sizeof credentials->secret, "%s", prepared);
	return password_derive_scram(&credentials->scram, prepared);
}

enum password_result
password_make(struct credentials *credentials, const char *password, bool keep_secret)
{
	memset(credentials, 0, sizeof *credentials);
	char *prepared = prepare(password, 0);
	if (prepared == NULL)
		return PASSWORD_UNFIT;
	enum password_result result = make(credentials, prepared, keep_secret);
	if (result != PASSWORD_OK)
		explicit_bzero(credentials, sizeof *credentials);
	forget(prepared);
	return result;
}

bool
password_is_fit(const char *password)
{
	char *prepared = prepare(password, 0);
	bool fit = prepared != NULL && prepared[0] != '\0' && strlen(prepared) <= CREDENTIALS_PASSWORD_MAX;
	forget(prepared);
	return fit;
}

/* Has the hash, which is behind the last "$", the length of its method? The methods are those of crypt(5). */
static bool
is_whole(const char *text)
{
	static const struct {
		const char *prefix;
		size_t len;
	} methods[] = { { "$y$", 43 }, { "$gy$", 43 }, { "$7$", 43 }, { "$2", 53 }, { "$6$", 86 }, { "$5$", 43 },
		{ "$1$", 22 }, { "$sha1$", 28 }, { "$md5", 22 }, { "$3$", 32 } };
	const char *last = strrchr(text, '$');
	size_t len = strlen(text);
	for (size_t i = 0; last != NULL && i < sizeof methods / sizeof *methods; i++)
		if (strncmp(text, methods[i].prefix, strlen(methods[i].prefix)) == 0)
			return strlen(last + 1) == methods[i].len;
	if (*text == '_')
		return len == 20;
	return *text == '$' || (len >= 13 && (len - 2) % 11 == 0);
}

bool
password_is_hash(const char *text)
{
	return *text != '\0' && crypt_checksalt(text) != CRYPT_SALT_INVALID &&
	    crypt_checksalt(text) != CRYPT_SALT_METHOD_DISABLED && is_whole(text);
}

/* Hashes by the method of the hash. Returns false at once if libcrypt does not support it. */
static bool
hashes(struct crypt_data *data, const char *password, const char *hash, bool *equal)
{
	if (crypt_rn(password, hash, data, sizeof *data) == NULL)
		return false;
	size_t len = strlen(data->output);
	*equal = len == strlen(hash) && CRYPTO_memcmp(data->output, hash, len) == 0;
	return true;
}

bool
password_verify(const char *password, const char *hash)
{
	bool equal = false;
	struct crypt_data *data = calloc(1, sizeof *data);
	char *prepared = prepare(password, GSASL_ALLOW_UNASSIGNED);
	const char *phrase = prepared != NULL ? prepared : "";
	if (data != NULL && (hash == NULL || !hashes(data, phrase, hash, &equal))) {
		hashes(data, phrase, DUMMY, &equal);
		equal = false;
	}
	equal = equal && phrase[0] != '\0';
	forget(prepared);
	if (data != NULL)
		explicit_bzero(data, sizeof *data);
	free(data);
	return equal;
}

void
password_write_scram(char text[PASSWORD_SCRAM_SIZE], const struct scram_verifier *verifier)
{
	char salt[BASE64_TEXT_SIZE(SCRAM_SALT_SIZE)];
	char stored[BASE64_TEXT_SIZE(SCRAM_KEY_SIZE)], server[BASE64_TEXT_SIZE(SCRAM_KEY_SIZE)];
	base64_encode(salt, verifier->salt, SCRAM_SALT_SIZE);
	base64_encode(stored, verifier->stored_key, SCRAM_KEY_SIZE);
	base64_encode(server, verifier->server_key, SCRAM_KEY_SIZE);
	snprintf(text, PASSWORD_SCRAM_SIZE, "%s$%u:%s$%s:%s", SCRAM_NAME, verifier->iterations, salt, stored, server);
}

/* Reads base64 of exactly size octets up to a separator, and moves *at past it. */
static bool
read_octets(const char **at, char separator, unsigned char *octets, size_t size)
{
	unsigned char read[BASE64_OCTETS_MAX(BASE64_TEXT_SIZE(SCRAM_KEY_SIZE))];
	const char *end = strchrnul(*at, separator);
	size_t len = (size_t)(end - *at), count;
	if (*end != separator || BASE64_OCTETS_MAX(len) > sizeof read || !base64_decode(read, &count, *at, len) ||
	    count != size)
		return false;
	memcpy(octets, read, size);
	*at = separator != '\0' ? end + 1 : end;
	return true;
}

bool
password_read_scram(struct scram_verifier *verifier, const char *text)
{
	char *end;
	struct scram_verifier read = { 0 };
	size_t name = sizeof SCRAM_NAME - 1;
	memset(verifier, 0, sizeof *verifier);
	if (strncmp(text, SCRAM_NAME, name) != 0 || text[name] != '$')
		return false;
	unsigned long iterations = strtoul(text + name + 1, &end, 10);
	if (*end != ':' || iterations == 0 || iterations > INT32_MAX)
		return false;
	const char *at = end + 1;
	read.iterations = (unsigned)iterations;
	if (!read_octets(&at, '$', read.salt, SCRAM_SALT_SIZE) ||
	    !read_octets(&at, ':', read.stored_key, SCRAM_KEY_SIZE) ||
	    !read_octets(&at, '\0', read.server_key, SCRAM_KEY_SIZE))
		return false;
	*verifier = read;
	return true;
}
