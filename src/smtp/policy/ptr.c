/* Checks that the client's address has a name in the DNS, and the name that address (#4.46). */
#include <string.h>

#include "smtp/policy/checks.h"
#include "smtp/policy/questions.h"

enum { NAMES_MAX = 4 }; /* that are looked at, of those that an address may have */

/* The name belongs to the client if one of its addresses is the client's. */
static void
compare(struct questions *questions, const struct question *question, const struct resolver_answer *answer)
{
	struct smtp_session *s = questions->s;
	struct network client;
	if (!network_parse_address(&client, s->peer.address) || s->client_name != NULL)
		return;
	for (size_t i = 0; i < answer->count; i++)
		if (memcmp(answer->records[i].address.octets, client.octets, NETWORK_OCTETS) == 0)
			questions->score++;
	if (questions->score > 0)
		s->client_name = strdup(question->name);
}

/* The first question is for the names, the others for their addresses. */
static void
note(struct questions *questions, const struct question *question, const struct resolver_answer *answer)
{
	struct smtp_session *s = questions->s;
	enum resolver_type type = strchr(s->peer.address, ':') != NULL ? RESOLVER_AAAA : RESOLVER_A;
	if (question->type != RESOLVER_PTR)
		compare(questions, question, answer);
	else if (s->config->policy.ptr_check == PTR_CONFIRMED)
		for (size_t i = 0; i < answer->count && i < NAMES_MAX; i++)
			questions_ask(questions, type, answer->records[i].text);
}

static struct ftg_reply
judge(struct questions *questions)
{
	const struct smtp_session *s = questions->s;
	bool named = s->config->policy.ptr_check == PTR_CONFIRMED ? questions->score > 0 : questions->found > 0;
	if (named || questions->failed > 0)
		return policy_pass();
	return ftg_reply_text(ERR_SMTP_REJECT_PTR, s->peer.address, strlen(s->peer.address));
}

struct ftg_reply
check_ptr(struct smtp_session *s, const struct policy_subject *subject)
{
	struct network client;
	char name[DNS_NAME_SIZE];
	(void)subject;
	if (s->config->policy.ptr_check == PTR_UNCHECKED || s->config->resolver == NULL ||
	    !network_parse_address(&client, s->peer.address) || !dns_name_reverse(name, &client, NULL))
		return policy_pass();
	struct questions *questions = questions_begin(s);
	if (questions == NULL)
		return ftg_reply(ERR_SMTP_HARDERROR);
	questions->note = note;
	questions->judge = judge;
	questions_ask(questions, RESOLVER_PTR, name);
	return questions_end(questions);
}
