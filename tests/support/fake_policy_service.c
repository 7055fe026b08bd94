/* Stand-ins for policy services and scanners. */
#include "fake_policy_service.h"

#include <stdio.h>
#include <string.h>

#include "base/text/field_edits.h"

static void
end(const struct fake_policy_service *fake, struct service_question *question)
{
	const char *answer = fake->answer;

	if (answer != NULL)
		service_answer_read(&question->answer, answer, strlen(answer));
	else
		question->answer = (struct service_answer) { .action = SERVICE_FAILED, .text = "time limit" };
	question->done(question);
}

static void
ask(struct policy_service *service, struct service_question *question)
{
	struct fake_policy_service *fake = (struct fake_policy_service *)service;

	fake->count++;
	memcpy(fake->asked, question->request->text, question->request->len);
	fake->asked[question->request->len] = '\0';
	question->next = fake->waiting;
	if (fake->late)
		fake->waiting = question;
	else
		end(fake, question);
}

void
fake_policy_service_open(struct fake_policy_service *fake, const char *name)
{
	*fake = (struct fake_policy_service) {
		.service = { .name = name, .at = SERVICE_RCPT, .ask = ask },
		.answer = "action=DUNNO\n\n",
	};
}

void
fake_policy_service_answer(struct fake_policy_service *fake)
{
	while (fake->waiting != NULL) {
		struct service_question *question = fake->waiting;
		fake->waiting = question->next;
		end(fake, question);
	}
}

static void
edit(const struct fake_scanner *fake, struct field_edits *edits)
{
	char name[FIELD_NAME_MAX + 1];
	if (fake->verdict != SCAN_CLEAN && fake->verdict != SCAN_SUSPECT)
		return;
	if (fake->adds != NULL) {
		snprintf(name, sizeof name, "%.*s", (int)strcspn(fake->adds, ":"), fake->adds);
		(void)field_edits_add(edits, name, fake->adds + strlen(name) + 1, FIELD_UNORDERED);
	}
	if (fake->removes != NULL)
		(void)field_edits_remove(edits, fake->removes, 0);
	if (fake->renames != NULL)
		(void)field_edits_subject(edits, fake->renames);
}

static void
end_scan(const struct fake_scanner *fake, struct scan_question *question)
{
	snprintf(question->text, sizeof question->text, "%s", fake->text);
	question->verdict = fake->verdict;
	edit(fake, question->edits);
	question->done(question);
}

static void
scan(struct scanner *scanner, struct scan_question *question)
{
	struct fake_scanner *fake = (struct fake_scanner *)scanner;

	fake->count++;
	fake->octets = question->subject->size;
	if (fake->late)
		fake->waiting = question;
	else
		end_scan(fake, question);
}

void
fake_scanner_answer(struct fake_scanner *fake)
{
	struct scan_question *question = fake->waiting;

	fake->waiting = NULL;
	if (question != NULL)
		end_scan(fake, question);
}

void
fake_scanner_open(struct fake_scanner *fake, const char *name)
{
	*fake = (struct fake_scanner) { .scanner = { .name = name, .ask = scan }, .text = "" };
}

void
fake_policy_services_open(struct fake_policy_service fakes[FAKES], struct policy_service *services[FAKES])
{
	for (size_t i = 0; i < FAKES; i++) {
		fake_policy_service_open(&fakes[i], i == 0 ? "first" : "second");
		services[i] = &fakes[i].service;
	}
}

void
fake_scanners_open(struct fake_scanner fakes[FAKES], struct scanner *scanners[FAKES])
{
	for (size_t i = 0; i < FAKES; i++) {
		fake_scanner_open(&fakes[i], i == 0 ? "one" : "another");
		scanners[i] = &fakes[i].scanner;
	}
}
