/* Reads the templates of postfix.def. */
#include "mapd/postfix_template.h"

#include <string.h>

enum { NOTHING = FTG_IDS };

static const struct postfix_template templates[] = {
#define POSTFIX(codes, status, text, id) { codes, status, text, (enum ftg_id)(id) },
#include "mapd/postfix.def"
#undef POSTFIX
};

static const struct {
	const char *name;
	enum ftg_arg_kind kind;
} holes[POSTFIX_HOLES] = {
	[POSTFIX_END] = { "", FTG_ARG_NONE },
	[POSTFIX_ANY] = { "{*}", FTG_ARG_NONE },
	[POSTFIX_WORDS] = { "{text}", FTG_ARG_TEXT },
	[POSTFIX_IP] = { "{ip}", FTG_ARG_IP },
	[POSTFIX_SENDER] = { "{sender}", FTG_ARG_ADDRESS },
	[POSTFIX_RECIPIENT] = { "{recipient}", FTG_ARG_ADDRESS },
};

const struct postfix_template *
postfix_templates(size_t *count)
{
	*count = sizeof(templates) / sizeof(templates[0]);
	return templates;
}

const char *
postfix_piece_read(struct postfix_piece *piece, const char *text)
{
	*piece = (struct postfix_piece) { text, strcspn(text, "{"), POSTFIX_END };
	for (enum postfix_hole hole = POSTFIX_ANY; hole < POSTFIX_HOLES; hole++) {
		size_t len = strlen(holes[hole].name);
		if (strncmp(text + piece->len, holes[hole].name, len) == 0) {
			piece->hole = hole;
			return text + piece->len + len;
		}
	}
	return text + piece->len;
}

enum ftg_arg_kind
postfix_hole_kind(enum postfix_hole hole)
{
	return holes[hole].kind;
}
