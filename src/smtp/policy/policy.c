/* The security policy: the table of checks, and how the checks of a stage run. */
#include "smtp/policy/policy.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/ascii.h"
#include "smtp/lookup_state.h"
#include "smtp/policy/checks.h"

enum { ANSWERS_MAX = 4 };

/* The clients, and the recipients, that are exempt from a check. */
enum exempt {
	NOBODY = 0,
	USERS = 1 << 0,     /* who are logged in */
	RELAYS = 1 << 1,    /* clients that may relay by their address */
	PERMITTED = 1 << 2, /* clients on the permitted list */
	SENDERS = 1 << 3,   /* clients of a listener where users have to log in */
	KNOWN = USERS | RELAYS | PERMITTED | SENDERS,
	POSTMASTER = 1 << 4, /* of any domain: the directory has not been asked whether it is hosted here */
	HOSTED = 1 << 5,     /* recipients that the directory knows, for a check from which POSTMASTER was exempt */
};

/*
 * In the order in which they run: at each stage, the cheapest first. No check refuses the postmaster of a hosted domain for
 * the client's address: a client that is listed by mistake can write to it (RFC 5321 section 4.5.1).
 */
static const struct check {
	const char *name; /* in the log */
	enum policy_stage stage;
	unsigned exempt;
	policy_check *run;
	enum ftg_id
	    answers[ANSWERS_MAX]; /* that it may give, beside ERR_SMTP_HARDERROR; the rest is 0, which is none */
} checks[] = {
	{ "directory", POLICY_CONNECT, NOBODY, check_client_lookup, { 0 } },
	{ "refused-network", POLICY_CONNECT, NOBODY, check_refused_network, { ERR_SMTP_REJECT_IP } },
	{ "blocklists", POLICY_CONNECT, KNOWN, check_blocklists, { ERR_SMTP_REJECT_RBL } },
	{ "ptr", POLICY_CONNECT, KNOWN, check_ptr, { ERR_SMTP_REJECT_PTR } },
	{ "helo", POLICY_HELLO, KNOWN, check_hello, { ERR_SMTP_TARPIT } },
	{ "send-right", POLICY_SENDER, NOBODY, check_send_right, { ERR_SMTP_ACCESSDENIED2 } },
	{ "directory", POLICY_SENDER, NOBODY, check_sender_lookup, { 0 } },
	{ "own-senders", POLICY_SENDER, NOBODY, check_own_sender, { ERR_SMTP_AUTHMISMATCH } },
	{ "hosted-senders", POLICY_SENDER, NOBODY, check_hosted_sender, { ERR_SMTP_ONLYHOSTED } },
	{ "anti-spoofing", POLICY_SENDER, KNOWN, check_spoofing, { ERR_SMTP_SPOOF } },
	{ "sender-blacklist", POLICY_SENDER, USERS, check_sender_blacklist, { ERR_SMTP_SENDERBLACKLISTED } },
	{ "sender-domain", POLICY_SENDER, USERS | RELAYS, check_sender_domain,
	    { ERR_SMTP_ADDRESS_SENDERSPOOF, ERR_SMTP_SENDERDOMAIN } },
	{ "temporary-blacklist", POLICY_RECIPIENT, USERS | POSTMASTER, check_temporary_blacklist,
	    { FTG_SMTP_BLOCKED } },
	{ "blacklist", POLICY_RECIPIENT, USERS | POSTMASTER, check_blacklist, { ERR_SMTP_ACCESSDENIED } },
	{ "permitted-only", POLICY_RECIPIENT, KNOWN | POSTMASTER, check_permitted, { ERR_SMTP_ACCESSDENIED } },
	{ "blocklists", POLICY_RECIPIENT, KNOWN | POSTMASTER, check_blocklists_recipient, { ERR_SMTP_ACCESSDENIED } },
	{ "access", POLICY_RECIPIENT, USERS | POSTMASTER, check_access_known, { 0 } },
	{ "directory", POLICY_RECIPIENT, NOBODY, check_recipient_lookup, { 0 } },
	{ "temporary-blacklist", POLICY_RECIPIENT, USERS | HOSTED, check_temporary_blacklist, { FTG_SMTP_BLOCKED } },
	{ "blacklist", POLICY_RECIPIENT, USERS | HOSTED, check_blacklist, { ERR_SMTP_ACCESSDENIED } },
	{ "recipient-domain", POLICY_RECIPIENT, NOBODY, check_recipient_domain, { ERR_SMTP_ADDRESS_DOAMIN } },
	{ "posting", POLICY_ACCEPTED, NOBODY, check_posting, { ERR_SMTP_GLACCESSDENIED } },
	{ "greylist", POLICY_ACCEPTED, KNOWN, check_greylist, { ERR_SMTP_GLFAILRCP } },
	{ "greylist", POLICY_DATA, KNOWN, check_greylist_data, { ERR_SMTP_GLFAILDATA } },
	{ "service", POLICY_CONNECT, NOBODY, check_services, { ERR_SMTP_REJECT_IP, ERR_SMTP_GLFAILRCP } },
	{ "service", POLICY_HELLO, NOBODY, check_services,
	    { ERR_SMTP_ACCESSDENIED2, ERR_SMTP_SPFFAIL, ERR_SMTP_GLFAILRCP } },
	{ "service", POLICY_SENDER, NOBODY, check_services,
	    { ERR_SMTP_ACCESSDENIED2, ERR_SMTP_SPFFAIL, ERR_SMTP_GLFAILRCP } },
	{ "service", POLICY_ACCEPTED, NOBODY, check_services,
	    { ERR_SMTP_ACCESSDENIED2, ERR_SMTP_SPFFAIL, ERR_SMTP_GLFAILRCP } },
	{ "service", POLICY_DATA, NOBODY, check_services,
	    { ERR_SMTP_ACCESSDENIED2, ERR_SMTP_SPFFAIL, ERR_SMTP_GLFAILDATA } },
	{ "author", POLICY_CONTENT, KNOWN, check_author, { ERR_SMTP_SPOOF } },
	{ "content", POLICY_CONTENT, NOBODY, check_content, { ERR_SMTP_MESSAGE_CONTENT } },
	{ "filter", POLICY_CONTENT, NOBODY, check_filters,
	    { ERR_SMTP_MESSAGE_OTHER, ERR_SMTP_SPFFAIL, ERR_SMTP_GLFAILDATA } },
};
enum { CHECKS = sizeof checks / sizeof *checks };

/* Copies of the data that a check needs if it decides later. */
struct policy_kept {
	struct address address;
	char path[SMTP_HELD_MAX];
	char text[SMTP_HELD_MAX];
};

bool
policy_is_postmaster(const struct address *address)
{
	static const char name[] = "postmaster";

	return strlen(address->local) == sizeof name - 1 && ascii_equal(address->local, name, sizeof name - 1);
}

static bool
is_exempt(const struct smtp_session *s, unsigned exempt)
{
	return ((exempt & USERS) && s->user != NULL) || ((exempt & RELAYS) && (s->access & ACCESS_RELAY)) ||
	    ((exempt & PERMITTED) && (s->access & ACCESS_PERMITTED)) ||
	    ((exempt & SENDERS) && s->config->auth_required) ||
	    ((exempt & POSTMASTER) && policy_is_postmaster(s->policy.subject.address)) ||
	    ((exempt & HOSTED) && s->lookup->recipient.base.verdict != DIRECTORY_NO_DOMAIN);
}

bool
policy_is_known(const struct smtp_session *s)
{
	return is_exempt(s, KNOWN);
}

static bool
may_answer(const struct check *check, enum ftg_id id)
{
	bool may = id == ERR_SMTP_HARDERROR;
	for (size_t i = 0; i < ANSWERS_MAX; i++)
		may |= check->answers[i] != 0 && check->answers[i] == id;
	return may;
}

/* Is the refusal permanent, in either profile, of a client that may be exempt from the check? */
static bool
is_premature(const struct smtp_session *s, const struct check *check, enum ftg_id id)
{
	const struct ftg_code *code = ftg_row(id)->code;

	return s->access_unknown && (check->exempt & (RELAYS | PERMITTED)) &&
	    (code[FTG_PUBLISHED].reply[0] == '5' || code[FTG_STRICT].reply[0] == '5');
}

static struct ftg_reply
refuse(struct smtp_session *s, struct ftg_reply verdict)
{
	const struct check *check = &checks[s->policy.next - 1];
	(void)may_answer;
	assert(may_answer(check, verdict.id));
	if (is_premature(s, check, verdict.id))
		verdict = refuse_for(s, ERR_SMTP_HARDERROR, "directory");
	s->policy.refused_by = check->name;
	return s->policy.then(s, verdict);
}

static struct ftg_reply
ask(struct smtp_session *s, const struct check *check)
{
	struct policy_run *run = &s->policy;
	run->inside = true;
	struct ftg_reply verdict = check->run(s, &run->subject);
	run->inside = false;
	if (run->decided)
		verdict = s->held.reply;
	run->decided = false;
	return verdict;
}

static struct ftg_reply
run_checks(struct smtp_session *s)
{
	struct policy_run *run = &s->policy;
	while (run->next < CHECKS) {
		const struct check *check = &checks[run->next++];
		if (check->stage != run->stage || is_exempt(s, check->exempt))
			continue;
		struct ftg_reply verdict = ask(s, check);
		if (run->waiting)
			return ftg_reply(FTG_IDS);
		if (verdict.id != FTG_IDS)
			return refuse(s, verdict);
	}
	return run->then(s, policy_pass());
}

void
policy_end(struct policy_run *run)
{
	free(run->kept);
	run->kept = NULL;
}

struct ftg_reply
policy_run(
    struct smtp_session *s, enum policy_stage stage, const struct address *address, struct span text, policy_then *then)
{
	struct policy_run *run = &s->policy;
	*run = (struct policy_run) {
		.stage = (unsigned char)stage,
		.subject = { address, text },
		.then = then,
		.kept = run->kept,
	};
	return run_checks(s);
}

static struct span
copy_span(char copy[SMTP_HELD_MAX], struct span text)
{
	if (text.text == NULL)
		return text;
	size_t len = text.len < SMTP_HELD_MAX ? text.len : SMTP_HELD_MAX;
	return (struct span) { memmove(copy, text.text, len), len };
}

/* The subject may point to the copies already, if an earlier stage of the same command has waited. */
bool
policy_wait(struct smtp_session *s)
{
	struct policy_run *run = &s->policy;
	bool has_subject = run->subject.address != NULL || run->subject.text.text != NULL || s->path.text != NULL;
	if (has_subject && run->kept == NULL && (run->kept = malloc(sizeof *run->kept)) == NULL)
		return false;
	if (run->subject.address != NULL && run->subject.address != &run->kept->address)
		run->kept->address = *run->subject.address;
	if (run->subject.address != NULL)
		run->subject.address = &run->kept->address;
	if (has_subject) {
		run->subject.text = copy_span(run->kept->text, run->subject.text);
		s->path = copy_span(run->kept->path, s->path);
	}
	run->waiting = true;
	s->busy = true;
	return true;
}

void
policy_decide(struct smtp_session *s, struct ftg_reply verdict)
{
	struct policy_run *run = &s->policy;
	assert(run->waiting);
	run->waiting = false;
	s->busy = false;
	if (run->inside) {
		held_keep(&s->held, verdict);
		run->decided = true;
		return;
	}
	struct ftg_reply reply = verdict.id != FTG_IDS ? refuse(s, verdict) : run_checks(s);
	if (reply.id != FTG_IDS)
		smtp_reply(s, reply);
	if (!run->waiting)
		policy_end(run);
	smtp_resume(s);
}
