/* Refuses clients that DNS blocklists list (RFC 5782): instead of the greeting, or at each RCPT. */
#include "port/blocklist.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "smtp/policy/checks.h"
#include "smtp/policy/questions.h"

static_assert((int)BLOCKLISTS_MAX <= (int)QUESTIONS_MAX, "each list has its question");

static void
log_code(const struct smtp_session *s, const char *event, const struct blocklist *list, const struct network *code)
{
	char text[NETWORK_TEXT_SIZE], weight[12];
	network_write(text, code);
	snprintf(weight, sizeof weight, "%d", list->weight);
	s->outlet->log(s->outlet, event, "zone", list->zone, "code", text, "weight", weight, NULL);
}

/* Question i is for list i. */
static void
add_weight(struct questions *questions, const struct question *question, const struct resolver_answer *answer)
{
	const struct smtp_session *s = questions->s;
	const struct blocklist *list = &s->config->blocklists->list[question - questions->asked];
	const struct network *code = NULL;
	switch (blocklist_judge(list, answer, &code)) {
	case BLOCKLIST_CLEAN: return;
	case BLOCKLIST_LISTED:
		questions->score += list->weight;
		log_code(s, "listed", list, code);
		return;
	case BLOCKLIST_REFUSES: log_code(s, "blocklist-failed", list, code); return;
	}
}

static struct ftg_reply
verdict_of(const struct smtp_session *s)
{
	struct span rcpt = s->policy.subject.text;
	if (s->listing != LISTING_LISTED)
		return policy_pass();
	if (s->policy.stage == POLICY_RECIPIENT)
		return ftg_reply_reason(ERR_SMTP_ACCESSDENIED, rcpt.text, rcpt.len, ERR_SECPOL_RBL);
	return ftg_reply_text(ERR_SMTP_REJECT_RBL, s->peer.address, strlen(s->peer.address));
}

static struct ftg_reply
judge(struct questions *questions)
{
	struct smtp_session *s = questions->s;
	s->listing = questions->score >= s->config->blocklist_threshold ? LISTING_LISTED : LISTING_CLEAN;
	return verdict_of(s);
}

/* Asks all lists at once. */
static struct ftg_reply
look_up(struct smtp_session *s)
{
	const struct blocklists *lists = s->config->blocklists;
	struct network client;
	char name[DNS_NAME_SIZE];
	if (s->listing != LISTING_UNKNOWN)
		return verdict_of(s);
	if (s->config->resolver == NULL || lists == NULL || lists->count == 0 ||
	    !network_parse_address(&client, s->peer.address))
		return policy_pass();
	struct questions *questions = questions_begin(s);
	if (questions == NULL)
		return ftg_reply(ERR_SMTP_HARDERROR);
	questions->note = add_weight;
	questions->judge = judge;
	for (size_t i = 0; i < lists->count; i++)
		if (dns_name_reverse(name, &client, lists->list[i].zone)) /* which a zone leaves room for */
			questions_ask(questions, RESOLVER_A, name);
	return questions_end(questions);
}

struct ftg_reply
check_blocklists(struct smtp_session *s, const struct policy_subject *subject)
{
	(void)subject;
	return s->config->blocklist_stage == BLOCKLIST_CONNECT ? look_up(s) : policy_pass();
}

struct ftg_reply
check_blocklists_recipient(struct smtp_session *s, const struct policy_subject *subject)
{
	(void)subject;
	return s->config->blocklist_stage == BLOCKLIST_RECIPIENT ? look_up(s) : policy_pass();
}
