/* Runs the filters over the message in its file, one after another, up to the first that rejects or defers it. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text/field_edits.h"
#include "base/text/printable.h"
#include "base/text/text_buffer.h"
#include "port/scanner.h"
#include "smtp/policy/checks.h"
#include "smtp/policy/service.h"

enum { RECIPIENTS_MAX = 100 };

/* One message on its way through the filters; it lasts until the verdict. */
struct filtering {
	struct scan_question question;
	struct smtp_session *session;
	size_t next; /* filter */
	struct scan_subject subject;
	const char *recipients[RECIPIENTS_MAX];
	size_t added, removed;    /* changes to the header before the filter was asked */
	bool renamed;             /* the subject */
	char text[SMTP_HELD_MAX]; /* the argument of the refusal */
};

/* The recipients for the filters: one recipient as the client wrote it, else the addresses that the mail goes to, and lists. */
static void
find_recipients(struct filtering *filtering)
{
	const struct envelope *envelope = &filtering->session->envelope;
	const size_t relayed = envelope->relay != NULL ? envelope->relay->count : 0;
	size_t count = 0;

	if (envelope->rcpts == 1)
		filtering->recipients[count++] = envelope->first;
	for (size_t i = 0; envelope->rcpts != 1 && i < envelope->count && count < RECIPIENTS_MAX; i++)
		filtering->recipients[count++] = envelope->mailboxes[i].address;
	for (size_t i = 0; envelope->rcpts != 1 && i < relayed && count < RECIPIENTS_MAX; i++)
		filtering->recipients[count++] = envelope->relay->recipients[i].address;
	for (size_t i = 0; envelope->rcpts != 1 && i < list_messages_count(envelope->lists) && count < RECIPIENTS_MAX;
	     i++)
		filtering->recipients[count++] = envelope->lists->all[i]->name;
	filtering->subject.recipients = filtering->recipients;
	filtering->subject.recipient_count = count;
}

static void
describe(struct filtering *filtering)
{
	const struct smtp_session *s = filtering->session;
	int file = s->message.delivery->ops->file(s->message.delivery);
	struct stat status;

	filtering->subject = (struct scan_subject) {
		.file = file,
		.size = fstat(file, &status) == 0 ? (uint64_t)status.st_size : 0,
		.utf8 = s->envelope.utf8,
		.sender = s->envelope.sender,
		.own_author = author_is_own(s),
		.address = s->peer.address,
		.helo = s->name,
		.client_name = s->client_name,
		.user = s->user,
		.session = s->peer.session,
		.hostname = s->config->hostname,
	};
	find_recipients(filtering);
}

static enum ftg_id
refusal_of(const struct scanner *scanner, enum scan_verdict verdict)
{
	switch (verdict) {
	case SCAN_REFUSED: return ERR_SMTP_MESSAGE_OTHER;
	case SCAN_DEFERRED: return ERR_SMTP_GLFAILDATA;
	case SCAN_SPF: return ERR_SMTP_SPFFAIL;
	case SCAN_FAILED: return scanner->closed ? ERR_SMTP_HARDERROR : FTG_IDS;
	default: return FTG_IDS;
	}
}

/* A filter that has no objection and no words is not logged. */
static void
log_answer(const struct filtering *filtering, const struct scanner *scanner)
{
	static const char *const answers[] = {
		[SCAN_CLEAN] = "passed",
		[SCAN_REFUSED] = "refused",
		[SCAN_SPF] = "spf",
		[SCAN_DEFERRED] = "deferred",
		[SCAN_SUSPECT] = "suspect",
		[SCAN_FAILED] = "failed",
	};
	const struct smtp_session *s = filtering->session;
	const struct scan_question *question = &filtering->question;

	if (question->verdict != SCAN_CLEAN || question->text[0] != '\0')
		s->outlet->log(s->outlet, "filter", "filter", scanner->name, "answer", answers[question->verdict],
		    "detail", question->text[0] != '\0' ? question->text : NULL, NULL);
}

/* The names of fields, with spaces between, as many as fit. */
struct names {
	char text[512];
	struct text_buffer buffer;
};

static const char *
end_names(struct names *names)
{
	names->text[names->buffer.len] = '\0';
	return names->buffer.len > 0 ? names->text : NULL;
}

static void
add_name(struct names *names, const char *name, size_t len)
{
	text_buffer_put(&names->buffer, "%s%.*s", names->buffer.len > 0 ? " " : "", (int)len, name);
}

static void
log_edits(struct filtering *filtering, const struct scanner *scanner)
{
	const struct smtp_session *s = filtering->session;
	struct field_edits *edits = &s->message.edits->asked;
	struct names added = { .buffer = { added.text, sizeof added.text, 0 } };
	struct names removed = { .buffer = { removed.text, sizeof removed.text, 0 } };
	for (size_t i = filtering->added; i < edits->added_count; i++)
		add_name(&added, edits->added[i].text, strcspn(edits->added[i].text, ":"));
	for (size_t i = filtering->removed; i < edits->removed_count; i++)
		add_name(&removed, edits->removed[i].name, strlen(edits->removed[i].name));
	if (!filtering->renamed && edits->subject != NULL)
		add_name(&added, "Subject", 7);
	const char *left_out = edits->left_out[0] != '\0' ? edits->left_out : NULL;
	if (added.buffer.len > 0 || removed.buffer.len > 0 || left_out != NULL)
		s->outlet->log(s->outlet, "edited", "filter", scanner->name, "added-fields", end_names(&added),
		    "removed-fields", end_names(&removed), "left-out-fields", left_out, NULL);
	edits->left_out[0] = '\0';
}

/* The verdict of all filters: the refusal of the last that was asked, or FTG_IDS. */
static void
finish(struct filtering *filtering, enum ftg_id id, const char *cause)
{
	struct smtp_session *s = filtering->session;
	struct ftg_reply verdict = ftg_reply(id);

	if (id != FTG_IDS && ftg_row(id)->args[0] == FTG_ARG_TEXT)
		verdict = ftg_reply_text(id, filtering->text, strlen(filtering->text));
	s->message.fault = (struct message_fault) { id, cause };
	policy_decide(s, verdict);
	free(filtering);
}

static void
refuse(struct filtering *filtering, const struct scanner *scanner, enum ftg_id id)
{
	const char *said = filtering->question.text;
	char words[SPF_WORDS_SIZE];

	if (id == ERR_SMTP_SPFFAIL) {
		spf_words(words, filtering->session, said);
		said = words;
	}
	printable_copy(filtering->text, sizeof filtering->text, said, strlen(said));
	finish(filtering, id, scanner->name);
}

static void
ask_next(struct filtering *filtering)
{
	const struct smtp_config *config = filtering->session->config;

	if (filtering->next == config->scanner_count) {
		field_edits_sort(filtering->question.edits);
		finish(filtering, FTG_IDS, NULL);
		return;
	}
	const struct field_edits *edits = filtering->question.edits;
	struct scanner *scanner = config->scanners[filtering->next++];
	filtering->added = edits->added_count;
	filtering->removed = edits->removed_count;
	filtering->renamed = edits->subject != NULL;
	scanner->ask(scanner, &filtering->question);
}

/* The answer of the filter asked last is obeyed: id is the refusal, or FTG_IDS. */
static void
obey(struct filtering *filtering, enum ftg_id id)
{
	const struct scanner *scanner = filtering->session->config->scanners[filtering->next - 1];

	if (id != FTG_IDS) {
		refuse(filtering, scanner, id);
	} else {
		log_edits(filtering, scanner);
		ask_next(filtering);
	}
}

static void
greylisted(void *context, enum ftg_id id)
{
	obey(context, id);
}

static void
on_answer(struct scan_question *question)
{
	struct filtering *filtering = (struct filtering *)question;
	const struct scanner *scanner = filtering->session->config->scanners[filtering->next - 1];

	log_answer(filtering, scanner);
	if (question->verdict != SCAN_SUSPECT || !greylist_suspect(filtering->session, greylisted, filtering))
		obey(filtering, refusal_of(scanner, question->verdict));
}

/* A message that cannot be written is not filtered; its reply is that of a failed delivery. */
static void
spooled(void *context, const struct delivery_outcome *outcome)
{
	struct filtering *filtering = context;
	struct smtp_session *s = filtering->session;

	message_note_outcome(s, outcome);
	if (outcome->result != DELIVERY_OK) {
		free(filtering);
		policy_decide(s, policy_pass());
		return;
	}
	describe(filtering);
	ask_next(filtering);
}

struct ftg_reply
check_filters(struct smtp_session *s, const struct policy_subject *subject)
{
	struct delivery *delivery = s->message.delivery;
	struct filtering *filtering;

	(void)subject;
	if (s->config->scanner_count == 0 || s->message.result != DELIVERY_OK)
		return policy_pass();
	struct message_edits *edits = message_edits(s);
	if ((filtering = malloc(sizeof *filtering)) == NULL || edits == NULL || !policy_wait(s)) {
		free(filtering);
		return ftg_reply(ERR_SMTP_HARDERROR);
	}
	edits->asked.utf8 = s->envelope.utf8;
	filtering->session = s;
	filtering->next = 0;
	filtering->question = (struct scan_question) {
		.subject = &filtering->subject, .edits = &edits->asked, .done = on_answer
	};
	delivery->ops->spool(delivery, s->config->executor, spooled, filtering);
	return policy_pass();
}
