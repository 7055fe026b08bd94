/* The certificate that a worker shows: loaded at its start, and again, beside the one in use, when it is told to. */
#ifndef NET_CERTIFICATE_H
#define NET_CERTIFICATE_H

#include "net/tls_context.h"

struct certificate {
	const char *file, *key;      /* PEM files, which must stay; NULL: there is no TLS */
	unsigned worker;             /* its number, for the log */
	struct tls_context *context; /* NULL: none that can be used */
};

/* Loads it, and logs what comes of that. */
void certificate_open(struct certificate *certificate, const char *file, const char *key, unsigned worker);
void certificate_close(struct certificate *certificate);

/* Loads it again. The old one is kept where the new one is bad, or out of date; the log tells. */
void certificate_reload(struct certificate *certificate);

#endif
