/* Checks TLSA records of the DNS. */
#include "peer/dns_tlsa.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "port/resolver.h"

enum { SELECTOR = 1, MATCHING_TYPE = 2, CERTIFICATE = 0, PUBLIC_KEY = 1, FULL = 0 };

static bool
is_certificate(const unsigned char *octets, size_t len)
{
	const unsigned char *at = octets;
	X509 *certificate = d2i_X509(NULL, &at, (long)len);
	bool good = certificate != NULL && at == octets + len && X509_get0_pubkey(certificate) != NULL;
	X509_free(certificate);
	ERR_clear_error();
	return good;
}

static bool
is_public_key(const unsigned char *octets, size_t len)
{
	const unsigned char *at = octets;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)len);
	bool good = key != NULL && at == octets + len;
	EVP_PKEY_free(key);
	ERR_clear_error();
	return good;
}

bool
dns_tlsa_is_well_formed(const unsigned char *octets, size_t len)
{
	if (len <= RESOLVER_TLSA_HEAD)
		return false;
	const unsigned char *data = octets + RESOLVER_TLSA_HEAD;
	len -= RESOLVER_TLSA_HEAD;
	if (octets[MATCHING_TYPE] != FULL)
		return true;
	switch (octets[SELECTOR]) {
	case CERTIFICATE: return is_certificate(data, len);
	case PUBLIC_KEY: return is_public_key(data, len);
	default: return true;
	}
}
