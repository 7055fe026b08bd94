/* Certificates and keys, made for a test. */
#include "identity.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static X509 *
make_certificate(EVP_PKEY *key, int from, int to)
{
	X509 *certificate = X509_new();
	X509_NAME *name = X509_get_subject_name(certificate);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"mail.example.org", -1, -1, 0);
	X509_set_version(certificate, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	X509_gmtime_adj(X509_getm_notBefore(certificate), 86400L * from);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 86400L * to);
	X509_set_issuer_name(certificate, name);
	X509_set_pubkey(certificate, key);
	if (X509_sign(certificate, key, EVP_sha256()) == 0)
		abort();
	return certificate;
}

static FILE *
file_create(const char *path)
{
	FILE *file = fopen(path, "w");
	if (file == NULL)
		abort();
	return file;
}

void
identity_make(struct identity *identity, int from, int to)
{
	snprintf(identity->folder, sizeof identity->folder, "/tmp/ftgate-tls-XXXXXX");
	if (mkdtemp(identity->folder) == NULL)
		abort();
	snprintf(identity->certificate, PATH_SIZE, "%s/cert.pem", identity->folder);
	snprintf(identity->key, PATH_SIZE, "%s/key.pem", identity->folder);
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = make_certificate(key, from, to);
	FILE *file = file_create(identity->certificate);
	PEM_write_X509(file, certificate);
	fclose(file);
	file = file_create(identity->key);
	PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
	fclose(file);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

void
identity_remove(const struct identity *identity)
{
	unlink(identity->certificate);
	unlink(identity->key);
	rmdir(identity->folder);
}

void
identity_write(const char *path, const char *text)
{
	FILE *file = file_create(path);
	fputs(text, file);
	fclose(file);
}
