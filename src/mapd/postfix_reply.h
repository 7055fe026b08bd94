/* Postfix's replies to rows of the catalogue: what Postfix says in its own words, as one of our replies. */
#ifndef MAPD_POSTFIX_REPLY_H
#define MAPD_POSTFIX_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include <ftgate/reply.h>

/* Octets within a reply of Postfix; not terminated. text is NULL and len 0 if the reply does not have them. */
struct postfix_slice {
	const char *text;
	size_t len;
};

/* How a row was found: by none, by the reply's enhanced status, or by Postfix's own text. */
enum postfix_match { POSTFIX_NO_ROW, POSTFIX_BY_STATUS, POSTFIX_BY_TEXT };

/* A reply of Postfix. All slices point into it. */
struct postfix_reply {
	struct postfix_slice code;   /* three digits, the first of them 4 or 5 */
	struct postfix_slice status; /* the enhanced status of the first line (RFC 2034) */
	enum postfix_match match;
	struct ftg_reply reply;         /* the row and its arguments, unless match is POSTFIX_NO_ROW */
	struct postfix_slice recipient; /* the recipient that the text names */
	struct postfix_slice domain;    /* of that recipient, as it was written; it may need IDNA */
};

/*
 * Parses a complete 4yz or 5yz reply, in the form in which Postfix looks it up in smtpd_reject_footer_maps: lines separated
 * by CRLF, without the last CRLF; a last CRLF or LF is ignored. The octets are hostile, for they hold what a client has
 * sent; the arguments are checked by their kind, or the row is not given (words may exceed ftg_arg_max(), to which they are
 * cut when they are rendered). Takes time linear in len. Returns false, with all of it empty, if this is no such reply.
 */
bool postfix_reply_parse(struct postfix_reply *reply, const char *octets, size_t len);

#endif
