/* The commands of POP3: in which states each is legal, and the simple ones. */
#include <string.h>

#include "pop3/internal.h"
#include "session/command.h"

static struct ftg_reply
do_noop(struct pop3_session *s, const char *arg, size_t len)
{
	(void)s, (void)arg, (void)len;
	return ftg_reply(FTG_POP_OK);
}

static struct ftg_reply
do_dele(struct pop3_session *s, const char *arg, size_t len)
{
	size_t number;
	struct ftg_reply fault = number_message(s, &arg, &len, &number);

	if (fault.id != FTG_IDS)
		return fault;
	if (len > 0)
		return ftg_reply(ERR_POP_SYNTAX);
	maildrop_delete(s->maildrop, number);
	return ftg_reply(FTG_POP_DELE);
}

static struct ftg_reply
do_rset(struct pop3_session *s, const char *arg, size_t len)
{
	(void)arg, (void)len;
	maildrop_reset(s->maildrop);
	return ftg_reply(FTG_POP_RSET);
}

/* The UPDATE state has ended (RFC 1939 section 6). The maildrop is unlocked before the client gets the reply. */
static void
update_is_done(void *context, enum maildrop_result result)
{
	struct pop3_session *s = context;
	size_t left = maildrop_total(s->maildrop).messages;

	s->busy = false;
	if (result == MAILDROP_OK) {
		s->tally.removed = maildrop_count(s->maildrop) - left;
		stats_add(s->config->stats, STAT_REMOVED, s->tally.removed);
	} else {
		pop3_log_failure(s, "remove-failed");
	}
	login_forget(s);
	s->state = POP3_CLOSED;
	pop3_reply(s, result == MAILDROP_OK ? ftg_reply_count(FTG_POP_QUIT, left) : ftg_reply(FTG_POP_NOT_REMOVED));
	pop3_resume(s);
}

static struct ftg_reply
do_quit(struct pop3_session *s, const char *arg, size_t len)
{
	(void)arg, (void)len;
	if (s->state == POP3_TRANSACTION) {
		s->busy = true;
		maildrop_update(s->maildrop, update_is_done, s);
		return answered();
	}
	s->state = POP3_CLOSED;
	return ftg_reply(FTG_POP_BYE);
}

/* RAW: the argument is all that follows one space. */
enum arity { NO_ARGUMENT, OPTIONAL, REQUIRED, RAW };

enum secrecy { IN_CLEAR, ENCRYPTED }; /* ENCRYPTED: refused without TLS if the server requires TLS */

static const struct command {
	const char *verb;
	struct ftg_reply (*run)(struct pop3_session *s, const char *arg, size_t len);
	unsigned states;
	enum arity arity;
	enum secrecy secrecy;
} commands[] = {
	{ "RETR", message_retrieve, POP3_TRANSACTION, REQUIRED, IN_CLEAR },
	{ "DELE", do_dele, POP3_TRANSACTION, REQUIRED, IN_CLEAR },
	{ "TOP", message_top, POP3_TRANSACTION, REQUIRED, IN_CLEAR },
	{ "UIDL", listing_uidl, POP3_TRANSACTION, OPTIONAL, IN_CLEAR },
	{ "LIST", listing_list, POP3_TRANSACTION, OPTIONAL, IN_CLEAR },
	{ "STAT", listing_stat, POP3_TRANSACTION, NO_ARGUMENT, IN_CLEAR },
	{ "NOOP", do_noop, POP3_TRANSACTION, NO_ARGUMENT, IN_CLEAR },
	{ "RSET", do_rset, POP3_TRANSACTION, NO_ARGUMENT, IN_CLEAR },
	{ "QUIT", do_quit, POP3_ANY, NO_ARGUMENT, IN_CLEAR },
	{ "CAPA", capa_list, POP3_ANY, NO_ARGUMENT, IN_CLEAR },
	{ "LANG", lang_choose, POP3_ANY, OPTIONAL, IN_CLEAR },
	{ "UTF8", lang_utf8, POP3_AUTHORIZATION, NO_ARGUMENT, IN_CLEAR },
	{ "STLS", stls_start, POP3_AUTHORIZATION, NO_ARGUMENT, IN_CLEAR },
	{ "USER", login_user, POP3_AUTHORIZATION, REQUIRED, ENCRYPTED },
	{ "PASS", login_pass, POP3_AUTHORIZATION, RAW, ENCRYPTED },
	{ "APOP", login_apop, POP3_AUTHORIZATION, REQUIRED, ENCRYPTED },
	{ "AUTH", exchange_start, POP3_AUTHORIZATION, REQUIRED, ENCRYPTED },
};

static const struct command *
find_command(struct span verb)
{
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (span_equals(verb, commands[i].verb))
			return &commands[i];
	return NULL;
}

/* Runs a line without control octets. */
static struct ftg_reply
run_line(struct pop3_session *s, const char *text, size_t len)
{
	const struct command_line line = command_split(text, len);
	const struct command *command = find_command(line.verb);

	if (command == NULL)
		return refuse_for(s, ERR_POP_SYNTAX, "unknown-command");
	struct span argument = command->arity == RAW ? line.raw : line.argument;
	if (!(command->states & s->state))
		return refuse_for(s, ERR_POP_SYNTAX, "sequence");
	if (command->secrecy == ENCRYPTED && stls_is_missing(s))
		return ftg_reply(ERR_POP_TLS);
	if (argument.len == 0 ? command->arity >= REQUIRED : command->arity == NO_ARGUMENT)
		return ftg_reply(ERR_POP_SYNTAX);
	return command->run(s, argument.text, argument.len);
}

/* Refuses a client that speaks another protocol. A third party may have written what it sends next, so the session ends. */
static struct ftg_reply
refuse_foreign(struct pop3_session *s, const char *protocol)
{
	s->state = POP3_CLOSED;
	return refuse_for(s, ERR_POP_SYNTAX, protocol);
}

static struct ftg_reply
run(struct pop3_session *s, const struct line *line)
{
	if (s->state == POP3_AUTH)
		return exchange_line(s, line);
	const char *protocol = command_foreign((struct span) { line->text, line->len });
	if (protocol != NULL)
		return refuse_foreign(s, protocol);
	switch (line->status) {
	case LINE_READY: return run_line(s, line->text, line->len);
	case LINE_NO_MEMORY: return ftg_reply(FTG_POP_TROUBLE);
	case LINE_TOO_LONG: return refuse_for(s, ERR_POP_SYNTAX, "line-too-long");
	default: return refuse_for(s, ERR_POP_SYNTAX, "control-octet");
	}
}

void
pop3_refuse_tls(struct pop3_session *s)
{
	pop3_reply(s, refuse_foreign(s, "tls-handshake"));
}

void
pop3_run(struct pop3_session *s, const struct line *line)
{
	struct ftg_reply reply = run(s, line);
	if (reply.id != FTG_IDS)
		pop3_reply(s, reply);
}
