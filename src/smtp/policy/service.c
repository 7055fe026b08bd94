/* Asks policy services, one after another, and turns their answers into a verdict. */
#include "smtp/policy/service.h"

#include <stdlib.h>
#include <string.h>

#include "smtp/policy/checks.h"

/* The services of a stage being asked. All of them get the same request. */
struct asking {
	struct service_question question;
	struct smtp_session *session;
	size_t next; /* service */
	char words[SPF_WORDS_SIZE];
	struct service_request request;
};

static enum service_stage
stage_of(const struct smtp_session *s)
{
	switch (s->policy.stage) {
	case POLICY_CONNECT: return SERVICE_CONNECT;
	case POLICY_HELLO: return SERVICE_HELO;
	case POLICY_SENDER: return SERVICE_MAIL;
	case POLICY_DATA: return SERVICE_DATA;
	default: return SERVICE_RCPT;
	}
}

/* A client that has to log in does not count as a stranger before it does. */
static bool
is_stranger(const struct smtp_session *s)
{
	return s->user == NULL && !(s->access & (ACCESS_RELAY | ACCESS_PERMITTED)) && !s->config->auth_required;
}

static bool
is_about(const struct policy_service *service, const struct smtp_session *s)
{
	switch (service->about) {
	case SERVICE_USERS: return s->user != NULL;
	case SERVICE_STRANGERS: return is_stranger(s);
	default: return true;
	}
}

/* The index of the next service to ask, at or after from; service_count if there is none. */
static size_t
find_service(const struct smtp_session *s, size_t from)
{
	for (; from < s->config->service_count; from++)
		if (s->config->services[from]->at == stage_of(s) && is_about(s->config->services[from], s))
			break;
	return from;
}

static void
note(const struct smtp_session *s, const struct policy_service *service, const char *what, const char *detail)
{
	s->outlet->log(s->outlet, "service", "service", service->name, "answer", what, "detail",
	    *detail != '\0' ? detail : NULL, NULL);
}

static struct ftg_reply
rejected(struct asking *asking, const struct policy_service *service, const struct service_answer *answer)
{
	const struct smtp_session *s = asking->session;

	note(s, service, "reject", answer->text);
	if (s->policy.stage == POLICY_CONNECT)
		return ftg_reply_text(ERR_SMTP_REJECT_IP, s->peer.address, strlen(s->peer.address));
	if (service->spf || answer->spf)
		return ftg_reply_text(ERR_SMTP_SPFFAIL, asking->words, spf_words(asking->words, s, answer->text));
	return ftg_reply(ERR_SMTP_ACCESSDENIED2);
}

static struct ftg_reply
deferred(const struct smtp_session *s, const struct policy_service *service, const struct service_answer *answer)
{
	note(s, service, "defer", answer->text);
	return ftg_reply(s->policy.stage == POLICY_DATA ? ERR_SMTP_GLFAILDATA : ERR_SMTP_GLFAILRCP);
}

static struct ftg_reply
failed(const struct smtp_session *s, const struct policy_service *service, const char *why)
{
	note(s, service, "failed", why);
	return service->closed ? ftg_reply(ERR_SMTP_HARDERROR) : policy_pass();
}

/* Before MAIL there is no message to add the field to. */
static void
prepend(struct smtp_session *s, const struct policy_service *service, const char *field)
{
	if (s->envelope.sender == NULL || !service_line_add(&s->envelope, field))
		note(s, service, "overlooked", field);
}

static struct ftg_reply
judge(struct asking *asking, const struct policy_service *service)
{
	struct smtp_session *s = asking->session;
	const struct service_answer *answer = &asking->question.answer;

	switch (answer->action) {
	case SERVICE_REJECT: return rejected(asking, service, answer);
	case SERVICE_DEFER: return deferred(s, service, answer);
	case SERVICE_FAILED: return failed(s, service, answer->text);
	case SERVICE_PREPEND: prepend(s, service, answer->text); break;
	case SERVICE_WARN: note(s, service, "warning", answer->text); break;
	case SERVICE_UNKNOWN: note(s, service, "overlooked", answer->text); break;
	default: break;
	}
	return policy_pass();
}

static void
ask_next(struct asking *asking, struct ftg_reply verdict)
{
	struct smtp_session *s = asking->session;

	asking->next = find_service(s, asking->next);
	if (verdict.id == FTG_IDS && asking->next < s->config->service_count) {
		struct policy_service *service = s->config->services[asking->next++];
		service->ask(service, &asking->question);
		return;
	}
	policy_decide(s, verdict);
	free(asking);
}

static void
on_answer(struct service_question *question)
{
	struct asking *asking = (struct asking *)question;
	const struct policy_service *service = asking->session->config->services[asking->next - 1];

	ask_next(asking, judge(asking, service));
}

struct ftg_reply
check_services(struct smtp_session *s, const struct policy_subject *subject)
{
	size_t first = find_service(s, 0);

	if (first == s->config->service_count)
		return policy_pass();
	struct asking *asking = malloc(sizeof *asking);
	if (asking == NULL || !service_request_write(&asking->request, s, subject) || !policy_wait(s)) {
		free(asking);
		return failed(s, s->config->services[first], "memory is out, or the question too long");
	}
	asking->question = (struct service_question) { .request = &asking->request, .done = on_answer };
	asking->session = s;
	asking->next = first;
	ask_next(asking, policy_pass());
	return policy_pass();
}
