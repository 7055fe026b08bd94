/* The server's side of a SASL exchange, by GNU SASL. */
#include "session/sasl.h"

#include <assert.h>
#include <gsasl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address/address_key.h"
#include "base/text/ascii.h"
#include "base/text/base64.h"

struct sasl_server {
	Gsasl *library;
	bool (*verify)(const char *password, const char *hash);
	unsigned char secret[SASL_SECRET_SIZE];
};

/* Octets that the client sent. Owned; wiped when freed. */
struct response {
	char *octets;
	size_t len;
};

struct sasl {
	const struct sasl_server *server;
	enum sasl_mechanism mechanism;
	Gsasl_session *session;
	struct response response; /* kept for sasl_check() */
	bool known;               /* the user exists, and has what this mechanism needs */
	bool salted;              /* the client has been shown the salt */
	bool last;                /* only an empty response can follow */
	char user[CREDENTIALS_NAME_MAX + 1];
	char *challenge; /* in base64, or NULL */
};

static enum sasl_status respond_with_password(struct sasl *sasl);
static enum sasl_status respond_cram(struct sasl *sasl);
static enum sasl_status respond_scram(struct sasl *sasl);
static enum sasl_status check_password(struct sasl *sasl, const char *identity, const struct credentials *credentials);
static enum sasl_status check_cram(struct sasl *sasl, const char *identity, const struct credentials *credentials);
static enum sasl_status check_scram(struct sasl *sasl, const char *identity, const struct credentials *credentials);

/* first: who sends the first message; initial: an initial response is accepted; plain: the password itself is sent. */
enum first { CLIENT, SERVER };
static const struct mechanism {
	const char *name;
	enum first first;
	bool initial;
	bool plain;
	enum sasl_status (*respond)(struct sasl *sasl);
	enum sasl_status (*check)(struct sasl *sasl, const char *identity, const struct credentials *credentials);
} mechanisms[SASL_MECHANISMS] = {
	[SASL_PLAIN] = { "PLAIN", CLIENT, true, true, respond_with_password, check_password },
	[SASL_LOGIN] = { "LOGIN", SERVER, true, true, respond_with_password, check_password },
	[SASL_CRAM_MD5] = { "CRAM-MD5", SERVER, false, false, respond_cram, check_cram },
	[SASL_SCRAM_SHA_256] = { "SCRAM-SHA-256", CLIENT, true, false, respond_scram, check_scram },
};

const char *
sasl_mechanism_name(enum sasl_mechanism mechanism)
{
	return mechanisms[mechanism].name;
}

enum sasl_mechanism
sasl_mechanism_find(const char *name, size_t len)
{
	for (int i = 0; i < SASL_MECHANISMS; i++)
		if (strlen(mechanisms[i].name) == len && ascii_equal(mechanisms[i].name, name, len))
			return (enum sasl_mechanism)i;
	return SASL_MECHANISMS;
}

bool
sasl_mechanism_is_plaintext(enum sasl_mechanism mechanism)
{
	return mechanisms[mechanism].plain;
}

/* A password that was sent is checked by sasl_check() later; everything else has been set before. */
static int
answer(Gsasl *library, Gsasl_session *session, Gsasl_property property)
{
	(void)library;
	(void)session;
	return property == GSASL_VALIDATE_SIMPLE ? GSASL_OK : GSASL_NO_CALLBACK;
}

struct sasl_server *
sasl_server_new(const unsigned char secret[SASL_SECRET_SIZE], bool (*verify)(const char *password, const char *hash))
{
	struct sasl_server *server = calloc(1, sizeof *server);
	if (server == NULL)
		return NULL;
	if (gsasl_init(&server->library) != GSASL_OK) {
		free(server);
		return NULL;
	}
	gsasl_callback_set(server->library, answer);
	server->verify = verify;
	memcpy(server->secret, secret, SASL_SECRET_SIZE);
	return server;
}

void
sasl_server_free(struct sasl_server *server)
{
	if (server == NULL)
		return;
	gsasl_done(server->library);
	explicit_bzero(server, sizeof *server);
	free(server);
}

static Gsasl_session *
open_session(const struct sasl_server *server, enum sasl_mechanism mechanism)
{
	Gsasl_session *session = NULL;
	int result = gsasl_server_start(server->library, mechanisms[mechanism].name, &session);
	return result == GSASL_OK ? session : NULL;
}

/* The library frees its properties, but does not wipe them. */
static void
close_session(Gsasl_session *session)
{
	static const Gsasl_property secrets[] = { GSASL_PASSWORD, GSASL_SCRAM_STOREDKEY, GSASL_SCRAM_SERVERKEY };
	if (session == NULL)
		return;
	for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
		const char *value = gsasl_property_fast(session, secrets[i]);
		if (value != NULL)
			explicit_bzero((char *)(uintptr_t)value, strlen(value));
	}
	gsasl_finish(session);
}

struct sasl *
sasl_new(const struct sasl_server *server, enum sasl_mechanism mechanism)
{
	struct sasl *sasl = calloc(1, sizeof *sasl);
	if (sasl == NULL)
		return NULL;
	sasl->server = server;
	sasl->mechanism = mechanism;
	sasl->session = open_session(server, mechanism);
	if (sasl->session == NULL) {
		free(sasl);
		return NULL;
	}
	return sasl;
}

static void
drop_response(struct sasl *sasl)
{
	if (sasl->response.octets != NULL)
		explicit_bzero(sasl->response.octets, sasl->response.len);
	free(sasl->response.octets);
	sasl->response = (struct response) { NULL, 0 };
}

static void
drop_challenge(struct sasl *sasl)
{
	free(sasl->challenge);
	sasl->challenge = NULL;
}

void
sasl_free(struct sasl *sasl)
{
	if (sasl == NULL)
		return;
	close_session(sasl->session);
	drop_response(sasl);
	drop_challenge(sasl);
	free(sasl);
}

const char *
sasl_challenge(const struct sasl *sasl)
{
	return sasl->challenge != NULL ? sasl->challenge : "";
}

const char *
sasl_user(const struct sasl *sasl)
{
	return sasl->user;
}

bool
sasl_has_shown_salt(const struct sasl *sasl)
{
	return sasl->salted;
}

bool
sasl_check_blocks(const struct sasl *sasl)
{
	return mechanisms[sasl->mechanism].plain;
}

static enum sasl_status
put_challenge(struct sasl *sasl, const char *octets, size_t len)
{
	sasl->challenge = malloc(BASE64_TEXT_SIZE(len));
	if (sasl->challenge == NULL)
		return SASL_TROUBLE;
	base64_encode(sasl->challenge, octets, len);
	return SASL_CHALLENGE;
}

static enum sasl_status
status_of(int result)
{
	switch (result) {
	case GSASL_OK: return SASL_OK;
	case GSASL_NEEDS_MORE: return SASL_CHALLENGE;
	case GSASL_SASLPREP_ERROR:
	case GSASL_MECHANISM_PARSE_ERROR: return SASL_MALFORMED;
	case GSASL_MALLOC_ERROR:
	case GSASL_CRYPTO_ERROR: return SASL_TROUBLE;
	default: return SASL_FAILED;
	}
}

/* Gives the response to the mechanism. Output that comes with success is one more challenge. */
static enum sasl_status
run(struct sasl *sasl)
{
	char *output = NULL;
	size_t len = 0;
	enum sasl_status status = status_of(
	    gsasl_step(sasl->session, sasl->response.octets, sasl->response.len, &output, &len));
	if (status == SASL_OK && len > 0) {
		sasl->last = true;
		status = SASL_CHALLENGE;
	}
	if (status == SASL_CHALLENGE)
		status = put_challenge(sasl, output, len);
	gsasl_free(output);
	return status;
}

static bool
is_fit(const char *text, size_t limit)
{
	size_t len = strnlen(text, limit + 1);
	for (size_t i = 0; i < len; i++)
		if (ascii_is_control((unsigned char)text[i]))
			return false;
	return len <= limit;
}

/* Reads user and identity from the mechanism. */
static enum sasl_status
name_user(struct sasl *sasl, Gsasl_session *session)
{
	const char *user = gsasl_property_fast(session, GSASL_AUTHID);
	const char *identity = gsasl_property_fast(session, GSASL_AUTHZID);
	if (user == NULL || user[0] == '\0' || !is_fit(user, CREDENTIALS_NAME_MAX))
		return SASL_MALFORMED;
	size_t len = strlen(user);
	memcpy(sasl->user, user, len + 1);
	if (identity != NULL && identity[0] != '\0' && !address_same(identity, user))
		return SASL_FAILED;
	return SASL_CHECK;
}

static enum sasl_status
respond_with_password(struct sasl *sasl)
{
	enum sasl_status status = run(sasl);
	if (status != SASL_OK)
		return status;
	const char *password = gsasl_property_fast(sasl->session, GSASL_PASSWORD);
	if (password == NULL || !is_fit(password, CREDENTIALS_PASSWORD_MAX))
		return SASL_MALFORMED;
	return name_user(sasl, sasl->session);
}

/* The mechanism stops because it has no password yet; sasl_check() sets the password and runs it again. */
static enum sasl_status
respond_cram(struct sasl *sasl)
{
	char *output = NULL;
	size_t len = 0;
	int result = gsasl_step(sasl->session, sasl->response.octets, sasl->response.len, &output, &len);
	gsasl_free(output);
	return result == GSASL_NO_PASSWORD ? name_user(sasl, sasl->session) : status_of(result);
}

/*
 * The first message names the user, whose salt is needed for the answer to it, so a temporary session reads the message
 * first. A message that asks for channel binding (RFC 5802 section 6) is for a mechanism that is not offered.
 */
static enum sasl_status
probe_scram(struct sasl *sasl)
{
	char *output = NULL;
	size_t len = 0;
	if (sasl->response.octets[0] != 'n' && sasl->response.octets[0] != 'y')
		return SASL_MALFORMED;
	Gsasl_session *probe = open_session(sasl->server, sasl->mechanism);
	if (probe == NULL)
		return SASL_TROUBLE;
	enum sasl_status status = status_of(
	    gsasl_step(probe, sasl->response.octets, sasl->response.len, &output, &len));
	gsasl_free(output);
	if (status == SASL_CHALLENGE)
		status = name_user(sasl, probe);
	close_session(probe);
	return status;
}

static enum sasl_status
respond_scram(struct sasl *sasl)
{
	if (sasl->user[0] == '\0')
		return probe_scram(sasl);
	enum sasl_status status = run(sasl);
	return status == SASL_CHALLENGE && !sasl->known ? SASL_FAILED : status;
}

static enum sasl_status
check_password(struct sasl *sasl, const char *identity, const struct credentials *credentials)
{
	(void)identity;
	const char *password = gsasl_property_fast(sasl->session, GSASL_PASSWORD);
	const char *hash = sasl->known && credentials->hash[0] != '\0' ? credentials->hash : NULL;
	return sasl->server->verify(password, hash) && hash != NULL ? SASL_OK : SASL_FAILED;
}

/* The simulated credentials of an unknown user: always the same for an identity. */
static bool
make_up(const struct sasl_server *server, const char *what, const char *identity, unsigned char octets[SCRAM_KEY_SIZE])
{
	char text[1024];
	unsigned len = SCRAM_KEY_SIZE;
	int used = snprintf(text, sizeof text, "%s %s", what, identity);
	if (used < 0 || used >= (int)sizeof text)
		return false;
	for (int i = 0; i < used; i++)
		text[i] = ascii_lower(text[i]);
	return HMAC(EVP_sha256(), server->secret, SASL_SECRET_SIZE, (const unsigned char *)text, (size_t)used, octets,
	           &len) != NULL;
}

uint64_t
sasl_server_number(const struct sasl_server *server, const char *name)
{
	unsigned char octets[SCRAM_KEY_SIZE] = { 0 };
	uint64_t number;
	(void)make_up(server, "number", name, octets);
	memcpy(&number, octets, sizeof number);
	return number;
}

static bool
set_octets(struct sasl *sasl, Gsasl_property property, const unsigned char *octets, size_t len)
{
	char text[BASE64_TEXT_SIZE(SCRAM_KEY_SIZE)];
	base64_encode(text, octets, len);
	bool set = gsasl_property_set(sasl->session, property, text) == GSASL_OK;
	explicit_bzero(text, sizeof text);
	return set;
}

static enum sasl_status
check_cram(struct sasl *sasl, const char *identity, const struct credentials *credentials)
{
	unsigned char made_up[SCRAM_KEY_SIZE];
	if (!make_up(sasl->server, "cram", identity, made_up) ||
	    !set_octets(sasl, GSASL_PASSWORD, made_up, sizeof made_up))
		return SASL_TROUBLE;
	sasl->known = sasl->known && credentials->secret[0] != '\0';
	if (sasl->known && gsasl_property_set(sasl->session, GSASL_PASSWORD, credentials->secret) != GSASL_OK)
		return SASL_TROUBLE;
	enum sasl_status status = run(sasl);
	return status == SASL_OK && !sasl->known ? SASL_FAILED : status;
}

static enum sasl_status
check_scram(struct sasl *sasl, const char *identity, const struct credentials *credentials)
{
	char iterations[16];
	unsigned char salt[SCRAM_KEY_SIZE];
	struct scram_verifier verifier = { .iterations = SCRAM_ITERATIONS };
	if (!make_up(sasl->server, "salt", identity, salt) ||
	    !make_up(sasl->server, "stored key", identity, verifier.stored_key) ||
	    !make_up(sasl->server, "server key", identity, verifier.server_key))
		return SASL_TROUBLE;
	memcpy(verifier.salt, salt, SCRAM_SALT_SIZE);
	sasl->known = sasl->known && credentials->scram.iterations != 0;
	if (sasl->known)
		verifier = credentials->scram;
	snprintf(iterations, sizeof iterations, "%u", verifier.iterations);
	bool set = gsasl_property_set(sasl->session, GSASL_SCRAM_ITER, iterations) == GSASL_OK &&
	    set_octets(sasl, GSASL_SCRAM_SALT, verifier.salt, SCRAM_SALT_SIZE) &&
	    set_octets(sasl, GSASL_SCRAM_STOREDKEY, verifier.stored_key, SCRAM_KEY_SIZE) &&
	    set_octets(sasl, GSASL_SCRAM_SERVERKEY, verifier.server_key, SCRAM_KEY_SIZE);
	explicit_bzero(&verifier, sizeof verifier);
	enum sasl_status status = set ? run(sasl) : SASL_TROUBLE;
	sasl->salted = status == SASL_CHALLENGE;
	return status;
}

enum sasl_status
sasl_check(struct sasl *sasl, const char *identity, const struct credentials *credentials)
{
	assert(sasl->user[0] != '\0');
	sasl->known = credentials != NULL;
	enum sasl_status status = mechanisms[sasl->mechanism].check(sasl, identity, credentials);
	drop_response(sasl);
	return status;
}

/* Decodes a response and gives it to the mechanism. Only the response that ends an exchange may be empty. */
static enum sasl_status
respond(struct sasl *sasl, const char *text, size_t len)
{
	drop_challenge(sasl);
	if (len > SASL_LINE_MAX)
		return SASL_MALFORMED;
	sasl->response.octets = malloc(BASE64_OCTETS_MAX(len) + 1);
	if (sasl->response.octets == NULL)
		return SASL_TROUBLE;
	if (!base64_decode(sasl->response.octets, &sasl->response.len, text, len)) {
		sasl->response.len = BASE64_OCTETS_MAX(len);
		return SASL_MALFORMED;
	}
	if (sasl->last)
		return sasl->response.len == 0 ? SASL_OK : SASL_MALFORMED;
	if (sasl->response.len == 0)
		return SASL_MALFORMED;
	return mechanisms[sasl->mechanism].respond(sasl);
}

enum sasl_status
sasl_step(struct sasl *sasl, const char *line, size_t len)
{
	if (len == 1 && line[0] == '*')
		return SASL_CANCELLED;
	enum sasl_status status = respond(sasl, line, len);
	if (status != SASL_CHECK)
		drop_response(sasl);
	return status;
}

enum sasl_status
sasl_start(struct sasl *sasl, const char *initial, size_t len)
{
	const struct mechanism *mechanism = &mechanisms[sasl->mechanism];
	if (initial != NULL && !mechanism->initial)
		return SASL_MALFORMED;
	enum sasl_status status = SASL_CHALLENGE;
	if (mechanism->first == SERVER)
		status = run(sasl);
	if (initial == NULL || status != SASL_CHALLENGE)
		return status;
	return sasl_step(sasl, initial, len == 1 && initial[0] == '=' ? 0 : len);
}
