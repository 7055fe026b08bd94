/* Prints the result: a reply with its explanation, a reference that no reply has, or a status code. */
#include "answer.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/output/terminal.h"
#include "status.h"

const char *
answer_service(enum ftg_service service)
{
	switch (service) {
	case FTG_SMTP: return "SMTP";
	case FTG_POP3: return "POP3";
	case FTG_DSN: return _("part of a delivery status notification");
	default: return _("a reason, which other replies and the log quote");
	}
}

static void
put_codes(const struct ftg_row *row, void (*field)(const char *label, const char *text))
{
	char text[128];
	const struct ftg_code *a = &row->code[FTG_PUBLISHED], *b = &row->code[FTG_STRICT];

	if (!*a->reply)
		return;
	snprintf(text, sizeof text, _("%s%s%s as published; %s%s%s by the RFCs"), a->reply, *a->status ? " " : "",
	    a->status, b->reply, *b->status ? " " : "", b->status);
	field(_("Codes"), text);
}

static void
put_words(const struct ftg_row *row, void (*field)(const char *label, const char *text))
{
	if (row->text[1])
		field(_("English text (several)"), row->text[1]);
	field(_("English text"), *row->text[0] ? row->text[0] : _("none"));
}

void
answer_fields(enum ftg_id id, void (*field)(const char *label, const char *text))
{
	const struct explanation *known = explain_reply(id);

	put_codes(ftg_row(id), field);
	put_words(ftg_row(id), field);
	field(_("When it is sent"), _(known->when));
	field(_("Read by"), _(known->whom));
	field(_("Cause"), _(known->cause));
	field(_("What the sender can do"), _(known->sender));
	field(_("What the operator can do"), _(known->operator));
	field(_("When it is not this"), _(known->other));
}

static void
answer_reply(const struct hit *hit)
{
	const struct ftg_row *row = ftg_row(hit->id);

	terminal_begin(stdout, STYLE_HEADING);
	printf("%s (%s)", row->id, row->ref);
	terminal_end(stdout);
	printf(", %s\n", answer_service(row->service));
	if (hit->language)
		print_field(_("Found by its words, not by a reference, in"), hit->language);
	answer_fields(hit->id, print_field);
}

static unsigned
row_reference(enum ftg_id id)
{
	const char *ref = ftg_row(id)->ref;

	return (unsigned)(ref[1] - '0') * 100 + (unsigned)(ref[3] - '0') * 10 + (unsigned)(ref[4] - '0');
}

void
answer_neighbours(unsigned reference, enum ftg_id *before, enum ftg_id *after)
{
	*before = *after = FTG_IDS;
	for (enum ftg_id id = 0; id < FTG_IDS; id++) {
		unsigned own = row_reference(id);

		if (own / 100 != reference / 100)
			continue;
		if (own < reference)
			*before = id;
		else if (*after == FTG_IDS)
			*after = id;
	}
}

static void
answer_none(const struct hit *hit)
{
	enum ftg_id near[2];
	char ref[8];

	snprintf(ref, sizeof ref, "#%u.%02u", hit->reference / 100 % 10, hit->reference % 100);
	printf(_("%s does not exist: no reply of ftgate has this reference."), ref);
	putchar('\n');
	answer_neighbours(hit->reference, &near[0], &near[1]);
	for (int i = 0; i < 2; i++)
		if (near[i] != FTG_IDS) {
			char text[256];
			const struct ftg_row *row = ftg_row(near[i]);

			snprintf(text, sizeof text, "%s (%s), %s", row->ref, row->id, row->text[0]);
			print_field(i == 0 ? _("The nearest before it") : _("The nearest after it"), text);
		}
}

/* The codes of another server's reply, as "550 5.1.1"; one of the two may be missing. */
static void
foreign_name(char out[32], const struct hit *hit)
{
	snprintf(out, 32, "%s%s%s", hit->code, *hit->code && *hit->status ? " " : "", hit->status);
}

static void
print_status(const char *status)
{
	struct status_meaning meaning = status_meaning(status);
	char part[16];

	print_field(_("What this is"),
	    _("Three numbers by which any mail server classifies a reply: class, subject and "
	      "detail. qmail writes it as (#5.1.1). A reference of ftgate has two numbers, as in "
	      "(#4.46), and identifies one cause."));
	snprintf(part, sizeof part, _("Class %c"), status[0]);
	print_field(part, meaning.class);
	snprintf(part, sizeof part, _("Subject %lu"), strtoul(status + 2, NULL, 10));
	print_field(part, meaning.subject);
	if (meaning.detail)
		print_field(_("Detail"), meaning.detail);
}

const char *
answer_advice(const struct hit *hit)
{
	switch (*hit->status ? *hit->status : *hit->code) {
	case '4':
		return _(
		    "Nothing to do for a message that a mail server sends: it tries again by itself. In a mail program, "
		    "send again later.");
	case '5':
		return _("Read the words beside the code: they are those of the server that refused. Correct what they "
		         "name; otherwise show the whole reply to the operator of that server.");
	default: return NULL;
	}
}

static void
answer_foreign(const struct hit *hit)
{
	const char *meaning = *hit->code ? code_meaning(hit->code) : NULL;
	const char *advice = answer_advice(hit);
	char name[32];

	foreign_name(name, hit);
	if (*hit->code == '[')
		printf(_("%s is a response code of POP3 (RFC 2449), not a reference of ftgate."), name);
	else if (*hit->code)
		printf(_("%s: a reply of another server; nothing marks it as a reply of ftgate."), name);
	else
		printf(_("%s is an enhanced status code (RFC 3463), not a reference of ftgate."), name);
	putchar('\n');
	if (hit->server)
		print_field(_("Looks like a reply of"), hit->server);
	if (meaning)
		print_field(hit->code, meaning);
	if (*hit->status)
		print_status(hit->status);
	if (advice)
		print_field(_("What the sender can do"), advice);
}

static void
answer_word(const struct log_word *word)
{
	if (strcmp(word->key, "event") == 0)
		printf(_("%s is an event of the log, as in ftgate-log(7)."), word->name);
	else if (strcmp(word->key, "key") == 0)
		printf(_("%s is a key of the log, as in ftgate-log(7)."), word->name);
	else
		printf(_("%s is a value of the key %s in the log, as in ftgate-log(7)."), word->name, word->key);
	putchar('\n');
	print_field(_("Meaning"), word->meaning);
}

void
answer_text(const struct hit *hit)
{
	switch (hit->kind) {
	case HIT_REPLY: answer_reply(hit); break;
	case HIT_NONE: answer_none(hit); break;
	case HIT_STATUS: answer_foreign(hit); break;
	case HIT_WORD: answer_word(hit->word); break;
	}
}

static void
json_member(const char *name, const char *value)
{
	printf(", \"%s\": ", name);
	print_json(value && *value ? value : NULL);
}

static void
json_codes(const char *name, const struct ftg_code *code)
{
	printf(", \"%s\": {\"reply\": ", name);
	print_json(*code->reply ? code->reply : NULL);
	json_member("enhanced", code->status);
	printf("}");
}

static void
json_reply(const struct hit *hit)
{
	const struct ftg_row *row = ftg_row(hit->id);
	const struct explanation *known = explain_reply(hit->id);

	printf("{\"kind\": \"%s\", \"found_by\": \"%s\"", answer_kind(hit), hit->language ? "words" : "reference");
	json_member("language", hit->language);
	json_member("id", row->id);
	json_member("ref", row->ref + 1);
	json_member("service", service_name(row->service));
	json_codes("published", &row->code[FTG_PUBLISHED]);
	json_codes("strict", &row->code[FTG_STRICT]);
	json_member("text", row->text[0]);
	json_member("plural", row->text[1]);
	json_member("when", _(known->when));
	json_member("whom", _(known->whom));
	json_member("cause", _(known->cause));
	json_member("sender", _(known->sender));
	json_member("operator", _(known->operator));
	json_member("other", _(known->other));
	printf("}");
}

static void
json_none(const struct hit *hit)
{
	enum ftg_id near[2];
	const char *before = "";

	printf("{\"kind\": \"%s\", \"ref\": \"%u.%02u\", \"nearest\": [", answer_kind(hit), hit->reference / 100 % 10,
	    hit->reference % 100);
	answer_neighbours(hit->reference, &near[0], &near[1]);
	for (int i = 0; i < 2; i++)
		if (near[i] != FTG_IDS) {
			printf("%s\"%s\"", before, ftg_row(near[i])->ref + 1);
			before = ", ";
		}
	printf("]}");
}

const char *
answer_kind(const struct hit *hit)
{
	switch (hit->kind) {
	case HIT_REPLY: return "reply";
	case HIT_NONE: return "no such reference";
	case HIT_WORD: return "word of the log";
	case HIT_STATUS: break;
	}
	if (*hit->status)
		return "enhanced status code";
	return *hit->code == '[' ? "response code" : "reply code";
}

static void
json_foreign(const struct hit *hit)
{
	struct status_meaning meaning = { 0 };

	if (*hit->status)
		meaning = status_meaning(hit->status);
	printf("{\"kind\": \"%s\"", answer_kind(hit));
	json_member("status", hit->status);
	json_member("code", hit->code);
	json_member("server", hit->server);
	json_member("code_meaning", code_meaning(hit->code));
	json_member("class", meaning.class);
	json_member("subject", meaning.subject);
	json_member("detail", meaning.detail);
	json_member("sender", answer_advice(hit));
	printf("}");
}

static void
json_word(const struct hit *hit)
{
	const struct log_word *word = hit->word;

	printf("{\"kind\": \"%s\"", answer_kind(hit));
	json_member("key", word->key);
	json_member("name", word->name);
	json_member("meaning", word->meaning);
	printf("}");
}

void
answer_json(const struct hit *hit)
{
	switch (hit->kind) {
	case HIT_REPLY: json_reply(hit); break;
	case HIT_NONE: json_none(hit); break;
	case HIT_STATUS: json_foreign(hit); break;
	case HIT_WORD: json_word(hit); break;
	}
}
