/* Senders of forwarded mail in the form of SRS. */
#include "session/srs.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#include "base/text/ascii.h"

/* The hash has 30 bits: whoever guesses gets a refusal for each guess, and max-unknown-recipients ends the session. */
enum { HASH_LEN = 6, STAMP_LEN = 2, TAG_LEN = 4, STAMPS = 1024, DAY = 86400, SKEW_DAYS = 1 };
enum { FIELDS_MAX = ADDRESS_LOCAL_MAX - TAG_LEN - HASH_LEN - 2 }; /* octets behind the hash */

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"; /* base32 (RFC 4648 section 6) */

/* A part of a local part, behind which an equals sign stands. */
struct field {
	const char *text;
	size_t len;
};

/* Is it an address of this form, "SRS0" or "SRS1" and one of the separators that servers use? */
static bool
has_tag(const char *local, char number)
{
	return strlen(local) > TAG_LEN && ascii_equal(local, "srs", 3) && local[3] == number &&
	    strchr("=+-", local[TAG_LEN]) != NULL;
}

bool
srs_is_tagged(const char *local)
{
	return has_tag(local, '0') || has_tag(local, '1');
}

static bool
cut(struct field *field, const char **rest)
{
	const char *end = strchr(*rest, '=');
	if (end == NULL)
		return false;
	*field = (struct field) { *rest, (size_t)(end - *rest) };
	*rest = end + 1;
	return true;
}

/* Folds what is signed: ASCII case does not count. The tag keeps a signature of one form from being one of the other. */
static bool
write_signed(char text[SRS_TEXT_MAX], const char *tag, const char *fields)
{
	int len = snprintf(text, SRS_TEXT_MAX, "%s=%s", tag, fields);
	for (char *at = text; *at != '\0'; at++)
		*at = ascii_lower(*at);
	return len > 0 && len < SRS_TEXT_MAX;
}

/* The hash of the fields behind it, which no two addresses share: no field but the last one holds an equals sign. */
static bool
write_hash(char hash[HASH_LEN + 1], const struct srs_secret *secret, const char *tag, const char *fields)
{
	char text[SRS_TEXT_MAX];
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned len = sizeof mac;
	if (!write_signed(text, tag, fields) ||
	    HMAC(EVP_sha256(), secret->octets, SRS_SECRET_LEN, (const unsigned char *)text, strlen(text), mac, &len) ==
	        NULL)
		return false;
	for (size_t i = 0; i < HASH_LEN; i++)
		hash[i] = digits[mac[i] & 31];
	hash[HASH_LEN] = '\0';
	return true;
}

static void
write_stamp(char stamp[STAMP_LEN + 1], int64_t now)
{
	unsigned day = (unsigned)(now / DAY % STAMPS);
	stamp[0] = digits[day >> 5];
	stamp[1] = digits[day & 31];
	stamp[2] = '\0';
}

static int
value_of(char digit)
{
	for (int i = 0; digits[i] != '\0'; i++)
		if (ascii_lower(digits[i]) == ascii_lower(digit))
			return i;
	return -1;
}

static bool
is_current(struct field stamp, int64_t now)
{
	int high = stamp.len == STAMP_LEN ? value_of(stamp.text[0]) : -1;
	int low = stamp.len == STAMP_LEN ? value_of(stamp.text[1]) : -1;
	if (high < 0 || low < 0)
		return false;
	int age = ((int)(now / DAY % STAMPS) - (high << 5 | low) + STAMPS) % STAMPS;
	return age <= SRS_DAYS || age >= STAMPS - SKEW_DAYS;
}

/* Writes the fields that are signed, and the tag before them. False if they are too long. */
static bool
write_fields(char fields[SRS_TEXT_MAX], const char **tag, const struct address *sender, int64_t now)
{
	char stamp[STAMP_LEN + 1];
	struct field ignored;
	const char *rest = sender->local + TAG_LEN + 1;
	int len;
	*tag = "SRS1";
	if (has_tag(sender->local, '1') && cut(&ignored, &rest) && strchr(rest, '=') != NULL) {
		len = snprintf(fields, SRS_TEXT_MAX, "%s", rest);
	} else if (has_tag(sender->local, '0')) {
		len = snprintf(fields, SRS_TEXT_MAX, "%s=%s", sender->domain, sender->local + TAG_LEN);
	} else {
		*tag = "SRS0";
		write_stamp(stamp, now);
		len = snprintf(fields, SRS_TEXT_MAX, "%s=%s=%s", stamp, sender->domain, sender->local);
	}
	return len > 0 && len < SRS_TEXT_MAX;
}

enum srs_outcome
srs_forward(struct address *made, const struct srs_secrets *secrets, const struct address *sender, const char *domain,
    int64_t now)
{
	char fields[SRS_TEXT_MAX], hash[HASH_LEN + 1];
	const char *tag;
	if (!write_fields(fields, &tag, sender, now) || strlen(fields) > FIELDS_MAX)
		return SRS_TOO_LONG;
	if (secrets->count == 0 || !write_hash(hash, &secrets->list[0], tag, fields))
		return SRS_FAILED;
	*made = (struct address) { .utf8 = sender->utf8 };
	snprintf(made->local, sizeof made->local, "%.*s=%s=%.*s", TAG_LEN, tag, hash, FIELDS_MAX, fields);
	snprintf(made->domain, sizeof made->domain, "%s", domain);
	return SRS_OK;
}

static bool
is_signed_by(const struct srs_secret *secret, const char *tag, struct field hash, const char *fields)
{
	char right[HASH_LEN + 1], given[HASH_LEN];
	if (hash.len != HASH_LEN || !write_hash(right, secret, tag, fields))
		return false;
	for (size_t i = 0; i < HASH_LEN; i++)
		given[i] = ascii_upper(hash.text[i]);
	return CRYPTO_memcmp(right, given, HASH_LEN) == 0;
}

/* Does a secret that is in use, or was while the address can be valid, sign it? Tries all. */
static bool
is_signed(const struct srs_secrets *secrets, const char *tag, struct field hash, const char *fields, int64_t now)
{
	bool found = false;
	for (size_t i = 0; i < secrets->count; i++)
		if (i == 0 || now < secrets->list[i - 1].made + SRS_LIFETIME)
			found |= is_signed_by(&secrets->list[i], tag, hash, fields);
	return found;
}

/* Sets an address, if local part and domain make one. */
static bool
set(struct address *address, const char *before, const char *local, struct field domain)
{
	char text[ADDRESS_TEXT_SIZE], whole[ADDRESS_LOCAL_MAX + 1], name[ADDRESS_DOMAIN_MAX + 1];
	if (domain.len >= sizeof name || snprintf(whole, sizeof whole, "%s%s", before, local) >= (int)sizeof whole)
		return false;
	memcpy(name, domain.text, domain.len);
	name[domain.len] = '\0';
	address_write(text, whole, name);
	return address_parse(address, text, strlen(text), false, true) == ADDRESS_OK;
}

/* The stamp of an SRS1 is behind the separator of the SRS0 within, where only the server that made it can read it. */
static enum srs_outcome
read_fields(struct address *original, const char *tag, const char *fields, int64_t now)
{
	struct field stamp, domain;
	bool is_first = strcmp(tag, "SRS0") == 0;
	if ((is_first && !cut(&stamp, &fields)) || !cut(&domain, &fields) ||
	    !set(original, is_first ? "" : "SRS0", fields, domain))
		return SRS_FORGED;
	return !is_first || is_current(stamp, now) ? SRS_OK : SRS_EXPIRED;
}

enum srs_outcome
srs_reverse(struct address *original, const struct srs_secrets *secrets, const char *local, int64_t now)
{
	const char *tag = has_tag(local, '0') ? "SRS0" : has_tag(local, '1') ? "SRS1" : NULL;
	struct field hash;
	if (tag == NULL)
		return SRS_OTHER;
	const char *fields = local + TAG_LEN + 1;
	if (local[TAG_LEN] != '=' || !cut(&hash, &fields) || !is_signed(secrets, tag, hash, fields, now))
		return SRS_FORGED;
	return read_fields(original, tag, fields, now);
}
