/* The commands of POP3: what each does, and when it may come. */
#include <string.h>

#include "base/ascii.h"
#include "pop3/internal.h"

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

/* The UPDATE state is over (RFC 1939 section 6). The lock is given up before the client knows. */
static void
updated(void *context, enum maildrop_result result)
{
	struct pop3_session *s = context;
	size_t left = maildrop_total(s->maildrop).messages;

	s->busy = false;
	if (result == MAILDROP_OK) {
		s->tally.removed = maildrop_count(s->maildrop) - left;
		stats_add(s->config->stats, STAT_REMOVED, s->tally.removed);
	} else {
		pop3_trouble(s, "remove-failed");
	}
	pop3_forget(s);
	s->state = POP3_CLOSED;
	pop3_answer(s, result == MAILDROP_OK ? ftg_reply_count(FTG_POP_QUIT, left) : ftg_reply(FTG_POP_NOT_REMOVED));
	pop3_wake(s);
}

static struct ftg_reply
do_quit(struct pop3_session *s, const char *arg, size_t len)
{
	(void)arg, (void)len;
	if (s->state == POP3_TRANSACTION) {
		s->busy = true;
		maildrop_update(s->maildrop, updated, s);
		return answered();
	}
	s->state = POP3_CLOSED;
	return ftg_reply(FTG_POP_BYE);
}

/* RAW: the argument is all that stands behind one space, for a password may begin and end with spaces. */
enum arity { NO_ARGUMENT, OPTIONAL, REQUIRED, RAW };

enum secrecy { IN_CLEAR, ENCRYPTED }; /* where the server requires TLS */

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
find_command(const char *verb, size_t len)
{
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (len == strlen(commands[i].verb) && ascii_equal(verb, commands[i].verb, len))
			return &commands[i];
	return NULL;
}

/* A line without control octets: keyword, and an argument behind spaces. Spaces at its end are overlooked. */
static struct ftg_reply
run_line(struct pop3_session *s, const char *text, size_t len)
{
	const char *end = text + len;
	const char *space = memchr(text, ' ', len);
	const char *arg = space != NULL ? space : end;
	const struct command *command = find_command(text, (size_t)(arg - text));

	if (command == NULL)
		return ftg_reply(ERR_POP_SYNTAX);
	if (command->arity == RAW)
		arg += arg < end;
	for (; command->arity != RAW && end > arg && end[-1] == ' '; end--)
		;
	for (; command->arity != RAW && arg < end && *arg == ' '; arg++)
		;
	if (!(command->states & s->state))
		return ftg_reply(ERR_POP_SYNTAX);
	if (command->secrecy == ENCRYPTED && stls_is_missing(s))
		return ftg_reply(ERR_POP_TLS);
	if (arg == end ? command->arity >= REQUIRED : command->arity == NO_ARGUMENT)
		return ftg_reply(ERR_POP_SYNTAX);
	return command->run(s, arg, (size_t)(end - arg));
}

static struct ftg_reply
run(struct pop3_session *s, const struct line *line)
{
	if (s->state == POP3_AUTH)
		return exchange_line(s, line);
	switch (line->status) {
	case LINE_READY: return run_line(s, line->text, line->len);
	case LINE_NO_MEMORY: return ftg_reply(FTG_POP_TROUBLE);
	default: return ftg_reply(ERR_POP_SYNTAX);
	}
}

/* Messages may vanish, and mailboxes be in use, as often as they like; these are of the client's own making. */
static bool
is_error(enum ftg_id id)
{
	static const enum ftg_id errors[] = { ERR_POP_SYNTAX, ERR_POP_TLS, ERR_POP_SECUREAUTH, ERR_POP_LOGIN,
		ERR_POP_LOGIN2, ERR_POP_LOGIN3 };

	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
		if (errors[i] == id)
			return true;
	return false;
}

/* Over the limit another reply takes the place of an error, and ends the session. */
static void
count_refusal(struct pop3_session *s, struct ftg_reply *reply)
{
	s->errors += is_error(reply->id);
	if (is_error(reply->id) && s->errors > s->config->max_errors) {
		*reply = ftg_reply(FTG_POP_ERRORS);
		s->state = POP3_CLOSED;
	}
}

void
pop3_answer(struct pop3_session *s, struct ftg_reply reply)
{
	if (ftg_row(reply.id)->code[s->config->profile].reply[0] == '-') {
		count_refusal(s, &reply);
		pop3_refused(s, reply.id);
	}
	s->outlet->reply(s->outlet, &reply);
}

void
pop3_run(struct pop3_session *s, const struct line *line)
{
	struct ftg_reply reply = run(s, line);
	if (reply.id != FTG_IDS)
		pop3_answer(s, reply);
}
