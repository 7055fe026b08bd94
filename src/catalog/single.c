/* One text outside a catalogue, which a voice speaks in place of the text of its reply. */
#include "catalog/generation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Room for two forms: their segments, octets and frames. */
enum { SINGLE_FORM = TEXT_PIECES * 2 * sizeof(struct segment) + TEXT_MAX + 512, SINGLE_SIZE = 2 * SINGLE_FORM };

static ftg_text *
refuse(struct ftg_refusal *refusal, enum ftg_id id, enum ftg_rule rule, const char *detail)
{
	*refusal = (struct ftg_refusal) { .language = "", .id = id, .rule = rule, .detail = detail };
	errno = EINVAL;
	return NULL;
}

static ftg_text *
make(enum ftg_id id, enum ftg_profile profile, const struct text form[FTG_ENCODINGS], bool folds)
{
	struct ftg_text *text = malloc(sizeof(*text) + SINGLE_SIZE + ARENA_SLACK);
	if (text == NULL)
		return NULL;
	*text = (struct ftg_text) { .id = id };
	text->arena = (struct arena) { .next = text->memory, .left = SINGLE_SIZE, .fixed = true };
	for (unsigned i = 0; i < FTG_ENCODINGS; i++)
		text->entry[i] = (struct entry) {
			.form = i == FTG_UTF8 || folds ? template_make(&text->arena, id, profile, &form[i], 1, false)
			                               : NULL,
			.spoken = "und",
			.origin = FTG_FROM_OVERLAY,
		};
	if (!text->arena.failed)
		return text;
	free(text);
	errno = ENOMEM;
	return NULL;
}

ftg_text *
ftg_text_compile(enum ftg_id id, enum ftg_profile profile, const char *text, size_t len, struct ftg_refusal *refusal)
{
	static const struct tag unknown = { .language = "und" };
	static _Thread_local struct violation violation;
	struct text form[FTG_ENCODINGS];
	if (ftg_row(id)->text[1] != NULL)
		return refuse(refusal, id, FTG_RULE_PLURALS, "a reply with a number needs a catalogue");
	if (len == 0)
		return refuse(refusal, id, FTG_RULE_EMPTY, "no text");
	if (!text_parse(&form[FTG_UTF8], id, text, len, &violation))
		return refuse(refusal, id, violation.rule, violation.detail);
	int folds = text_fold(&form[FTG_ASCII], &form[FTG_UTF8], id, &unknown, &violation);
	if (folds == -1)
		return refuse(refusal, id, violation.rule, violation.detail);
	if (folds == -2) {
		errno = ENOMEM;
		return NULL;
	}
	return make(id, profile == FTG_STRICT ? FTG_STRICT : FTG_PUBLISHED, form, folds == 1);
}

void
ftg_text_free(ftg_text *text)
{
	free(text);
}
