/* Key records of DKIM (RFC 6376 section 3.6.1). */
#include "peer/sender/dkim_record.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

#include "base/text/ascii.h"
#include "base/text/base64.h"
#include "peer/sender/tag_list.h"

enum { ED25519_OCTETS = 32, ED25519_BITS = 256 };

/* The bits of an RSA key in the form SubjectPublicKeyInfo; 0: it is none. */
static unsigned
rsa_bits(const unsigned char *octets, size_t len)
{
	const unsigned char *at = octets;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)len);
	unsigned bits = 0;
	if (key != NULL && at == octets + len && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
		bits = (unsigned)EVP_PKEY_get_bits(key);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return bits;
}

/* Base64 may have white space everywhere. */
static bool
decode(unsigned char octets[BASE64_OCTETS_MAX(DKIM_TEXT_MAX)], size_t *count, const struct tag *tag)
{
	char text[DKIM_TEXT_MAX];
	size_t len = 0;
	for (size_t i = 0; i < tag->len; i++)
		if (!ascii_is_space((unsigned char)tag->value[i]))
			text[len++] = tag->value[i];
	return base64_decode(octets, count, text, len);
}

static enum dkim_fault
read_key(struct dkim_record *record, const struct tag *tag)
{
	unsigned char octets[BASE64_OCTETS_MAX(DKIM_TEXT_MAX)];
	size_t count;
	if (tag == NULL)
		return DKIM_NO_KEY;
	if (tag->len == 0)
		return DKIM_REVOKED;
	if (!decode(octets, &count, tag))
		return DKIM_NO_KEY;
	if (record->is_ed25519)
		record->bits = count == ED25519_OCTETS ? ED25519_BITS : 0;
	else
		record->bits = rsa_bits(octets, count);
	return record->bits > 0 ? DKIM_VALID : DKIM_NO_KEY;
}

enum dkim_fault
dkim_parse(struct dkim_record *record, const char *text, size_t len)
{
	struct tag_list list;
	*record = (struct dkim_record) { 0 };
	if (len > DKIM_TEXT_MAX || !tag_list_parse(&list, text, len))
		return DKIM_MALFORMED;
	const struct tag *version = tag_find(&list, "v"), *type = tag_find(&list, "k");
	const struct tag *service = tag_find(&list, "s"), *hash = tag_find(&list, "h");
	if (version != NULL && (version != &list.tags[0] || !tag_is(version, "DKIM1")))
		return DKIM_MALFORMED;
	record->is_ed25519 = tag_is(type, "ed25519");
	record->is_testing = tag_has(tag_find(&list, "t"), "y");
	if ((type != NULL && !tag_is(type, "rsa") && !record->is_ed25519) || (hash != NULL && !tag_has(hash, "sha256")))
		return DKIM_UNUSABLE;
	if (service != NULL && !tag_has(service, "*") && !tag_has(service, "email"))
		return DKIM_UNUSABLE;
	return read_key(record, tag_find(&list, "p"));
}
