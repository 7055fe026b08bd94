/* The certificate that a worker shows: loaded at its start, and again, beside the one in use, at a reload. */
#include "net/certificate.h"

#include <stddef.h>

#include "base/log/log.h"

enum { DAY = 24 * 60 * 60, DATE_SIZE = sizeof "2026-01-31T12:00:00Z" };

/* Days before the end at which a warning is due, the earliest first. */
static const int warning_days[] = { 30, 14, 7, 1, 0 };
enum { WARNINGS = sizeof warning_days / sizeof *warning_days };

static void
log_start(const struct certificate *certificate, const char *event)
{
	log_begin(event);
	log_put_number("worker", certificate->source.worker);
	log_put("file", certificate->source.file);
}

static void
log_result(const struct certificate *certificate, const char *event)
{
	log_start(certificate, event);
	if (certificate->error[0] != '\0')
		log_put("detail", certificate->error);
	log_end();
}

static void
note_new(struct certificate *certificate)
{
	certificate->expiry = tls_context_expiry(certificate->context);
	certificate->warnings = 0;
}

/* One that is out of date is better than none: other servers do not look at the date. */
static void
load_first(struct certificate *certificate)
{
	const struct certificate_source *source = &certificate->source;
	certificate->context = tls_context_new(source->file, source->key, source->tickets, certificate->error);
	if (certificate->context == NULL) {
		log_result(certificate, "certificate-failed");
		return;
	}
	note_new(certificate);
	if (!tls_context_is_current(certificate->context, certificate->error)) {
		log_result(certificate, "certificate-outdated");
		certificate->error[0] = '\0';
	} else {
		log_result(certificate, "certificate-loaded");
	}
}

void
certificate_open(struct certificate *certificate, const struct certificate_source *source)
{
	*certificate = (struct certificate) { .source = *source };
	if (source->file != NULL)
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
	const struct certificate_source *source = &certificate->source;
	if (source->file == NULL)
		return;
	certificate->error[0] = '\0';
	if (certificate->context == NULL) {
		load_first(certificate);
	} else if (tls_context_reload(
	               &certificate->context, source->file, source->key, source->tickets, certificate->error)) {
		note_new(certificate);
		log_result(certificate, "certificate-loaded");
	} else {
		log_result(certificate, "certificate-kept");
	}
}

/* How many of the warnings are due with so many seconds left. */
static unsigned
count_due(time_t left)
{
	unsigned due = 0;
	while (due < WARNINGS && left <= (time_t)warning_days[due] * DAY)
		due++;
	return due;
}

static void
log_expiry(const struct certificate *certificate, time_t left)
{
	char date[DATE_SIZE] = "";
	struct tm tm;
	if (gmtime_r(&certificate->expiry, &tm) != NULL)
		strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &tm);
	log_start(certificate, left > 0 ? "certificate-expiring" : "certificate-expired");
	if (left > 0)
		log_put_number("days", left / DAY);
	log_put("expires", date);
	log_end();
}

void
certificate_check(struct certificate *certificate, time_t now)
{
	if (certificate->expiry == 0)
		return;
	unsigned due = count_due(certificate->expiry - now);
	if (due > certificate->warnings)
		log_expiry(certificate, certificate->expiry - now);
	certificate->warnings = due;
}
