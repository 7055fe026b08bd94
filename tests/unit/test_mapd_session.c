/* A client of the map server: look-ups in netstrings, in any pieces. */
#include "mapd/session.h"

#include <criterion/criterion.h>
#include <ftgate/catalog.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/netstring.h"
#include "support/folder.h"
#include "support/mofile.h"

static const char unknown[] =
    "550 5.1.1 <a@b.example>: Recipient address rejected: User unknown in virtual mailbox table";

static struct {
	struct mapd_outlet outlet;
	char sent[1 << 20], events[1024];
	size_t count, room;
	struct ftg_voice voice;
} out;

static struct stats_slot stats;
static struct mapd_config config;
static struct mapd_session *session;
static char frames[1 << 16];
static size_t frames_len;

static void
take(struct mapd_outlet *outlet, const char *octets, size_t len)
{
	(void)outlet;
	cr_assert_leq(len, sizeof out.sent - out.count - 1);
	memcpy(out.sent + out.count, octets, len);
	out.count += len;
	out.sent[out.count] = '\0';
}

static bool
is_full(struct mapd_outlet *outlet)
{
	(void)outlet;
	return out.count >= out.room;
}

static struct ftg_voice
voice_of(struct mapd_outlet *outlet)
{
	(void)outlet;
	return out.voice;
}

/* "event key=value" */
static void
note(struct mapd_outlet *outlet, const char *event, ...)
{
	va_list pairs;
	(void)outlet;
	va_start(pairs, event);
	const char *key = va_arg(pairs, const char *), *value = va_arg(pairs, const char *);
	size_t len = strlen(out.events);
	snprintf(out.events + len, sizeof out.events - len, "%s %s=%s;", event, key, value);
	va_end(pairs);
}

static void
set_up(void)
{
	out.outlet = (struct mapd_outlet) { take, is_full, voice_of, note };
	out.room = sizeof out.sent;
	out.voice = (struct ftg_voice) { .encoding = FTG_ASCII };
	config = (struct mapd_config) { .stats = &stats };
	session = mapd_session_new(&config, &out.outlet);
	cr_assert_not_null(session);
}

static void
tear_down(void)
{
	mapd_session_free(session);
}

TestSuite(mapd, .init = set_up, .fini = tear_down);

static void
add(const char *map, const char *key)
{
	frames_len += (size_t)snprintf(
	    frames + frames_len, sizeof frames - frames_len, "%zu:%s %s,", strlen(map) + 1 + strlen(key), map, key);
}

static size_t
feed(const char *octets)
{
	return mapd_session_feed(session, octets, strlen(octets));
}

#define FOUND "38:OK a@b.example unknown mailbox (#4.28),"

Test(mapd, answers_each_look_up_in_order)
{
	add("footer", unknown);
	add("footer", "550 whatever");
	add("filter", unknown);
	cr_expect_eq(mapd_session_feed(session, frames, frames_len), frames_len);
	cr_expect_str_eq(out.sent, FOUND "9:NOTFOUND ,48:OK 550 5.1.1 a@b.example unknown mailbox (#4.28),");
	cr_expect_eq(stats.value[STAT_LOOKUP_FOUND], 2);
	cr_expect_eq(stats.value[STAT_LOOKUP_NOT_FOUND], 1);
	cr_expect_eq(stats.reply[ERR_SMTP_ADDRESS_UNKNOWN], 2);
}

Test(mapd, text_of_a_named_row_has_neither_code_nor_status)
{
	add("text", "4.28\na@b.example");
	add("text", "4.44\na@b.example\n192.0.2.1");
	add("text", "4.44\na@b.example");
	add("text", unknown);
	add("footer", "4.28\na@b.example");
	cr_expect_eq(mapd_session_feed(session, frames, frames_len), frames_len);
	cr_expect_str_eq(out.sent,
	    FOUND "46:OK [192.0.2.1] DNS Blackhole Rejection (#4.44),"
	          "9:NOTFOUND ,9:NOTFOUND ,9:NOTFOUND ,");
	cr_expect_eq(stats.reply[ERR_SMTP_REJECT_RBL], 1);
}

Test(mapd, look_ups_come_in_any_pieces)
{
	for (int i = 0; i < 8; i++)
		add("footer", unknown);
	for (size_t piece = 1; piece <= frames_len; piece++) {
		out.count = 0;
		for (size_t at = 0; at < frames_len; at += piece) {
			size_t len = frames_len - at < piece ? frames_len - at : piece;
			cr_assert_eq(mapd_session_feed(session, frames + at, len), len);
		}
		cr_assert_str_eq(out.sent, FOUND FOUND FOUND FOUND FOUND FOUND FOUND FOUND, "%zu", piece);
	}
}

Test(mapd, reads_no_further_while_the_client_reads_nothing)
{
	add("footer", unknown);
	size_t one = frames_len;
	add("footer", unknown);
	out.room = 1;
	cr_expect_eq(mapd_session_feed(session, frames, frames_len), one);
	cr_expect_eq(mapd_session_feed(session, frames + one, one), 0);
	out.room = sizeof out.sent;
	cr_expect_eq(mapd_session_feed(session, frames + one, one), one);
	cr_expect_str_eq(out.sent, FOUND FOUND);
}

Test(mapd, unknown_map_has_no_entries_and_is_logged_once)
{
	cr_expect_eq(feed("9:FOOTER 55,3:x y,0:,1: ,6:footer,7:footer ,"), 44);
	cr_expect_str_eq(out.sent, "9:NOTFOUND ,9:NOTFOUND ,9:NOTFOUND ,9:NOTFOUND ,9:NOTFOUND ,9:NOTFOUND ,");
	cr_expect_str_eq(out.events, "unknown-map map=FOOTER;");
	cr_expect_eq(stats.value[STAT_LOOKUP_NO_MAP], 4);
	cr_expect_eq(stats.value[STAT_LOOKUP_NOT_FOUND], 2);
	cr_expect_not(mapd_session_closed(session));
}

Test(mapd, replies_that_refuse_nothing_have_no_answer)
{
	add("footer", "250 2.1.5 Ok");
	add("footer", "");
	add("footer", "garbage");
	add("footer", "354 End data with <CR><LF>.<CR><LF>");
	mapd_session_feed(session, frames, frames_len);
	cr_expect_str_eq(out.sent, "9:NOTFOUND ,9:NOTFOUND ,9:NOTFOUND ,9:NOTFOUND ,");
}

Test(mapd, what_is_no_netstring_closes_the_session)
{
	static const struct {
		const char *octets, *event;
	} cases[] = {
		{ "GET / HTTP/1.1\r\n", "bad-lookup cause=not-a-netstring;" },
		{ "3:abcd", "bad-lookup cause=not-a-netstring;" },
		{ "8193:", "bad-lookup cause=too-long;" },
		{ "99999999999999999999999:", "bad-lookup cause=too-long;" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		mapd_session_free(session);
		session = mapd_session_new(&config, &out.outlet);
		out.events[0] = '\0';
		feed("8:footer 5,");
		for (const char *at = cases[i].octets; *at != '\0'; at++)
			mapd_session_feed(session, at, 1);
		cr_expect(mapd_session_closed(session));
		cr_expect_str_eq(out.events, cases[i].event);
		cr_expect_eq(feed("8:footer 5,"), 0, "a closed session reads nothing");
	}
	cr_expect_eq(stats.value[STAT_LOOKUP_MALFORMED], 4);
}

Test(mapd, longest_look_up_is_read)
{
	char octets[MAPD_LOOKUP_MAX + NETSTRING_FRAME + 3];
	size_t len = netstring_head(octets, MAPD_LOOKUP_MAX);
	memset(octets + len, 'x', MAPD_LOOKUP_MAX);
	memcpy(octets + len, "footer 550 5.1.1 ", 17);
	memcpy(octets + len + MAPD_LOOKUP_MAX, ",0:,", 4);
	len += MAPD_LOOKUP_MAX + 4;
	cr_expect_eq(mapd_session_feed(session, octets, 4000), 4000);
	cr_expect_eq(mapd_session_feed(session, octets + 4000, len - 4000), len - 4000);
	cr_expect_str_eq(out.sent, "9:NOTFOUND ,9:NOTFOUND ,");
}

/* The overlay has a text of one domain; the languages are those of the translations. */
static void
load_languages(void)
{
	static struct mofile file;
	struct refusals refusals;
	folder_make();
	mofile_begin(&file, MOFILE_HEADER);
	mofile_add_text(&file, ERR_SMTP_ADDRESS_UNKNOWN, "%s fehlt");
	mofile_write(&file, "locale", "de", "ftgate");
	mofile_begin(&file, MOFILE_HEADER);
	mofile_add_text(&file, ERR_SMTP_ADDRESS_UNKNOWN, "%s nie ma");
	mofile_write(&file, "locale", "pl", "ftgate");
	mofile_begin(&file, MOFILE_HEADER);
	mofile_add_text(&file, ERR_SMTP_ADDRESS_UNKNOWN, "%s gibt es hier nicht");
	mofile_write(&file, "overlay/@own.example", "de", "ftgate-local");
	out.voice.catalog = mofile_load("locale", "overlay", &refusals);
	cr_assert_not_null(out.voice.catalog);
	cr_assert_eq(refusals.count, 0);
}

static const char *
answer_for(const char *recipient)
{
	char key[512];
	snprintf(key, sizeof key, "550 5.1.1 <%s>: Recipient address rejected: User unknown in virtual mailbox table",
	    recipient);
	frames_len = out.count = 0;
	add("footer", key);
	mapd_session_feed(session, frames, frames_len);
	return strchr(out.sent, ' ') + 1;
}

Test(mapd, speaks_the_language_and_the_own_texts_of_the_recipients_domain)
{
	struct languages *languages = languages_new();
	char error[LANGUAGES_ERROR_SIZE];
	load_languages();
	cr_assert_eq(languages_add_line(languages, "polish.example pl", error), 0);
	cr_assert_eq(languages_add_line(languages,
	                 "b\xC3\xBC"
	                 "cher.example de-AT",
	                 error),
	    0);
	cr_assert_eq(languages_add_line(languages, "own.example de", error), 0);
	cr_assert_eq(languages_add_line(languages, "other.example ja", error), 0);
	config.languages[1] = languages;
	struct languages *first = languages_new();
	cr_assert_eq(languages_add_line(first, "file.example pl", error), 0);
	cr_assert_eq(languages_add_line(languages, "file.example de", error), 0);
	languages_complete(first);
	languages_complete(languages);
	config.languages[0] = first;
	out.voice.language = ftg_catalog_find(out.voice.catalog, "de");
	cr_expect_str_eq(answer_for("a@Polish.Example"), "a@Polish.Example nie ma (#4.28),");
	cr_expect_str_eq(answer_for("a@file.example"), "a@file.example nie ma (#4.28),", "the first table decides");
	cr_expect_str_eq(answer_for("a@own.example"), "a@own.example gibt es hier nicht (#4.28),");
	cr_expect_str_eq(answer_for("a@b.example"), "a@b.example fehlt (#4.28),", "that of the server");
	cr_expect_str_eq(
	    answer_for("a@other.example"), "a@other.example fehlt (#4.28),", "the catalogue has no Japanese");
	out.voice.language = FTG_ENGLISH;
	cr_expect_str_eq(answer_for("a@xn--bcher-kva.example"), "a@xn--bcher-kva.example fehlt (#4.28),");
	cr_expect_str_eq(answer_for("a@own.example"), "a@own.example gibt es hier nicht (#4.28),");
	frames_len = out.count = 0;
	add("text", "4.28\na@Polish.Example");
	mapd_session_feed(session, frames, frames_len);
	cr_expect_str_eq(strchr(out.sent, ' ') + 1, "a@Polish.Example nie ma (#4.28),");
	config.languages[0] = NULL;
	cr_expect_str_eq(answer_for("a@file.example"), "a@file.example fehlt (#4.28),", "the first table is gone");
	config.languages[1] = NULL;
	languages_free(first);
	cr_expect_str_eq(answer_for("a@polish.example"), "a@polish.example unknown mailbox (#4.28),");
	languages_free(languages);
	ftg_catalog_free((ftg_catalog *)(uintptr_t)out.voice.catalog);
	folder_remove();
}
