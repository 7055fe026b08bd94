/* The commands of SMTP: in which states each is legal, and the simple ones. */
#include <stdlib.h>
#include <string.h>

#include "session/command.h"
#include "smtp/internal.h"
#include "smtp/params.h"

/* The return value of a handler that has sent its reply, or will. */
static struct ftg_reply
answered(void)
{
	return ftg_reply(FTG_IDS);
}

static struct ftg_reply
about(enum ftg_id id, struct span text)
{
	return ftg_reply_text(id, text.text, text.len);
}

/* EHLO and HELO (RFC 5321 section 4.1.1.1). Any name is accepted; the trace line replaces unsafe octets in it. */
static bool
introduce(struct smtp_session *s, struct span name, bool extended)
{
	char *copy = strndup(name.text, name.len < SMTP_NAME_MAX ? name.len : SMTP_NAME_MAX);

	if (copy == NULL)
		return false;
	free(s->name);
	s->name = copy;
	s->extended = extended;
	transaction_reset(s);
	s->state = SMTP_READY;
	return true;
}

static struct ftg_reply
ehlo(struct smtp_session *s, struct ftg_reply verdict)
{
	if (verdict.id != FTG_IDS)
		return verdict;
	if (!introduce(s, s->policy.subject.text, true))
		return ftg_reply(ERR_SMTP_HARDERROR);
	ehlo_answer(s);
	return answered();
}

static struct ftg_reply
helo(struct smtp_session *s, struct ftg_reply verdict)
{
	if (verdict.id != FTG_IDS)
		return verdict;
	if (!introduce(s, s->policy.subject.text, false))
		return ftg_reply(ERR_SMTP_HARDERROR);
	helo_answer(s);
	return answered();
}

static struct ftg_reply
do_ehlo(struct smtp_session *s, const char *arg, size_t len)
{
	return policy_run(s, POLICY_HELLO, NULL, (struct span) { arg, len }, ehlo);
}

static struct ftg_reply
do_helo(struct smtp_session *s, const char *arg, size_t len)
{
	return policy_run(s, POLICY_HELLO, NULL, (struct span) { arg, len }, helo);
}

/* Removes "FROM:" or "TO:" from the argument, and spaces after it, which are not legal. False if no path can follow. */
static bool
skip_keyword(struct span *arg, const char *keyword)
{
	size_t len = strlen(keyword);

	if (arg->len < len || !ascii_equal(arg->text, keyword, len))
		return false;
	for (; len < arg->len && arg->text[len] == ' '; len++)
		;
	*arg = (struct span) { arg->text + len, arg->len - len };
	return arg->len > 0;
}

/* The octets that stand for a path that does not parse, without brackets; for the reply and the log. */
static struct span
written_path(struct span arg)
{
	const char *end = arg.text + arg.len;

	if (*arg.text != '<') {
		const char *space = memchr(arg.text, ' ', arg.len);
		return (struct span) { arg.text, (size_t)((space != NULL ? space : end) - arg.text) };
	}
	const char *close = memrchr(arg.text, '>', arg.len);
	return (struct span) { arg.text + 1, (size_t)((close != NULL ? close : end) - arg.text) - 1 };
}

/*
 * Parses the path at the start of *rest, and removes it. s->path is then its mailbox, or the invalid text in its place.
 */
static enum address_error
parse_path(struct smtp_session *s, struct address *address, struct span *rest, bool reverse, bool utf8)
{
	size_t used;
	enum address_error error = address_parse_path(address, rest->text, rest->len, &used, reverse, !reverse, utf8);

	s->path = written_path(*rest);
	if (used == 0 || (used < rest->len && rest->text[used] != ' '))
		return ADDRESS_SYNTAX;
	s->path = (struct span) { rest->text + address->at, address->len };
	*rest = (struct span) { rest->text + used, rest->len - used };
	return error;
}

static bool
open_envelope(struct smtp_session *s, const struct address *sender, const struct params *params)
{
	char text[ADDRESS_TEXT_SIZE];

	s->outlet->speak_of(s->outlet, LANGUAGE_OF_DOMAIN, ""); /* a login that failed may have set it */
	if (envelope_open(&s->envelope, envelope_spell(text, s->path, sender), params->utf8) &&
	    dsn_keep_message(&s->envelope.dsn, params->ret, params->envid)) {
		s->envelope.size = params->size;
		s->transactions++;
		s->envelope.eightbit = params->eightbit;
		return true;
	}
	envelope_clear(&s->envelope);
	return false;
}

/* The policy has accepted the sender: checks the declared size and the free space. */
static struct ftg_reply
accept_sender(struct smtp_session *s, struct ftg_reply verdict)
{
	size_t max = s->config->max_message_size;

	if (verdict.id == FTG_IDS && max != 0 && s->envelope.size > max)
		verdict = ftg_reply(ERR_SMTP_MESSAGE_LENGTH);
	else if (verdict.id == FTG_IDS && s->config->delivery->is_full(s->config->delivery, s->config->executor))
		verdict = ftg_reply(ERR_SMTP_SYSTEM_LENGTH);
	if (verdict.id != FTG_IDS) {
		envelope_clear(&s->envelope);
		return verdict;
	}
	s->state = SMTP_SENDER;
	return about(ERR_SMTP_SENDEROK, s->path);
}

/* The reply to a path that is no sender's. */
static struct ftg_reply
refuse_sender(struct smtp_session *s, enum address_error error)
{
	if (error == ADDRESS_DOMAIN)
		s->cause = "invalid-domain";
	return error == ADDRESS_NO_MEMORY ? ftg_reply(ERR_SMTP_HARDERROR) : about(ERR_SMTP_ADDRESS_SENDER, s->path);
}

/* The reply to a path that is no recipient's. */
static struct ftg_reply
refuse_recipient(struct smtp_session *s, enum address_error error)
{
	switch (error) {
	case ADDRESS_TOO_LONG: return about(ERR_SMTP_ADDRESS_INVALID, s->path);
	case ADDRESS_NO_MEMORY: return ftg_reply(ERR_SMTP_HARDERROR);
	case ADDRESS_DOMAIN:
		s->cause = "invalid-domain";
		return about(relaying_is_allowed(s) ? ERR_SMTP_ADDRESS_DOAMIN : ERR_SMTP_ADDRESS_SYNTAX, s->path);
	default: return about(ERR_SMTP_ADDRESS_SYNTAX, s->path);
	}
}

static struct ftg_reply
do_mail(struct smtp_session *s, const char *arg, size_t len)
{
	struct span rest = { arg, len }, bad;
	struct address sender;
	struct params params = { .dsn = ehlo_offers_dsn(s) };

	if (auth_is_missing(s))
		return ftg_reply(ERR_SMTP_AUTHREQUIRED);
	if (!skip_keyword(&rest, "FROM:"))
		return ftg_reply(ERR_SMTP_ARGUMANT);
	enum address_error error = parse_path(s, &sender, &rest, true, true);
	if (error != ADDRESS_OK)
		return refuse_sender(s, error);
	if (!params_read(&params, PARAMS_MAIL, rest, &bad))
		return about(ERR_SMTP_SYNTAX2, bad);
	if (sender.utf8 && !params.utf8) {
		s->cause = "needs-smtputf8";
		return about(ERR_SMTP_ADDRESS_SENDER, s->path);
	}
	if (!open_envelope(s, &sender, &params))
		return ftg_reply(ERR_SMTP_HARDERROR);
	return policy_run(s, POLICY_SENDER, &sender, s->path, accept_sender);
}

static struct ftg_reply
accept_recipient(struct smtp_session *s, struct ftg_reply verdict)
{
	return verdict.id != FTG_IDS ? verdict : recipient_add(s, s->policy.subject.address);
}

static struct ftg_reply
do_rcpt(struct smtp_session *s, const char *arg, size_t len)
{
	struct span rest = { arg, len }, bad;
	struct address address;
	struct params params = { .dsn = ehlo_offers_dsn(s), .utf8 = s->envelope.utf8 };

	if (!skip_keyword(&rest, "TO:"))
		return ftg_reply(ERR_SMTP_ARGUMANT);
	enum address_error error = parse_path(s, &address, &rest, false, s->envelope.utf8);
	if (error != ADDRESS_OK)
		return refuse_recipient(s, error);
	if (!params_read(&params, PARAMS_RCPT, rest, &bad))
		return about(ERR_SMTP_SYNTAX2, bad);
	if (s->envelope.rcpts >= s->config->max_recipients)
		return ftg_reply(ERR_SMTP_RCPTCOUNT);
	dsn_forget(&s->envelope.dsn, s->envelope.rcpts); /* what a recipient that was refused has left */
	if (!dsn_keep_recipient(&s->envelope.dsn, s->envelope.rcpts, params.notify, params.orcpt))
		return ftg_reply(ERR_SMTP_HARDERROR);
	return policy_run(s, POLICY_RECIPIENT, &address, s->path, accept_recipient);
}

static struct ftg_reply
begin_data(struct smtp_session *s, struct ftg_reply verdict)
{
	if (verdict.id != FTG_IDS)
		return verdict;
	if (!message_begin(s))
		return ftg_reply(ERR_SMTP_HARDERROR);
	s->state = SMTP_DATA;
	return ftg_reply(ERR_SMTP_DATASTART);
}

static struct ftg_reply
do_data(struct smtp_session *s, const char *arg, size_t len)
{
	(void)arg, (void)len;
	return policy_run(s, POLICY_DATA, NULL, (struct span) { NULL, 0 }, begin_data);
}

static struct ftg_reply
do_rset(struct smtp_session *s, const char *arg, size_t len)
{
	(void)arg, (void)len;
	transaction_reset(s);
	if (s->state != SMTP_START)
		s->state = SMTP_READY;
	return ftg_reply(ERR_SMTP_OK);
}

static struct ftg_reply
do_noop(struct smtp_session *s, const char *arg, size_t len)
{
	(void)s, (void)arg, (void)len;
	return ftg_reply(ERR_SMTP_OK);
}

static struct ftg_reply
do_help(struct smtp_session *s, const char *arg, size_t len)
{
	(void)s, (void)arg, (void)len;
	return ftg_reply(FTG_SMTP_HELP);
}

static struct ftg_reply
do_quit(struct smtp_session *s, const char *arg, size_t len)
{
	(void)arg, (void)len;
	message_abandon(s);
	s->state = SMTP_CLOSED;
	return ftg_reply(ERR_SMTP_CLOSING);
}

enum arity { NO_ARGUMENT, OPTIONAL, REQUIRED };

enum secrecy { IN_CLEAR, ENCRYPTED }; /* where the server requires TLS */

static const struct command {
	const char *verb;
	struct ftg_reply (*run)(struct smtp_session *s, const char *arg, size_t len);
	unsigned states;
	enum arity arity;
	enum secrecy secrecy;
} commands[] = {
	{ "RCPT", do_rcpt, SMTP_SENDER | SMTP_RECIPIENT, REQUIRED, ENCRYPTED },
	{ "MAIL", do_mail, SMTP_READY, REQUIRED, ENCRYPTED },
	{ "DATA", do_data, SMTP_RECIPIENT, NO_ARGUMENT, ENCRYPTED },
	{ "BDAT", bdat_start, SMTP_ANY, OPTIONAL, IN_CLEAR }, /* whatever is wrong, its chunk has to be read first */
	{ "EHLO", do_ehlo, SMTP_ANY, REQUIRED, IN_CLEAR },
	{ "HELO", do_helo, SMTP_ANY, REQUIRED, ENCRYPTED },
	{ "QUIT", do_quit, SMTP_ANY, NO_ARGUMENT, IN_CLEAR },
	{ "RSET", do_rset, SMTP_ANY, NO_ARGUMENT, ENCRYPTED },
	{ "NOOP", do_noop, SMTP_ANY, OPTIONAL, IN_CLEAR },
	{ "AUTH", auth_start, SMTP_READY, REQUIRED, ENCRYPTED },
	{ "STARTTLS", starttls_start, SMTP_START | SMTP_READY, NO_ARGUMENT, IN_CLEAR },
	{ "VRFY", lookup_verify, SMTP_ANY, REQUIRED, ENCRYPTED },
	{ "EXPN", lookup_expand, SMTP_ANY, REQUIRED, ENCRYPTED },
	{ "ETRN", lookup_queue, SMTP_READY, REQUIRED, ENCRYPTED },
	{ "XLANG", xlang_choose, SMTP_ANY, REQUIRED, ENCRYPTED },
	{ "HELP", do_help, SMTP_ANY, OPTIONAL, ENCRYPTED },
};

static const struct command *
find_command(struct span verb)
{
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (span_equals(verb, commands[i].verb))
			return &commands[i];
	return NULL;
}

/* White space at the end of a line is ignored (RFC 5321 section 4.1.1). */
static size_t
trimmed(const char *text, size_t len)
{
	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	return len;
}

bool
command_names_recipient(struct smtp_session *s, struct span text, struct address *address)
{
	size_t len = trimmed(text.text, text.len);
	struct command_line line = command_split(text.text, len);
	struct params params = { .dsn = ehlo_offers_dsn(s), .utf8 = s->envelope.utf8 };
	const struct span path = s->path;
	struct span bad;

	if (!span_equals(line.verb, "RCPT") || memchr(text.text, '\t', len) != NULL ||
	    !skip_keyword(&line.argument, "TO:"))
		return false;
	bool valid = parse_path(s, address, &line.argument, false, s->envelope.utf8) == ADDRESS_OK &&
	    params_read(&params, PARAMS_RCPT, line.argument, &bad);
	s->path = path;
	return valid;
}

/* Runs a line of printable octets and tabs. */
static struct ftg_reply
run_line(struct smtp_session *s, const char *text, size_t len)
{
	len = trimmed(text, len);
	const struct command_line line = command_split(text, len);
	if (line.verb.len == 0 || memchr(text, '\t', len) != NULL)
		return refuse_for(s, ERR_SMTP_SYNTAX, line.verb.len == 0 ? "no-command" : "control-octet");
	const struct command *command = find_command(line.verb);
	if (command == NULL)
		return ftg_reply(ERR_SMTP_SYNTAX3);
	if (command->secrecy == ENCRYPTED && starttls_is_missing(s))
		return ftg_reply(ERR_SMTP_TLSREQUIRED);
	if (line.argument.len == 0 ? command->arity == REQUIRED : command->arity == NO_ARGUMENT)
		return ftg_reply(ERR_SMTP_ARGUMANT);
	if (!(command->states & s->state))
		return ftg_reply(ERR_SMTP_ADDRESS_SEQUENCE);
	return command->run(s, line.argument.text, line.argument.len);
}

/*
 * Refuses a client that speaks another protocol. A third party may have written
 * what it sends next, so the session ends.
 */
static struct ftg_reply
refuse_foreign(struct smtp_session *s, const char *protocol)
{
	s->state = SMTP_CLOSED;
	message_abandon(s);
	return refuse_for(s, ERR_SMTP_SYSTEM_ZOMBIE, protocol);
}

static struct ftg_reply
run(struct smtp_session *s, const struct line *line)
{
	if (s->state == SMTP_AUTH)
		return auth_line(s, line);
	const char *protocol = command_foreign((struct span) { line->text, line->len });
	if (protocol != NULL)
		return refuse_foreign(s, protocol);
	switch (line->status) {
	case LINE_READY: return run_line(s, line->text, line->len);
	case LINE_NO_MEMORY: return ftg_reply(ERR_SMTP_HARDERROR);
	case LINE_TOO_LONG: return refuse_for(s, ERR_SMTP_SYNTAX, "line-too-long");
	default: return refuse_for(s, ERR_SMTP_SYNTAX, "control-octet");
	}
}

void
command_refuse_tls(struct smtp_session *s)
{
	smtp_reply(s, refuse_foreign(s, "tls-handshake"));
}

void
command_run(struct smtp_session *s, const struct line *line)
{
	s->path = (struct span) { NULL, 0 };
	struct ftg_reply reply = run(s, line);
	if (reply.id != FTG_IDS)
		smtp_reply(s, reply);
}
