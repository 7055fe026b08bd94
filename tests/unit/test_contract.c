/* The contract of a reply, which no catalogue, no argument and no variable can break: over all IDs and languages. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "support/contract.h"
#include "support/folder.h"
#include "support/hostile.h"
#include "support/mofile.h"
#include "support/one_language.h"

/* Renders into a buffer of the very size that is asked for, so that a sanitizer sees an octet too many. */
static void
try_reply(const struct ftg_voice *voice, const struct ftg_reply *reply, uint64_t seed)
{
	char *buf = malloc(FTG_REPLY_MAX);
	size_t len = ftg_render(buf, voice, reply);
	const char *breach = contract_breach(voice, reply, buf, len);
	cr_assert_null(breach, "seed %llu, %s, language %d, encoding %d: %s\n%.*s", (unsigned long long)seed,
	    ftg_row(reply->id)->id, voice->language, (int)voice->encoding, breach, (int)len, buf);
	free(buf);
}

/* Each ID in each language and encoding, with so many hostile arguments, variables and second languages. */
static void
try_catalogue(const ftg_catalog *catalog, uint64_t seed, int rounds)
{
	static struct hostile_reply made;
	struct hostile hostile = { seed };
	int languages = ftg_catalog_languages(catalog);
	for (unsigned id = 0; id < FTG_IDS; id++) {
		for (ftg_lang language = 0; language < languages; language++) {
			for (int round = 0; round < rounds * FTG_ENCODINGS; round++) {
				hostile_reply(&hostile, (enum ftg_id)id, &made);
				struct ftg_voice voice = { .catalog = catalog,
					.language = language,
					.encoding = (enum ftg_encoding)(round % FTG_ENCODINGS),
					.bilingual = hostile_number(&hostile, 4) == 0,
					.second = (ftg_lang)hostile_number(&hostile, (unsigned long)languages + 2) - 1,
					.link = (enum ftg_link)hostile_number(&hostile, 3),
					.vars = hostile_number(&hostile, 8) > 0 ? &made.vars : NULL };
				try_reply(&voice, &made.reply, seed);
			}
		}
	}
}

Test(contract, holds_of_the_built_in_english)
{
	for (unsigned profile = 0; profile < FTG_PROFILES; profile++)
		try_catalogue(ftg_catalog_english((enum ftg_profile)profile), 1 + profile, 200);
}

Test(contract, holds_of_the_shipped_languages)
{
	for (unsigned profile = 0; profile < FTG_PROFILES; profile++) {
		struct refusals refusals = { 0 };
		struct ftg_sources sources = { .locale = BUILD_DIR "/locale", .profile = (enum ftg_profile)profile };
		ftg_catalog *catalog = ftg_catalog_open(&sources, refusals_take, &refusals);
		cr_assert_not_null(catalog);
		cr_expect_gt(ftg_catalog_languages(catalog), 3);
		cr_expect_eq(refusals.count, 0);
		try_catalogue(catalog, 10 + profile, 40);
		ftg_catalog_free(catalog);
	}
}

/* A catalogue of hostile texts, three plural forms each. */
static size_t
hostile_file(struct hostile *hostile, char *octets)
{
	static struct mofile file;
	static char text[3 * 1100];
	mofile_begin(&file, "Plural-Forms: nplurals=3; plural=n%3;\n");
	for (unsigned id = 0; id < FTG_IDS; id++) {
		size_t used = 0;
		for (int form = 0; form < (ftg_row((enum ftg_id)id)->text[1] != NULL ? 3 : 1); form++) {
			used += form > 0;
			used += hostile_text(hostile, (enum ftg_id)id, text + used, 1010);
			text[used] = '\0';
		}
		mofile_add(&file, (enum ftg_id)id, text, used);
	}
	return mofile_octets(&file, octets);
}

Test(contract, holds_of_hostile_catalogues)
{
	static const char *const languages[] = { "de", "fr", "da", "ru", "ja", "sr@latin", "ar" };
	static char octets[MOFILE_SIZE];
	unsigned accepted = 0, folded = 0, texts = 0;
	for (uint64_t seed = 100; seed < 220; seed++) {
		struct hostile hostile = { seed };
		size_t size = hostile_file(&hostile, octets);
		ftg_catalog *catalog = one_language_of_octets(
		    octets, size, languages[seed % 6], (enum ftg_profile)(seed / 6 % FTG_PROFILES), NULL, NULL);
		cr_assert_not_null(catalog);
		for (unsigned id = 0; id < FTG_IDS; id++) {
			texts++;
			accepted += ftg_catalog_origin(catalog, FTG_CALLERS, FTG_UTF8, (enum ftg_id)id) !=
			    FTG_FROM_TABLE;
			folded += ftg_catalog_origin(catalog, FTG_CALLERS, FTG_ASCII, (enum ftg_id)id) !=
			    FTG_FROM_TABLE;
		}
		try_catalogue(catalog, seed, 6);
		ftg_catalog_free(catalog);
	}
	cr_expect_gt(accepted, texts / 3, "%u of %u: too few texts are tried", accepted, texts);
	cr_expect_gt(folded, texts / 10, "%u of %u: too few texts are tried", folded, texts);
	cr_expect_lt(accepted, texts * 9 / 10, "%u of %u: too few texts are hostile", accepted, texts);
}

/* A text of 1,000 octets with as much as fits of arguments and variables, in many short lines or few long ones. */
static void
longest_text(enum ftg_id id, unsigned kind, char text[1001])
{
	static const char *const beginnings[][2] = {
		{ "${time}\n${client}\n${session}\n${contact}\n.\n.\n.\n", "%1$s\n%1$s\n%1$s\n%1$s\n.\n.\n.\n" },
		{ "${time}${client}${session}${contact}", "%1$s%1$s%1$s%1$s" },
		{ "a\na\na\na\na\na\na\na${time}${client}${session}", "%1$s\n${contact}\n${time}\n.\n.\n.\n." },
	};
	bool has_text = ftg_row(id)->args[0] != FTG_ARG_NONE && ftg_row(id)->args[0] != FTG_ARG_COUNT;
	const char *beginning = beginnings[kind][has_text];
	size_t len = strlen(beginning);
	memcpy(text, beginning, len);
	memset(text + len, 'y', 1000 - len);
	for (size_t at = len; kind == 2 && at < 1000; at += 251)
		text[at] = ' ';
	text[999] = 'y';
	text[1000] = '\0';
}

Test(contract, holds_of_the_longest_replies)
{
	static char argument[FTG_REPLY_MAX], value[300];
	size_t longest = 0;
	struct ftg_vars vars;
	memset(argument, 'x', sizeof(argument));
	memset(value, 'v', sizeof(value) - 1);
	for (unsigned var = 0; var < FTG_VARS; var++)
		vars.value[var] = value;
	for (unsigned i = 0; i < 3 * FTG_IDS; i++) {
		char text[1001], buf[FTG_REPLY_MAX];
		enum ftg_id id = (enum ftg_id)(i / 3);
		longest_text(id, i % 3, text);
		ftg_catalog *catalog = one_language_of_text(id, text, 1000, "de", FTG_STRICT, NULL, NULL);
		struct ftg_reply reply = ftg_reply_reason(id, argument, sizeof(argument), ERR_MAILBOX_QUOTA);
		for (unsigned choice = 0; choice < 8; choice++) {
			struct ftg_voice voice = { .catalog = catalog,
				.language = FTG_CALLERS,
				.second = (ftg_lang)(choice & 1),
				.bilingual = choice & 2,
				.encoding = (enum ftg_encoding)(choice >> 2),
				.vars = &vars };
			try_reply(&voice, &reply, i);
			size_t len = ftg_render(buf, &voice, &reply);
			longest = len > longest ? len : longest;
		}
		ftg_catalog_free(catalog);
	}
	cr_expect_gt(longest, 2300, "%zu octets: the longest are not tried", longest);
}

/* Writes two catalogues that say the longest in different words; utf8: with a letter that ASCII lacks. */
static void
write_longest(const char *const languages[2], unsigned kind, bool utf8)
{
	static struct mofile file;
	for (unsigned second = 0; second < 2; second++) {
		mofile_begin(&file, NULL);
		for (unsigned id = 0; id < FTG_IDS; id++) {
			char text[1001];
			longest_text((enum ftg_id)id, second ? kind / 3 : kind % 3, text);
			memcpy(text + 998, utf8 ? "\xD7\x90" : "yy", 2);
			text[997] = second ? 'z' : 'y';
			mofile_add(&file, (enum ftg_id)id, text, 1000);
		}
		mofile_write(&file, "locale", languages[second], "ftgate");
	}
}

/* The greatest length of all replies in two languages. */
static size_t
longest_of_two(const char *const languages[2], unsigned kind, struct ftg_voice voice)
{
	static char argument[FTG_REPLY_MAX];
	struct ftg_sources sources = { .locale = "locale", .profile = FTG_STRICT };
	ftg_catalog *catalog = ftg_catalog_open(&sources, NULL, NULL);
	size_t longest = 0;
	memset(argument, 'x', sizeof(argument));
	voice.catalog = catalog;
	voice.language = ftg_catalog_find(catalog, languages[0]);
	voice.second = ftg_catalog_find(catalog, languages[1]);
	for (unsigned id = 0; id < FTG_IDS; id++) {
		char buf[FTG_REPLY_MAX];
		struct ftg_reply reply = ftg_reply_reason((enum ftg_id)id, argument, 254, ERR_MAILBOX_QUOTA);
		try_reply(&voice, &reply, kind);
		size_t len = ftg_render(buf, &voice, &reply);
		longest = len > longest ? len : longest;
	}
	ftg_catalog_free(catalog);
	return longest;
}

/* Two languages that both say the longest, with a link, and from right to left: what FTG_REPLY_MAX is made for. */
Test(contract, holds_of_the_longest_replies_in_two_languages)
{
	static const char *const languages[2][2] = { { "de", "fr" }, { "ar", "he" } };
	static char value[300];
	struct ftg_vars vars;
	memset(value, 'v', sizeof(value) - 1);
	for (unsigned var = 0; var < FTG_VARS; var++)
		vars.value[var] = value;
	folder_make();
	for (unsigned rtl = 0; rtl < 2; rtl++) {
		size_t longest = 0;
		for (unsigned kind = 0; kind < 9; kind++) {
			struct ftg_voice voice = { .bilingual = true,
				.link = FTG_LINK_ALWAYS,
				.encoding = (enum ftg_encoding)rtl,
				.vars = &vars };
			write_longest(languages[rtl], kind, rtl);
			size_t len = longest_of_two(languages[rtl], kind, voice);
			longest = len > longest ? len : longest;
		}
		cr_expect_gt(longest, 4750, "%zu octets: the longest are not tried", longest);
	}
	folder_remove();
}
