/* Stand-ins for policy services and scanners. */
#include "fake_policy_service.h"

#include <stdio.h>
#include <string.h>

static void
end(const struct service_stand_in *stand_in, struct service_question *question)
{
	const char *answer = stand_in->answer;

	if (answer != NULL)
		service_answer_read(&question->answer, answer, strlen(answer));
	else
		question->answer = (struct service_answer) { .action = SERVICE_FAILED, .text = "time limit" };
	question->done(question);
}

static void
ask(struct policy_service *service, struct service_question *question)
{
	struct service_stand_in *stand_in = (struct service_stand_in *)service;

	stand_in->count++;
	memcpy(stand_in->asked, question->request->text, question->request->len);
	stand_in->asked[question->request->len] = '\0';
	question->next = stand_in->waiting;
	if (stand_in->late)
		stand_in->waiting = question;
	else
		end(stand_in, question);
}

void
service_stand_in_open(struct service_stand_in *stand_in, const char *name)
{
	*stand_in = (struct service_stand_in) {
		.service = { .name = name, .at = SERVICE_RCPT, .ask = ask },
		.answer = "action=DUNNO\n\n",
	};
}

void
service_stand_in_answer(struct service_stand_in *stand_in)
{
	while (stand_in->waiting != NULL) {
		struct service_question *question = stand_in->waiting;
		stand_in->waiting = question->next;
		end(stand_in, question);
	}
}

static enum scan_verdict
scan(const struct scanner *scanner, const struct scan_subject *subject, char text[SCAN_TEXT_SIZE])
{
	/* The stand-in is the test's own, and not const. */
	struct scanner_stand_in *stand_in = (struct scanner_stand_in *)(uintptr_t)scanner;

	stand_in->count++;
	stand_in->octets = subject->size;
	snprintf(text, SCAN_TEXT_SIZE, "%s", stand_in->text);
	return stand_in->verdict;
}

void
scanner_stand_in_open(struct scanner_stand_in *stand_in, const char *name)
{
	*stand_in = (struct scanner_stand_in) { .scanner = { .name = name, .scan = scan }, .text = "" };
}

void
service_stand_ins_open(struct service_stand_in stand_ins[STAND_INS], struct policy_service *services[STAND_INS])
{
	for (size_t i = 0; i < STAND_INS; i++) {
		service_stand_in_open(&stand_ins[i], i == 0 ? "first" : "second");
		services[i] = &stand_ins[i].service;
	}
}

void
scanner_stand_ins_open(struct scanner_stand_in stand_ins[STAND_INS], const struct scanner *scanners[STAND_INS])
{
	for (size_t i = 0; i < STAND_INS; i++) {
		scanner_stand_in_open(&stand_ins[i], i == 0 ? "one" : "another");
		scanners[i] = &stand_ins[i].scanner;
	}
}
