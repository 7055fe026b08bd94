/* Own texts for users and for domains: which text an audience gets, in which order, and that all of them keep the contract. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/contract.h"
#include "support/folder.h"
#include "support/hostile.h"
#include "support/mofile.h"

static struct mofile file;

/* Adds a text under "ID|user". */
static void
add_for_users(enum ftg_id id, const char *text)
{
	char key[512];
	const struct ftg_row *row = ftg_row(id);
	int used = snprintf(key, sizeof(key), "%s|user\004%s", row->id, row->text[0]);
	if (row->text[1] != NULL)
		used += 1 + snprintf(key + used + 1, sizeof(key) - (size_t)used - 1, "%s", row->text[1]);
	mofile_add_key(&file, key, (size_t)used, text, strlen(text));
}

/* Writes a catalogue with a text for everyone and one for users, of which each can be NULL. */
static void
say(const char *folder, const char *language, enum ftg_id id, const char *everyone, const char *users)
{
	mofile_begin(&file, MOFILE_HEADER);
	if (everyone != NULL)
		mofile_add_text(&file, id, everyone);
	if (users != NULL)
		add_for_users(id, users);
	mofile_write(&file, folder, language, strcmp(folder, "locale") == 0 ? "ftgate" : "ftgate-local");
}

static ftg_catalog *
load(const char *const *preferences, struct refusals *refusals)
{
	struct ftg_sources sources = { .locale = "locale", .overlay = "overlay", .preferences = preferences };
	refusals->count = 0;
	ftg_catalog *catalog = ftg_catalog_open(&sources, refusals_take, refusals);
	cr_assert_not_null(catalog);
	return catalog;
}

static struct ftg_voice
voice(const ftg_catalog *catalog, const char *preference, enum ftg_audience audience, const char *domain)
{
	return (struct ftg_voice) {
		.catalog = catalog,
		.language = ftg_catalog_find(catalog, preference),
		.encoding = FTG_ASCII,
		.audience = audience,
		.domain = ftg_catalog_domain(catalog, domain),
	};
}

/* The words of a reply of no arguments. */
static const char *
words(const struct ftg_voice *voice, enum ftg_id id)
{
	static char line[FTG_REPLY_MAX + 1];
	struct ftg_reply reply = ftg_reply(id);
	line[ftg_render(line, voice, &reply)] = '\0';
	*strstr(line, " (#") = '\0';
	return line + strlen("250 2.5.0 ");
}

static const char *
said(const ftg_catalog *catalog, const char *preference, enum ftg_audience audience, const char *domain)
{
	const struct ftg_voice v = voice(catalog, preference, audience, domain);
	return words(&v, ERR_SMTP_OK);
}

TestSuite(variant, .init = folder_make, .fini = folder_remove);

Test(variant, for_users_is_spoken_to_users_only)
{
	struct refusals refusals;
	say("locale", "de", ERR_SMTP_OK, "de", NULL);
	say("overlay", "de", ERR_SMTP_OK, NULL, "Kunde");
	ftg_catalog *catalog = load(NULL, &refusals);
	cr_expect_eq(refusals.count, 0);
	cr_expect_str_eq(said(catalog, "de", FTG_EVERYONE, ""), "de");
	cr_expect_str_eq(said(catalog, "de", FTG_USERS, ""), "Kunde");
	const struct ftg_voice user = voice(catalog, "de", FTG_USERS, ""),
	                       other = voice(catalog, "de", FTG_EVERYONE, "");
	cr_expect_eq(ftg_voice_origin(&user, ERR_SMTP_OK), FTG_FROM_OVERLAY);
	cr_expect_eq(ftg_voice_origin(&other, ERR_SMTP_OK), FTG_FROM_TRANSLATION);
	cr_expect_str_eq(ftg_voice_spoken(&user, ERR_SMTP_OK), "de");
	cr_expect_str_eq(
	    words(&user, ERR_SMTP_AUTHOK), "Auth OK", "a reply without a text for users is that for everyone");
	ftg_catalog_free(catalog);
}

Test(variant, in_a_translation_is_refused)
{
	struct refusals refusals;
	say("locale", "de", ERR_SMTP_OK, "de", "Kunde");
	ftg_catalog *catalog = load(NULL, &refusals);
	cr_assert_eq(refusals.count, 1);
	cr_expect_eq(refusals.at[0].rule, FTG_RULE_UNKNOWN);
	cr_expect_str_eq(refusals.at[0].detail, "ERR_SMTP_OK|user");
	cr_expect_str_eq(said(catalog, "de", FTG_USERS, ""), "de");
	ftg_catalog_free(catalog);
}

Test(variant, keeps_the_rules_of_its_row)
{
	struct refusals refusals;
	mofile_begin(&file, MOFILE_HEADER);
	add_for_users(ERR_SMTP_OK, "%s");
	add_for_users(ERR_SMTP_RCPTOK, "250 gut");
	mofile_add_key(&file, "ERR_SMTP_OK|guest\004Ok", 20, "x", 1);
	mofile_add_key(&file, "ERR_SMTP_AUTHOK|user\004old", 24, "x", 1);
	mofile_write(&file, "overlay", "de", "ftgate-local");
	ftg_catalog *catalog = load(NULL, &refusals);
	cr_assert_eq(refusals.count, 4);
	cr_expect_eq(refusals.at[0].rule, FTG_RULE_ARGUMENT);
	cr_expect_eq(refusals.at[0].id, ERR_SMTP_OK);
	cr_expect_eq(refusals.at[1].rule, FTG_RULE_CODE);
	cr_expect_eq(refusals.at[2].rule, FTG_RULE_UNKNOWN);
	cr_expect_str_eq(refusals.at[2].detail, "ERR_SMTP_OK|guest");
	cr_expect_eq(refusals.at[3].rule, FTG_RULE_STALE);
	cr_expect_eq(refusals.at[3].id, ERR_SMTP_AUTHOK);
	cr_expect_str_eq(said(catalog, "de", FTG_USERS, ""), "Ok");
	ftg_catalog_free(catalog);
}

Test(variant, of_a_domain_precedes_the_server_and_users_precede_everyone)
{
	struct refusals refusals;
	say("locale", "de", ERR_SMTP_OK, "shipped", NULL);
	say("overlay", "de", ERR_SMTP_OK, "server", "server user");
	say("overlay/@one.example", "de", ERR_SMTP_OK, "domain", "domain user");
	say("overlay/@two.example", "de", ERR_SMTP_OK, "domain", NULL);
	say("overlay/@three.example", "de", ERR_SMTP_OK, NULL, "domain user");
	say("overlay/@four.example", "de", ERR_SMTP_AUTHOK, "other", NULL);
	ftg_catalog *catalog = load(NULL, &refusals);
	cr_expect_eq(refusals.count, 0);
	cr_expect_eq(ftg_catalog_domains(catalog), 4);
	cr_expect_str_eq(said(catalog, "de", FTG_USERS, "one.example"), "domain user");
	cr_expect_str_eq(said(catalog, "de", FTG_EVERYONE, "one.example"), "domain");
	cr_expect_str_eq(said(catalog, "de", FTG_USERS, "two.example"), "domain");
	cr_expect_str_eq(said(catalog, "de", FTG_USERS, "three.example"), "domain user");
	cr_expect_str_eq(said(catalog, "de", FTG_EVERYONE, "three.example"), "server");
	cr_expect_str_eq(said(catalog, "de", FTG_USERS, "four.example"), "server user");
	cr_expect_str_eq(said(catalog, "de", FTG_EVERYONE, "four.example"), "server");
	cr_expect_str_eq(said(catalog, "de", FTG_USERS, "five.example"), "server user");
	cr_expect_str_eq(said(catalog, "de", FTG_EVERYONE, "five.example"), "server");
	cr_expect_str_eq(said(catalog, "C", FTG_USERS, "one.example"), "Ok");
	ftg_catalog_free(catalog);
}

Test(variant, gives_all_of_a_language_before_the_next_one)
{
	static const char *const preferences[] = { "de_AT:fr", NULL };
	struct refusals refusals;
	say("locale", "de", ERR_SMTP_OK, "de", NULL);
	say("locale", "fr", ERR_SMTP_OK, "fr", NULL);
	say("overlay", "fr", ERR_SMTP_OK, "server fr", NULL);
	say("overlay", "de_AT", ERR_SMTP_AUTHOK, "server at", NULL);
	say("overlay/@one.example", "fr", ERR_SMTP_OK, "domain fr", "user fr");
	say("overlay/@one.example", "de", ERR_SMTP_AUTHOK, "domain de", NULL);
	ftg_catalog *catalog = load(preferences, &refusals);
	cr_expect_str_eq(said(catalog, "de_AT:fr", FTG_USERS, "one.example"), "de");
	cr_expect_str_eq(said(catalog, "de_AT:fr", FTG_EVERYONE, ""), "de");
	cr_expect_str_eq(said(catalog, "fr", FTG_USERS, "one.example"), "user fr");
	const struct ftg_voice at = voice(catalog, "de_AT:fr", FTG_EVERYONE, "one.example"),
	                       de = voice(catalog, "de", FTG_EVERYONE, "one.example");
	cr_expect_str_eq(words(&at, ERR_SMTP_AUTHOK), "server at");
	cr_expect_str_eq(words(&de, ERR_SMTP_AUTHOK), "domain de");
	ftg_catalog_free(catalog);
}

Test(variant, can_be_in_a_language_that_only_a_domain_has)
{
	struct refusals refusals;
	say("locale", "de", ERR_SMTP_OK, "de", NULL);
	say("overlay/@one.example", "la", ERR_SMTP_OK, "bene", NULL);
	ftg_catalog *catalog = load(NULL, &refusals);
	cr_expect_geq(ftg_catalog_find(catalog, "la"), 0);
	cr_expect_str_eq(said(catalog, "la", FTG_EVERYONE, "one.example"), "bene");
	cr_expect_str_eq(said(catalog, "la", FTG_EVERYONE, ""), "Ok");
	ftg_catalog_free(catalog);
}

Test(variant, of_a_domain_is_found_by_its_a_label_alone)
{
	static const char *const names[] = { "", "one", "One.example", "one.example.", "nine.example", "two.exampl" };
	struct refusals refusals;
	say("overlay/@one.example", "de", ERR_SMTP_OK, "one", NULL);
	say("overlay/@two.example", "de", ERR_SMTP_OK, "two", NULL);
	say("overlay/@UPPER.example", "de", ERR_SMTP_OK, "upper", NULL);
	say("overlay/@.example", "de", ERR_SMTP_OK, "dot", NULL);
	say("overlay/one.example", "de", ERR_SMTP_OK, "no at", NULL);
	ftg_catalog *catalog = load(NULL, &refusals);
	cr_expect_eq(ftg_catalog_domains(catalog), 2);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		cr_expect_eq(ftg_catalog_domain(catalog, names[i]), 0, "%s", names[i]);
	cr_expect_str_eq(said(catalog, "de", FTG_EVERYONE, "one.example"), "one");
	cr_expect_str_eq(said(catalog, "de", FTG_EVERYONE, "two.example"), "two");
	ftg_catalog_free(catalog);
}

Test(variant, of_a_domain_that_cannot_be_read_is_refused_alone)
{
	struct refusals refusals;
	say("overlay", "de", ERR_SMTP_OK, "Server", NULL);
	say("overlay/@a.example", "de", ERR_SMTP_OK, "A", NULL);
	FILE *no_folder = fopen("overlay/@b.example", "w");
	cr_assert_not_null(no_folder);
	fclose(no_folder);
	ftg_catalog *catalog = load(NULL, &refusals);
	cr_expect_eq(refusals.count, 1);
	cr_expect_eq(refusals.at[0].rule, FTG_RULE_FILE);
	cr_expect_str_eq(said(catalog, "de", FTG_EVERYONE, "a.example"), "A");
	cr_expect_str_eq(said(catalog, "de", FTG_EVERYONE, "b.example"), "Server");
	ftg_catalog_free(catalog);
}

Test(variant, of_a_reason_is_spoken_inside_its_reply)
{
	struct refusals refusals;
	char line[FTG_REPLY_MAX + 1];
	const struct ftg_reply reply = ftg_reply_reason(ERR_SMTP_ACCESSDENIED, "a", 1, ERR_SECPOL_NO_ACCESS);
	say("locale", "de", ERR_SMTP_OK, "de", NULL);
	say("overlay/@one.example", "de", ERR_SECPOL_NO_ACCESS, NULL, "fragen Sie uns");
	ftg_catalog *catalog = load(NULL, &refusals);
	const struct ftg_voice user = voice(catalog, "de", FTG_USERS, "one.example"),
	                       other = voice(catalog, "de", FTG_EVERYONE, "one.example");
	line[ftg_render(line, &user, &reply)] = '\0';
	cr_expect_not_null(strstr(line, "fragen Sie uns (#2.01)"), "%s", line);
	line[ftg_render(line, &other, &reply)] = '\0';
	cr_expect_null(strstr(line, "fragen"), "%s", line);
	ftg_catalog_free(catalog);
}

Test(variant, says_truly_when_it_falls_back)
{
	struct refusals refusals;
	const struct ftg_vars vars = { { [FTG_VAR_HELP] = "https://h.example/{lang}#{ref}" } };
	const struct ftg_reply reply = ftg_reply_text(ERR_SMTP_RELAYFAIL, "a", 1);
	char line[FTG_REPLY_MAX + 1];
	say("locale", "ja", ERR_SMTP_RELAYFAIL, "\xD0\x94 %s", NULL);
	say("locale", "en", ERR_SMTP_RELAYFAIL, "no relay for %s", NULL);
	say("overlay/@one.example", "ja", ERR_SMTP_RELAYFAIL, "dame %s", NULL);
	ftg_catalog *catalog = load(NULL, &refusals);
	struct ftg_voice v = voice(catalog, "ja", FTG_EVERYONE, "");
	v.vars = &vars;
	v.link = FTG_LINK_FALLBACK;
	line[ftg_render(line, &v, &reply)] = '\0';
	cr_expect_not_null(strstr(line, "no relay for a https://h.example/ja#"), "%s", line);
	cr_expect_str_eq(ftg_voice_spoken(&v, ERR_SMTP_RELAYFAIL), "en");
	v.domain = ftg_catalog_domain(catalog, "one.example");
	line[ftg_render(line, &v, &reply)] = '\0';
	cr_expect_not_null(strstr(line, "dame a (#"), "%s", line);
	cr_expect_str_eq(ftg_voice_spoken(&v, ERR_SMTP_RELAYFAIL), "ja");
	ftg_catalog_free(catalog);
}

Test(variant, of_an_invalid_voice_is_that_of_the_language)
{
	struct refusals refusals;
	say("overlay", "de", ERR_SMTP_OK, "de", "Kunde");
	say("overlay/@one.example", "de", ERR_SMTP_OK, "one", NULL);
	ftg_catalog *catalog = load(NULL, &refusals);
	struct ftg_voice v = voice(catalog, "de", FTG_EVERYONE, "");
	for (int domain = -2; domain < 5; domain++) {
		v.domain = domain;
		cr_expect_str_eq(words(&v, ERR_SMTP_OK), domain == 1 ? "one" : "de", "%d", domain);
	}
	v = (struct ftg_voice) { .domain = 1, .audience = FTG_USERS };
	cr_expect_str_eq(words(&v, ERR_SMTP_OK), "Ok");
	ftg_catalog_free(catalog);
}

/* Writes hostile texts for everyone and for users. */
static void
write_hostile(struct hostile *hostile, const char *folder, const char *language)
{
	static char text[1100];
	mofile_begin(&file, MOFILE_HEADER);
	for (unsigned id = 0; id < FTG_IDS; id += 1 + (unsigned)hostile_number(hostile, 5)) {
		text[hostile_text(hostile, (enum ftg_id)id, text, 1010)] = '\0';
		add_for_users((enum ftg_id)id, text);
	}
	for (unsigned id = 0; id < FTG_IDS / 2; id += 1 + (unsigned)hostile_number(hostile, 9)) {
		text[hostile_text(hostile, (enum ftg_id)id, text, 1010)] = '\0';
		mofile_add_text(&file, (enum ftg_id)id, text);
	}
	mofile_write(&file, folder, language, "ftgate-local");
}

Test(variant, keeps_the_contract_whatever_its_texts_are)
{
	static struct hostile_reply made;
	static const char *const domains[] = { "", "one.example", "two.example" };
	unsigned own = 0;
	for (uint64_t seed = 1; seed <= 12; seed++) {
		struct hostile hostile = { seed };
		write_hostile(&hostile, "overlay", "de");
		write_hostile(&hostile, "overlay/@one.example", "de");
		write_hostile(&hostile, "overlay/@two.example", "ar");
		struct ftg_sources sources = { .locale = BUILD_DIR "/locale", .overlay = "overlay" };
		ftg_catalog *catalog = ftg_catalog_open(&sources, NULL, NULL);
		cr_assert_not_null(catalog);
		for (unsigned round = 0; round < 8 * FTG_IDS; round++) {
			char *buf = malloc(FTG_REPLY_MAX);
			enum ftg_id id = (enum ftg_id)(round / 8);
			struct ftg_voice v = voice(catalog, hostile_number(&hostile, 2) == 0 ? "de" : "ar",
			    (enum ftg_audience)(round % 2), domains[hostile_number(&hostile, 3)]);
			hostile_reply(&hostile, id, &made);
			v.encoding = (enum ftg_encoding)(round / 2 % 2);
			v.bilingual = hostile_number(&hostile, 4) == 0;
			v.second = ftg_catalog_find(catalog, "ar");
			v.vars = &made.vars;
			size_t len = ftg_render(buf, &v, &made.reply);
			const char *breach = contract_breach(&v, &made.reply, buf, len);
			cr_assert_null(breach, "seed %llu, %s: %s\n%.*s", (unsigned long long)seed, ftg_row(id)->id,
			    breach, (int)len, buf);
			own += ftg_voice_origin(&v, id) == FTG_FROM_OVERLAY;
			free(buf);
		}
		ftg_catalog_free(catalog);
	}
	cr_expect_gt(own, 1000, "%u: too few own texts are tried", own);
}

/* ---- one text outside a catalogue ---- */

Test(single, is_spoken_in_place_of_its_reply_alone)
{
	struct ftg_refusal refusal;
	char line[FTG_REPLY_MAX + 1];
	ftg_text *text = ftg_text_compile(ERR_SMTP_REJECT_IP, FTG_STRICT, "go %s", 5, &refusal);
	cr_assert_not_null(text);
	struct ftg_voice v = { .catalog = ftg_catalog_english(FTG_STRICT), .text = text };
	const struct ftg_reply reply = ftg_reply_text(ERR_SMTP_REJECT_IP, "192.0.2.1", 9);
	line[ftg_render(line, &v, &reply)] = '\0';
	cr_expect_str_eq(strstr(line, "go "), "go 192.0.2.1 (#4.45)\r\n");
	cr_expect_str_eq(ftg_voice_spoken(&v, ERR_SMTP_REJECT_IP), "und");
	cr_expect_str_eq(ftg_voice_spoken(&v, ERR_SMTP_OK), "en");
	cr_expect_str_eq(words(&v, ERR_SMTP_OK), "Ok");
	ftg_text_free(text);
	ftg_text_free(NULL);
}

Test(single, without_an_ascii_form_leaves_the_ascii_wire_to_the_catalogue)
{
	struct ftg_refusal refusal;
	ftg_text *text = ftg_text_compile(ERR_SMTP_OK, FTG_PUBLISHED, "\xD0\x94\xD0\xB0", 4, &refusal);
	struct ftg_voice v = { .text = text };
	cr_assert_not_null(text);
	cr_expect_str_eq(words(&v, ERR_SMTP_OK), "Ok");
	v.encoding = FTG_UTF8;
	cr_expect_str_eq(words(&v, ERR_SMTP_OK), "\xD0\x94\xD0\xB0");
	ftg_text_free(text);
}

Test(single, of_a_number_or_of_no_words_is_refused)
{
	struct ftg_refusal refusal;
	cr_expect_null(ftg_text_compile(ERR_POP_MESSAGECOUNT, FTG_PUBLISHED, "%lu", 3, &refusal));
	cr_expect_eq(refusal.rule, FTG_RULE_PLURALS);
	cr_expect_null(ftg_text_compile(ERR_SMTP_OK, FTG_PUBLISHED, "", 0, &refusal));
	cr_expect_eq(refusal.rule, FTG_RULE_EMPTY);
	cr_expect_null(ftg_text_compile(ERR_SMTP_334, FTG_PUBLISHED, "x", 1, &refusal));
	cr_expect_eq(refusal.rule, FTG_RULE_LITERAL);
}

Test(single, keeps_the_contract_whatever_its_words_are)
{
	static struct hostile_reply made;
	static char octets[1100];
	unsigned compiled = 0;
	for (uint64_t seed = 1; seed <= 40 * FTG_IDS; seed++) {
		struct hostile hostile = { seed };
		struct ftg_refusal refusal;
		enum ftg_id id = (enum ftg_id)(seed % FTG_IDS);
		enum ftg_profile profile = (enum ftg_profile)(seed / FTG_IDS % FTG_PROFILES);
		size_t len = hostile_text(&hostile, id, octets, 1010);
		ftg_text *text = ftg_text_compile(id, profile, octets, len, &refusal);
		compiled += text != NULL;
		hostile_reply(&hostile, id, &made);
		for (unsigned encoding = 0; encoding < FTG_ENCODINGS; encoding++) {
			char *buf = malloc(FTG_REPLY_MAX);
			const struct ftg_voice v = { .catalog = ftg_catalog_english(profile),
				.encoding = (enum ftg_encoding)encoding,
				.vars = &made.vars,
				.text = text };
			len = ftg_render(buf, &v, &made.reply);
			const char *breach = contract_breach(&v, &made.reply, buf, len);
			cr_assert_null(breach, "seed %llu, %s: %s\n%.*s", (unsigned long long)seed, ftg_row(id)->id,
			    breach, (int)len, buf);
			free(buf);
		}
		ftg_text_free(text);
	}
	cr_expect_gt(compiled, 5 * FTG_IDS, "%u: too few texts are tried", compiled);
}
