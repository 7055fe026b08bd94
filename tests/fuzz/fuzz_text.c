/*
 * Fuzzes the compiler of texts, folding and rendering: an input is an ID, a language, how to speak, and behind them,
 * with 0x1E between, a text, two arguments and the value of each variable.
 */
#include "support/contract.h"
#include "support/one_language.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD = 3, SEPARATOR = 0x1E, FIELD = 8192 };

struct field {
	char octets[FIELD];
	size_t len;
};

/* The next field, with a NUL behind it. */
static void
take_field(struct field *field, const uint8_t **at, const uint8_t *end)
{
	const uint8_t *stop = *at < end ? memchr(*at, SEPARATOR, (size_t)(end - *at)) : NULL;
	size_t len = (size_t)((stop != NULL ? stop : end) - *at);
	field->len = len < FIELD - 1 ? len : FIELD - 1;
	if (field->len > 0)
		memcpy(field->octets, *at, field->len);
	field->octets[field->len] = '\0';
	*at = stop != NULL ? stop + 1 : end;
}

/* What is accepted at load is what the check of a single text accepts. */
static void
compare_with_check(const ftg_catalog *catalog, enum ftg_id id, const char *language, const struct field *text)
{
	struct ftg_refusal refusal;
	bool used = ftg_catalog_origin(catalog, FTG_CALLERS, FTG_UTF8, id) != FTG_FROM_TABLE;
	bool fit = ftg_text_check(id, language, text->octets, text->len + 1, &refusal) == 0;
	if (ftg_row(id)->text[1] == NULL && used != fit)
		abort();
	(void)ftg_text_remarks(id, language, NULL, text->octets, text->len);
}

static void
render(struct ftg_voice voice, const struct ftg_reply *reply)
{
	char *buf = malloc(FTG_REPLY_MAX);
	for (unsigned i = 0; buf != NULL && i < 4; i++) {
		voice.encoding = (enum ftg_encoding)(i % 2);
		voice.bilingual = i / 2;
		const char *breach = contract_breach(&voice, reply, buf, ftg_render(buf, &voice, reply));
		if (breach != NULL) {
			fprintf(stderr, "%s, encoding %u: %s\n", ftg_row(reply->id)->id, i % 2, breach);
			abort();
		}
	}
	free(buf);
}

/* The text outside a catalogue, in its place. */
static void
render_single(struct ftg_voice voice, const struct ftg_reply *reply, const struct field *text)
{
	struct ftg_refusal refusal;
	ftg_text *single = ftg_text_compile(
	    reply->id, ftg_catalog_profile(voice.catalog), text->octets, text->len, &refusal);
	voice.text = single;
	render(voice, reply);
	ftg_text_free(single);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const languages[] = { "de", "da", "ar", "it", "ru", "ja", "sr@latin", "en" };
	static struct field text, argument[FTG_ARGS_MAX], value;
	const uint8_t *at = data + HEAD, *end = data + size;
	if (size < HEAD)
		return 0;
	enum ftg_id id = (enum ftg_id)(data[0] % FTG_IDS);
	const char *language = languages[data[1] % 8];
	take_field(&text, &at, end);
	ftg_catalog *catalog = one_language_of_text(
	    id, text.octets, text.len, language, (enum ftg_profile)(data[1] / 8 % FTG_PROFILES), NULL, NULL);
	if (catalog == NULL)
		abort();
	compare_with_check(catalog, id, language, &text);
	struct ftg_reply reply = ftg_reply(id);
	for (unsigned i = 0; i < FTG_ARGS_MAX; i++) {
		take_field(&argument[i], &at, end);
		reply.arg[i] = (struct ftg_arg) {
			.text = argument[i].octets, .len = argument[i].len, .number = data[2]
		};
	}
	take_field(&value, &at, end);
	struct ftg_vars vars;
	for (unsigned var = 0; var < FTG_VARS; var++)
		vars.value[var] = value.octets;
	struct ftg_voice voice = { .catalog = catalog, .language = FTG_CALLERS, .vars = data[2] & 1 ? &vars : NULL };
	voice.link = data[2] & 2 ? FTG_LINK_ALWAYS : FTG_LINK_NEVER;
	render(voice, &reply);
	render_single(voice, &reply, &text);
	ftg_catalog_free(catalog);
	return 0;
}
