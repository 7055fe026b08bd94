/* The parameters of MAIL and RCPT: SIZE (RFC 1870), BODY (RFC 6152), SMTPUTF8 (RFC 6531), those of DSN (RFC 3461). */
#ifndef SMTP_PARAMS_H
#define SMTP_PARAMS_H

#include "smtp/envelope.h"

enum params_command { PARAMS_MAIL, PARAMS_RCPT };

/*
 * All zero before params_read(), except dsn, and utf8 of RCPT, which is that of its MAIL. Texts point into the command
 * line.
 */
struct params {
	bool dsn;      /* RET, ENVID, NOTIFY and ORCPT are permitted; otherwise they are unknown */
	uint64_t size; /* 0: not declared; UINT64_MAX: this or any larger number */
	bool utf8;
	bool eightbit;
	enum dsn_return ret;
	struct span envid;
	unsigned notify; /* a set of enum dsn_notify */
	struct span orcpt;
	unsigned seen; /* bit i: the parameter in row i of the table */
};

/* Parses what follows the path. False if a parameter is unknown, malformed or repeated; *bad is that parameter. */
bool params_read(struct params *params, enum params_command command, struct span text, struct span *bad);

/* Removes the next word from text and returns it; its text is NULL if there is none. */
struct span params_next(struct span *text);

#endif
