/* The certificate that a worker shows: loaded at its start, and again, beside the one in use, when it is told to. */
#include "net/certificate.h"

#include <stddef.h>

#include "base/log.h"

static void
tell(const struct certificate *certificate, const char *event, const char *detail)
{
	log_begin(event);
	log_put_number("worker", certificate->worker);
	log_put("file", certificate->file);
	if (detail != NULL)
		log_put("detail", detail);
	log_end();
}

/* One that is out of date is better than none: other servers do not look at the date. */
static void
load_first(struct certificate *certificate)
{
	char error[TLS_ERROR_SIZE];
	certificate->context = tls_context_new(certificate->file, certificate->key, error);
	if (certificate->context == NULL)
		tell(certificate, "certificate-failed", error);
	else if (!tls_context_is_current(certificate->context, error))
		tell(certificate, "certificate-outdated", error);
	else
		tell(certificate, "certificate-loaded", NULL);
}

void
certificate_open(struct certificate *certificate, const char *file, const char *key, unsigned worker)
{
	*certificate = (struct certificate) { .file = file, .key = key, .worker = worker };
	if (file != NULL)
		load_first(certificate);
}

void
certificate_close(struct certificate *certificate)
{
	tls_context_free(certificate->context);
	certificate->context = NULL;
}

void
certificate_reload(struct certificate *certificate)
{
	char error[TLS_ERROR_SIZE];
	if (certificate->file == NULL)
		return;
	if (certificate->context == NULL)
		load_first(certificate);
	else if (tls_context_reload(&certificate->context, certificate->file, certificate->key, error))
		tell(certificate, "certificate-loaded", NULL);
	else
		tell(certificate, "certificate-kept", error);
}
