/* Writes requests to policy services: the attributes of Postfix's SMTPD_POLICY_README. */
#include <stdio.h>
#include <string.h>

#include "smtp/policy/service.h"

static const char *
state_of(const struct smtp_session *s)
{
	switch (s->policy.stage) {
	case POLICY_CONNECT: return "CONNECT";
	case POLICY_HELLO: return "EHLO";
	case POLICY_SENDER: return "MAIL";
	case POLICY_DATA: return "DATA";
	default: return "RCPT";
	}
}

static void
put_client(struct service_request *request, const struct smtp_session *s, const struct policy_subject *subject)
{
	const char *name = s->client_name != NULL ? s->client_name : "unknown";

	service_put(request, "client_address", s->peer.address);
	service_put(request, "client_name", name);
	service_put(request, "reverse_client_name", name);
	if (s->policy.stage == POLICY_HELLO)
		service_put_octets(request, "helo_name", subject->text.text, subject->text.len);
	else
		service_put(request, "helo_name", s->name);
	service_put(request, "sasl_method", s->user != NULL ? s->mechanism : NULL);
	service_put(request, "sasl_username", s->user);
	service_put(request, "sasl_sender", NULL);
	service_put(request, "encryption_protocol", s->version);
	service_put(request, "encryption_cipher", s->cipher);
}

/* As in Postfix, the number of recipients is sent once it is known, and the recipient if there is only one. */
static void
put_message(struct service_request *request, const struct smtp_session *s, const struct policy_subject *subject)
{
	char instance[64], text[ADDRESS_TEXT_SIZE];
	bool data = s->policy.stage == POLICY_DATA;

	snprintf(instance, sizeof instance, "%s.%u", s->peer.session, s->transactions);
	service_put(request, "instance", instance);
	service_put(request, "queue_id", s->peer.session);
	service_put(request, "sender", s->envelope.sender);
	if (s->policy.stage == POLICY_ACCEPTED) {
		struct span recipient = envelope_spell(text, subject->text, subject->address);
		service_put_octets(request, "recipient", recipient.text, recipient.len);
	} else {
		service_put(request, "recipient", data && s->envelope.rcpts == 1 ? s->envelope.first : NULL);
	}
	service_put_number(request, "recipient_count", data ? s->envelope.rcpts : 0);
	service_put_number(request, "size", s->envelope.size);
}

bool
service_request_write(
    struct service_request *request, const struct smtp_session *s, const struct policy_subject *subject)
{
	request->len = 0;
	request->overflow = false;
	service_put(request, "request", "smtpd_access_policy");
	service_put(request, "protocol_state", state_of(s));
	service_put(request, "protocol_name", s->extended ? "ESMTP" : "SMTP");
	put_client(request, s, subject);
	put_message(request, s, subject);
	return service_end(request);
}
