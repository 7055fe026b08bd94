/*
 * Fuzzes the reader of .mo files and all that a load makes of one: whatever the file holds, replies keep the contract.
 * The first octet chooses language and profile.
 */
#include "support/contract.h"
#include "support/one_language.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
look_at_refusal(void *context, const struct ftg_refusal *refusal)
{
	unsigned *refusals = context;
	(*refusals)++;
	if ((unsigned)refusal->id > FTG_IDS || (unsigned)refusal->rule >= FTG_RULES)
		abort();
	for (const char *c = refusal->detail; *c != '\0'; c++) {
		if (*c < 0x20 || *c > 0x7E)
			abort();
	}
}

static void
try_reply(const ftg_catalog *catalog, enum ftg_id id, enum ftg_encoding encoding)
{
	static char buf[FTG_REPLY_MAX];
	static const char argument[] = "#1\r\n250 (#1.00) \xC3\xA4\xE2\x80\xAE\xFF";
	struct ftg_voice voice = { .catalog = catalog, .language = FTG_CALLERS, .encoding = encoding };
	struct ftg_reply reply = ftg_reply_reason(id, argument, sizeof(argument), ERR_SECPOL_BLACK);
	const char *breach = contract_breach(&voice, &reply, buf, ftg_render(buf, &voice, &reply));
	if (breach != NULL) {
		fprintf(stderr, "%s: %s\n", ftg_row(id)->id, breach);
		abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const languages[] = { "de", "da", "ar", "ru" };
	unsigned refusals = 0;
	if (size == 0)
		return 0;
	ftg_catalog *catalog = one_language_of_octets((const char *)data + 1, size - 1, languages[data[0] % 4],
	    (enum ftg_profile)(data[0] / 4 % FTG_PROFILES), look_at_refusal, &refusals);
	if (catalog == NULL)
		abort();
	for (unsigned i = 0; i < FTG_IDS * FTG_ENCODINGS; i++) {
		enum ftg_id id = (enum ftg_id)(i / FTG_ENCODINGS);
		enum ftg_encoding encoding = (enum ftg_encoding)(i % FTG_ENCODINGS);
		if (ftg_catalog_origin(catalog, FTG_CALLERS, encoding, id) != FTG_FROM_TABLE)
			try_reply(catalog, id, encoding);
	}
	ftg_catalog_free(catalog);
	/* As own texts it can also have texts for users. */
	const struct ftg_compiled own = { "", languages[data[0] % 4], (const char *)data + 1, size - 1, true };
	refusals = 0;
	if (ftg_catalog_check_compiled(&own, look_at_refusal, &refusals) != (int)refusals)
		abort();
	return 0;
}
