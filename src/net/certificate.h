/* The certificate that a worker shows: loaded at its start, and again, beside the one in use, at a reload. */
#ifndef NET_CERTIFICATE_H
#define NET_CERTIFICATE_H

#include <time.h>

#include "net/tls_context.h"

/* The data that a worker needs to load its certificate. Files and tickets must outlive it. */
struct certificate_source {
	const char *file, *key;      /* PEM files; NULL: there is no TLS */
	struct tls_tickets *tickets; /* whose keys tickets have; NULL: those of the worker alone */
	unsigned worker;             /* its number, for the log */
};

struct certificate {
	struct certificate_source source;
	struct tls_context *context; /* NULL: none that can be used */
	time_t expiry;               /* of the certificate in use; 0: there is none */
	unsigned warnings;           /* that certificate_check() has logged of it */
	char error[TLS_ERROR_SIZE];  /* why the last load failed; "": it did not */
};

/* Loads it, and logs the result. */
void certificate_open(struct certificate *certificate, const struct certificate_source *source);
void certificate_close(struct certificate *certificate);

/* Loads it again, and logs the result. The old one stays in use if the new one is bad or not valid at this time. */
void certificate_reload(struct certificate *certificate);

/*
 * Logs once each that the certificate expires within 30, 14, 7 and 1 days, and that it has expired. To be called at
 * least once an hour. now is in seconds since 1970.
 */
void certificate_check(struct certificate *certificate, time_t now);

#endif
