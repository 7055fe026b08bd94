/* The part of a DSN that people read: its subject and its text, in their language. */
#include "relay/dsn/dsn_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address/address.h"
#include "base/text/printable.h"
#include "base/text/wrap.h"
#include "relay/client/verdict.h"
#include "relay/dsn/diagnosis.h"
#include "relay/dsn/dsn_localized.h"

enum { WIDTH = 72, DAY = 24 * 60 * 60 };

struct session_language {
	FILE *to;
	const struct dsn_report *report;
	struct ftg_voice voice;
	const struct explain_texts *explained;
};

static struct ftg_reply
of_text(enum ftg_id id, const char *text)
{
	return ftg_reply_text(id, text, strlen(text));
}

static bool
is_rtl(const struct session_language *s, enum ftg_id id)
{
	return s->voice.catalog != NULL && ftg_language_is_rtl(ftg_voice_spoken(&s->voice, id));
}

/* A line from right to left is an isolate (RLI, PDI): the message itself has no direction (Unicode Standard Annex 9). */
static void
put_lines(const struct session_language *s, const char *text, size_t len, bool rtl)
{
	wrap_write_between(s->to, text, len, WIDTH, rtl ? "\xE2\x81\xA7" : "", rtl ? "\xE2\x81\xA9" : "");
}

static void
put(const struct session_language *s, struct ftg_reply reply)
{
	char text[FTG_REPLY_MAX];
	put_lines(s, text, ftg_render(text, &s->voice, &reply), is_rtl(s, reply.id));
}

/* The fate of a recipient, with its reference for ftgate-msg explain. */
static void
put_fate(const struct session_language *s, enum ftg_id id, const char *address)
{
	char text[FTG_REPLY_MAX + 16], shown[ADDRESS_TEXT_SIZE];
	address_show(shown, address);
	struct ftg_reply reply = of_text(id, shown);
	size_t len = ftg_render(text, &s->voice, &reply);
	bool rtl = is_rtl(s, id);
	/* A left-to-right mark keeps the octets of the reference together. */
	len += (size_t)snprintf(text + len, 16, " %s(%s)", rtl ? "\xE2\x80\x8E" : "", ftg_row(id)->ref);
	put_lines(s, text, len, rtl);
}

/* The reply of another server follows on a line of its own, unchanged. */
static void
put_reason(const struct session_language *s, const char *text)
{
	struct verdict verdict;
	char said[QUEUE_REPLY_MAX + 1];
	if (text == NULL || !verdict_read(&verdict, text))
		return;
	put(s, ftg_reply_text(verdict.reason, verdict.name, verdict.name_len));
	if (verdict.reason == FTG_NOTICE_SAID) {
		(void)printable_mask(said, sizeof said, verdict.detail, strlen(verdict.detail));
		fprintf(s->to, "\n    %s\n", said);
	}
}

/* The cause of a reply of an ftgate server, and what the sender can do about it. */
static void
put_explanation(const struct session_language *s, const struct queue_recipient *recipient)
{
	const struct diagnosis d = diagnosis_read(s->report->entry, recipient);
	if (d.id == FTG_IDS)
		return;
	const char *cause = explain_text(s->explained, explain_reply(d.id)->cause);
	const char *sender = explain_text(s->explained, explain_reply(d.id)->sender);
	if (cause == NULL || sender == NULL)
		return;
	fputc('\n', s->to);
	wrap_write(s->to, cause, strlen(cause), WIDTH);
	wrap_write(s->to, sender, strlen(sender), WIDTH);
}

/* Days, rounded up. */
static unsigned long
days(int64_t seconds)
{
	return seconds <= DAY ? 1 : (unsigned long)((seconds + DAY - 1) / DAY);
}

static void
put_recipient(const struct session_language *s, const struct queue_recipient *recipient, unsigned due)
{
	const struct dsn_report *report = s->report;
	int64_t arrival = report->entry->arrival;
	if (due == DSN_SUCCESS) {
		put_fate(s, dsn_is_here(recipient) ? FTG_NOTICE_DELIVERED : FTG_NOTICE_RELAYED, recipient->address);
	} else if (due == DSN_DELAY) {
		put_fate(s, FTG_NOTICE_DELAYED, recipient->address);
		put(s, ftg_reply_count(FTG_NOTICE_RETRY, days(arrival + report->expire - report->now)));
	} else {
		put_fate(s, FTG_NOTICE_FAILED, recipient->address);
		if (recipient->state == QUEUE_EXPIRED)
			put(s, ftg_reply_count(FTG_NOTICE_EXPIRED, days(report->now - arrival)));
	}
	if (due != DSN_SUCCESS) {
		put_reason(s, recipient->reply);
		put_explanation(s, recipient);
	}
	fputc('\n', s->to);
}

static void
put_text(const struct session_language *s)
{
	const struct dsn_report *report = s->report;
	put(s, of_text(FTG_NOTICE_INTRO, report->hostname));
	fputc('\n', s->to);
	for (size_t i = 0; i < report->entry->count; i++)
		if (report->due[i] != 0)
			put_recipient(s, &report->entry->recipients[i], report->due[i]);
	if (report->contact[0] != '\0')
		put(s, of_text(FTG_NOTICE_CONTACT, report->contact));
	put(s, ftg_reply(dsn_returns_all(report) ? FTG_NOTICE_ATTACHED : FTG_NOTICE_HEADER));
}

/* The worst result that it reports. */
static enum ftg_id
subject_of(const struct dsn_report *report)
{
	unsigned all = 0;
	bool here = true;
	for (size_t i = 0; i < report->entry->count; i++) {
		all |= report->due[i];
		here = here && (report->due[i] != DSN_SUCCESS || dsn_is_here(&report->entry->recipients[i]));
	}
	if (all & DSN_FAILURE)
		return FTG_NOTICE_SUBJECT_FAILED;
	if (all & DSN_DELAY)
		return FTG_NOTICE_SUBJECT_DELAYED;
	return here ? FTG_NOTICE_SUBJECT_DELIVERED : FTG_NOTICE_SUBJECT_RELAYED;
}

static char *
say_subject(const struct dsn_report *report, const struct ftg_voice *voice)
{
	char text[FTG_REPLY_MAX];
	struct ftg_reply reply = ftg_reply(subject_of(report));
	return strndup(text, ftg_render(text, voice, &reply));
}

static char *
say_text(const struct dsn_report *report, const struct ftg_voice *voice, const struct dsn_explained *explained)
{
	char *text = NULL;
	size_t len;
	struct session_language s = {
		.to = open_memstream(&text, &len), .report = report, .voice = *voice, .explained = explained->first
	};
	if (s.to == NULL)
		return NULL;
	put_text(&s);
	if (voice->bilingual && voice->second != voice->language) {
		s.voice.language = voice->second;
		s.explained = explained->second;
		fputs("\n* * *\n\n", s.to);
		put_text(&s);
	}
	bool failed = ferror(s.to);
	if (fclose(s.to) != 0 || failed) {
		free(text);
		return NULL;
	}
	return text;
}

bool
dsn_say(struct dsn_words *words, const struct dsn_report *report, const struct ftg_voice *spoken,
    const struct dsn_explained *explained)
{
	struct ftg_voice voice = *spoken;
	voice.encoding = FTG_UTF8;
	const ftg_catalog *catalog = voice.catalog != NULL ? voice.catalog : ftg_catalog_english(FTG_PUBLISHED);
	*words = (struct dsn_words) {
		.subject = say_subject(report, &voice),
		.text = say_text(report, &voice, explained),
	};
	snprintf(words->language, sizeof words->language, "%s", ftg_catalog_spoken(catalog, voice.language, FTG_UTF8));
	return words->subject != NULL && words->text != NULL && dsn_localize(words, report, &voice);
}

void
dsn_words_free(struct dsn_words *words)
{
	free(words->subject);
	free(words->text);
	for (size_t i = 0; i < words->count && words->localized != NULL; i++)
		free(words->localized[i]);
	free(words->localized);
	*words = (struct dsn_words) { 0 };
}
