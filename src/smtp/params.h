/* The parameters of MAIL and RCPT: SIZE (RFC 1870), BODY (RFC 6152), SMTPUTF8 (RFC 6531), those of DSN (RFC 3461). */
#ifndef SMTP_PARAMS_H
#define SMTP_PARAMS_H

#include "smtp/envelope.h"

enum params_command { PARAMS_MAIL, PARAMS_RCPT };

/* All zero before they are read, but for utf8 of RCPT, which is that of its MAIL. Texts stand in the line. */
struct params {
	uint64_t size; /* 0 where none is declared; UINT64_MAX for any number beyond that */
	bool utf8;
	bool eightbit;
	enum dsn_return ret;
	struct span envid;
	unsigned notify; /* a set of enum dsn_notify */
	struct span orcpt;
	unsigned seen; /* parameters, by their place in the table */
};

/* Reads what stands behind the path. False where a parameter is unknown, malformed or repeated: *bad is that one. */
bool params_read(struct params *params, enum params_command command, struct span text, struct span *bad);

/* Takes the next word out of text; no text where there is none. */
struct span params_next(struct span *text);

#endif
