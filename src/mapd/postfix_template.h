/* The templates of postfix.def, and the pieces that they consist of. */
#ifndef MAPD_POSTFIX_TEMPLATE_H
#define MAPD_POSTFIX_TEMPLATE_H

#include <stddef.h>

#include <ftgate/reply.h>

/* A row of postfix.def, which describes the members. id is FTG_IDS if the row is NOTHING. */
struct postfix_template {
	const char *codes;
	const char *status;
	const char *text;
	enum ftg_id id;
};

/* The rows of postfix.def in their order, *count of them. */
const struct postfix_template *postfix_templates(size_t *count);

/* What a hole may hold; POSTFIX_END is the end of the template. */
enum postfix_hole {
	POSTFIX_END,
	POSTFIX_ANY,
	POSTFIX_WORDS,
	POSTFIX_IP,
	POSTFIX_SENDER,
	POSTFIX_RECIPIENT,
	POSTFIX_HOLES
};

/* Octets of a template as they stand in a reply, and the hole behind them. */
struct postfix_piece {
	const char *literal;
	size_t len;
	enum postfix_hole hole;
};

/* Reads the piece at the start of a template's text. Returns the text behind it. An unknown hole is POSTFIX_END. */
const char *postfix_piece_read(struct postfix_piece *piece, const char *text);

/* The kind of argument that a hole holds; FTG_ARG_NONE if it is no argument. */
enum ftg_arg_kind postfix_hole_kind(enum postfix_hole hole);

#endif
