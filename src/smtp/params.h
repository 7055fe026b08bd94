/* The parameters of MAIL: SIZE (RFC 1870), BODY (RFC 6152), SMTPUTF8 (RFC 6531). */
#ifndef SMTP_PARAMS_H
#define SMTP_PARAMS_H

#include "smtp/envelope.h"

struct mail_params {
	uint64_t size; /* 0 where none is declared; UINT64_MAX for any number beyond that */
	bool utf8;
	unsigned seen; /* parameters, by their place in the table */
};

/* Reads what stands behind the path. False where a parameter is unknown, malformed or repeated: *bad is that one. */
bool params_read(struct mail_params *params, struct span text, struct span *bad);

/* Takes the next word out of text; no text where there is none. */
struct span params_next(struct span *text);

#endif
