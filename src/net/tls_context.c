/* Shared by all encrypted connections of a listener: certificate, key, and TLS parameters. */
#include "net/tls_context.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/file.h"
#include "net/tls_tickets.h"

/* An old cipher is better than clear text, which is what opportunistic clients fall back to. No costly key exchanges. */
static const char CIPHERS[] = "DEFAULT:!aNULL:!kDHE:!PSK:!SRP";
static const char GROUPS[] = "X25519:P-256:P-384";

struct tls_context {
	SSL_CTX *openssl;
	char certificate[TLS_ERROR_SIZE / 2]; /* the file's name, for messages */
};

static void __attribute__((format(printf, 2, 3))) set_error(char error[TLS_ERROR_SIZE], const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(error, TLS_ERROR_SIZE, format, arguments);
	va_end(arguments);
	ERR_clear_error();
}

enum fault { FAULT_OTHER, FAULT_NOT_PEM, FAULT_ENCRYPTED };

/* OpenSSL queues an error of each of its layers; the lowest one with a text says most. */
static enum fault
find_fault(const char **reason)
{
	enum fault fault = FAULT_OTHER;
	*reason = "it cannot be read";
	for (unsigned long code; (code = ERR_get_error()) != 0;) {
		int library = ERR_GET_LIB(code), number = ERR_GET_REASON(code);
		if (ERR_reason_error_string(code) != NULL)
			*reason = ERR_reason_error_string(code);
		if ((library == ERR_LIB_PEM && number == PEM_R_NO_START_LINE) ||
		    (library == ERR_LIB_OSSL_DECODER && number == ERR_R_UNSUPPORTED))
			fault = FAULT_NOT_PEM;
		if (library == ERR_LIB_PEM &&
		    (number == PEM_R_BAD_PASSWORD_READ || number == PEM_R_PROBLEMS_GETTING_PASSWORD))
			return FAULT_ENCRYPTED;
	}
	return fault;
}

/* Describes why OpenSSL rejected a file that holds a certificate or a key. */
static void
describe(char error[TLS_ERROR_SIZE], const char *what, const char *file)
{
	const char *reason;
	switch (find_fault(&reason)) {
	case FAULT_NOT_PEM: reason = "the file has none in PEM form"; break;
	case FAULT_ENCRYPTED: reason = "it is encrypted; it has to be stored without a passphrase"; break;
	default: break;
	}
	set_error(error, "%s %.250s: %.100s", what, file, reason);
}

static bool
is_readable(char error[TLS_ERROR_SIZE], const char *what, const char *file)
{
	const char *why;
	FILE *stream = file_open(file, &why);
	if (stream == NULL) {
		set_error(error, "%s %.250s: %s", what, file, why);
		return false;
	}
	fclose(stream);
	return true;
}

/* A server must not prompt for a passphrase. */
static int
no_passphrase(char *to, int size, int writing, void *context)
{
	(void)to;
	(void)size;
	(void)writing;
	(void)context;
	return -1;
}

static SSL_CTX *
make_openssl(struct tls_tickets *tickets)
{
	SSL_CTX *openssl = SSL_CTX_new(TLS_server_method());
	if (openssl == NULL)
		return NULL;
	SSL_CTX_set_default_passwd_cb(openssl, no_passphrase);
	SSL_CTX_set_options(openssl, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_options(openssl, SSL_OP_CLEANSE_PLAINTEXT);
	SSL_CTX_set_mode(openssl, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_clear_mode(openssl, SSL_MODE_AUTO_RETRY); /* tls_read() counts the records that hold no octets */
	/* The client keeps the ticket; one is enough for a client that returns. */
	SSL_CTX_set_session_cache_mode(openssl, SSL_SESS_CACHE_OFF);
	if (SSL_CTX_set_min_proto_version(openssl, TLS1_2_VERSION) == 1 && SSL_CTX_set_num_tickets(openssl, 1) == 1 &&
	    SSL_CTX_set_cipher_list(openssl, CIPHERS) == 1 && SSL_CTX_set1_groups_list(openssl, GROUPS) == 1 &&
	    (tickets == NULL || tls_tickets_use(tickets, openssl)))
		return openssl;
	SSL_CTX_free(openssl);
	return NULL;
}

static bool
load_certificate(SSL_CTX *openssl, const char *file, char error[TLS_ERROR_SIZE])
{
	if (!is_readable(error, "certificate", file))
		return false;
	if (SSL_CTX_use_certificate_chain_file(openssl, file) == 1)
		return true;
	describe(error, "certificate", file);
	return false;
}

static EVP_PKEY *
read_key(const char *file, char error[TLS_ERROR_SIZE])
{
	EVP_PKEY *key = NULL;
	if (!is_readable(error, "key", file))
		return NULL;
	BIO *input = BIO_new_file(file, "r");
	if (input != NULL)
		key = PEM_read_bio_PrivateKey(input, NULL, no_passphrase, NULL);
	if (key == NULL)
		describe(error, "key", file);
	BIO_free(input);
	return key;
}

static bool
load_key(SSL_CTX *openssl, const char *certificate, const char *file, char error[TLS_ERROR_SIZE])
{
	EVP_PKEY *key = read_key(file, error);
	if (key == NULL)
		return false;
	bool loaded = false;
	if (X509_check_private_key(SSL_CTX_get0_certificate(openssl), key) != 1)
		set_error(error, "key %.200s: it is not that of the certificate %.200s", file, certificate);
	else if (SSL_CTX_use_PrivateKey(openssl, key) != 1)
		describe(error, "key", file);
	else
		loaded = true;
	EVP_PKEY_free(key);
	return loaded;
}

struct tls_context *
tls_context_new(const char *certificate, const char *key, struct tls_tickets *tickets, char error[TLS_ERROR_SIZE])
{
	ERR_clear_error();
	struct tls_context *context = calloc(1, sizeof *context);
	if (context != NULL)
		context->openssl = make_openssl(tickets);
	if (context == NULL || context->openssl == NULL) {
		set_error(error, "TLS cannot be set up: no memory, or an OpenSSL configuration that forbids it");
		free(context);
		return NULL;
	}
	if (!load_certificate(context->openssl, certificate, error) ||
	    !load_key(context->openssl, certificate, key, error)) {
		tls_context_free(context);
		return NULL;
	}
	snprintf(context->certificate, sizeof context->certificate, "%s", certificate);
	return context;
}

void
tls_context_free(struct tls_context *context)
{
	if (context == NULL)
		return;
	SSL_CTX_free(context->openssl);
	free(context);
}

static void
describe_date(char error[TLS_ERROR_SIZE], const char *file, const char *what, const ASN1_TIME *time)
{
	struct tm tm;
	char date[32] = "an unknown day";
	if (ASN1_TIME_to_tm(time, &tm) == 1)
		strftime(date, sizeof date, "%Y-%m-%d %H:%M UTC", &tm);
	set_error(error, "certificate %.250s: %s %s", file, what, date);
}

bool
tls_context_is_current(const struct tls_context *context, char error[TLS_ERROR_SIZE])
{
	const X509 *certificate = SSL_CTX_get0_certificate(context->openssl);
	const ASN1_TIME *first = X509_get0_notBefore(certificate), *last = X509_get0_notAfter(certificate);
	if (X509_cmp_current_time(last) < 0)
		describe_date(error, context->certificate, "it has expired,", last);
	else if (X509_cmp_current_time(first) > 0)
		describe_date(error, context->certificate, "it is not valid before", first);
	else
		return true;
	return false;
}

time_t
tls_context_expiry(const struct tls_context *context)
{
	const X509 *certificate = SSL_CTX_get0_certificate(context->openssl);
	struct tm tm;
	return ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &tm) == 1 ? timegm(&tm) : 0;
}

static void
add_name(char names[TLS_NAMES_SIZE], const char *name, size_t len)
{
	size_t used = strlen(names);
	if (memchr(name, '\0', len) == NULL && used + len + 3 <= TLS_NAMES_SIZE)
		snprintf(names + used, TLS_NAMES_SIZE - used, "%s%.*s", used > 0 ? ", " : "", (int)len, name);
}

static void
add_general_name(char names[TLS_NAMES_SIZE], const GENERAL_NAME *name)
{
	char address[INET6_ADDRSTRLEN];
	const ASN1_STRING *octets = name->type == GEN_DNS ? name->d.dNSName : name->d.iPAddress;
	int len = ASN1_STRING_length(octets);
	const unsigned char *data = ASN1_STRING_get0_data(octets);
	if (name->type == GEN_DNS)
		add_name(names, (const char *)data, (size_t)len);
	else if ((len == 4 || len == 16) &&
	    inet_ntop(len == 4 ? AF_INET : AF_INET6, data, address, sizeof address) != NULL)
		add_name(names, address, strlen(address));
}

void
tls_context_names(const struct tls_context *context, char names[TLS_NAMES_SIZE])
{
	const X509 *certificate = SSL_CTX_get0_certificate(context->openssl);
	char common[256];
	names[0] = '\0';
	GENERAL_NAMES *all = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	for (int i = 0; i < sk_GENERAL_NAME_num(all); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(all, i);
		if (name->type == GEN_DNS || name->type == GEN_IPADD)
			add_general_name(names, name);
	}
	GENERAL_NAMES_free(all);
	int len = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, common, sizeof common);
	if (names[0] == '\0' && len > 0)
		add_name(names, common, (size_t)len);
}

bool
tls_context_reload(struct tls_context **context, const char *certificate, const char *key, struct tls_tickets *tickets,
    char error[TLS_ERROR_SIZE])
{
	struct tls_context *made = tls_context_new(certificate, key, tickets, error);
	if (made == NULL)
		return false;
	if (!tls_context_is_current(made, error)) {
		tls_context_free(made);
		return false;
	}
	tls_context_free(*context);
	*context = made;
	return true;
}

struct ssl_ctx_st *
tls_context_openssl(const struct tls_context *context)
{
	return context->openssl;
}
