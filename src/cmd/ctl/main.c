/* ftgatectl: manages the domains, accounts, aliases, lists, access lists and the relay queue of a server. */
#include "cmd/ctl/ctl.h"

#include <argp.h>
#include <errno.h>
#include <ftgate/version.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "base/text/nearest.h"
#include "base/text/translate.h"
#include "cmd/ctl/check/check.h"
#include "cmd/ctl/complete.h"
#include "cmd/ctl/text.h"
#include "cmd/ctl/transfer/import.h"
#include "cmd/options.h"
#include "cmd/output/charset.h"
#include "cmd/output/terminal.h"
#include "cmd/user_language.h"

/* clang-format off */
const struct command ctl_commands[] = {
	{ "quickstart", "", 1, SIZE_MAX, CTL_ANYWHERE, ctl_quickstart, N_("DOMAIN [SETTING=VALUE...]"), N_("set up a first server, and list the DNS records to publish") },
	{ "check-domain", "", 1, 1, CTL_ANYWHERE, ctl_check_domain, N_("DOMAIN"), N_("look the DNS records up that a domain needs for its mail, and say what is missing") },
	{ "domain", "list", 0, 0, RECORD_DOMAIN, ctl_list, "", N_("list the hosted domains") },
	{ "domain", "show", 1, 1, RECORD_DOMAIN, ctl_show, N_("NAME"), N_("show its settings") },
	{ "domain", "add", 1, SIZE_MAX, RECORD_DOMAIN, ctl_add, N_("NAME [SETTING=VALUE...]"), N_("host a domain") },
	{ "domain", "set", 2, SIZE_MAX, RECORD_DOMAIN, ctl_set, N_("NAME SETTING=VALUE..."), N_("change settings") },
	{ "domain", "remove", 1, 1, RECORD_DOMAIN, ctl_remove, N_("NAME"), N_("stop hosting it; it must be empty") },
	{ "account", "list", 0, 1, RECORD_ACCOUNT, ctl_list, N_("[DOMAIN]"), N_("list the accounts") },
	{ "account", "show", 1, 1, RECORD_ACCOUNT, ctl_show, N_("ADDRESS"), N_("show its settings") },
	{ "account", "add", 1, SIZE_MAX, RECORD_ACCOUNT, ctl_add, N_("ADDRESS [SETTING=VALUE...]"), N_("make an account and its Maildir") },
	{ "account", "set", 1, SIZE_MAX, RECORD_ACCOUNT, ctl_set, N_("ADDRESS [SETTING=VALUE...]"), N_("change settings; with none, the password") },
	{ "account", "remove", 1, 1, RECORD_ACCOUNT, ctl_remove, N_("ADDRESS"), N_("remove the account; its mail is kept") },
	{ "alias", "list", 0, 1, RECORD_ALIAS, ctl_list, N_("[DOMAIN]"), N_("list the aliases") },
	{ "alias", "show", 1, 1, RECORD_ALIAS, ctl_show, N_("ADDRESS"), N_("show its targets") },
	{ "alias", "add", 2, SIZE_MAX, RECORD_ALIAS, ctl_add, N_("ADDRESS TARGET..."), N_("forward an address to others") },
	{ "alias", "set", 2, SIZE_MAX, RECORD_ALIAS, ctl_set, N_("ADDRESS [add=TARGET...] [remove=TARGET...]"), N_("change its targets") },
	{ "alias", "remove", 1, 1, RECORD_ALIAS, ctl_remove, N_("ADDRESS"), N_("remove the alias") },
	{ "list", "list", 0, 1, RECORD_LIST, ctl_list, N_("[DOMAIN]"), N_("list the mailing lists") },
	{ "list", "show", 1, 1, RECORD_LIST, ctl_show, N_("ADDRESS"), N_("show its settings and members") },
	{ "list", "add", 1, SIZE_MAX, RECORD_LIST, ctl_add, N_("ADDRESS [MEMBER...] [SETTING=VALUE...]"), N_("make a list") },
	{ "list", "set", 2, SIZE_MAX, RECORD_LIST, ctl_set, N_("ADDRESS [add=MEMBER...] [remove=MEMBER...] [SETTING=VALUE...]"), N_("change it") },
	{ "list", "remove", 1, 1, RECORD_LIST, ctl_remove, N_("ADDRESS"), N_("remove the list") },
	{ "access", "list", 0, 1, RECORD_ACCESS, ctl_list, N_("[KIND]"), N_("list the entries of the access lists") },
	{ "access", "show", 2, 2, RECORD_ACCESS, ctl_show, N_("KIND VALUE"), N_("show an entry") },
	{ "access", "add", 2, SIZE_MAX, RECORD_ACCESS, ctl_add, N_("KIND VALUE [comment=TEXT] [text=TEXT]"), N_("add a network, an address or a domain") },
	{ "access", "set", 3, SIZE_MAX, RECORD_ACCESS, ctl_set, N_("KIND VALUE [comment=TEXT] [text=TEXT]"), N_("change its comment, or the words in which it refuses") },
	{ "access", "remove", 2, 2, RECORD_ACCESS, ctl_remove, N_("KIND VALUE"), N_("remove an entry") },
	{ "database", "migrate", 0, 0, CTL_FOLDER, ctl_migrate, "", N_("make the tables of the accounts in PostgreSQL, or bring them to this version") },
	{ "rename", "domain", 2, 2, RECORD_DOMAIN, ctl_rename, N_("NAME NEW-NAME"), N_("give a domain another name, with its addresses and mail") },
	{ "rename", "account", 2, 2, RECORD_ACCOUNT, ctl_rename, N_("ADDRESS NEW-ADDRESS"), N_("give an account another address; its mail and aliases follow") },
	{ "rename", "alias", 2, 2, RECORD_ALIAS, ctl_rename, N_("ADDRESS NEW-ADDRESS"), N_("give an alias another address") },
	{ "rename", "list", 2, 2, RECORD_LIST, ctl_rename, N_("ADDRESS NEW-ADDRESS"), N_("give a mailing list another address") },
	{ "export", "domains", 0, 0, RECORD_DOMAIN, ctl_export, "", N_("write the hosted domains in the form that import reads") },
	{ "export", "accounts", 0, 0, RECORD_ACCOUNT, ctl_export, "", N_("write the accounts in the form that import reads") },
	{ "export", "aliases", 0, 0, RECORD_ALIAS, ctl_export, "", N_("write the aliases in the form that import reads") },
	{ "export", "lists", 0, 0, RECORD_LIST, ctl_export, "", N_("write the mailing lists in the form that import reads") },
	{ "export", "access", 0, 0, RECORD_ACCESS, ctl_export, "", N_("write the entries of the access lists in the form that import reads") },
	{ "import", "domains", 1, 1, RECORD_DOMAIN, ctl_import, N_("FILE"), N_("add domains from a file of CSV or JSON, or standard input (-)") },
	{ "import", "accounts", 1, 1, RECORD_ACCOUNT, ctl_import, N_("FILE"), N_("add accounts from a file of CSV or JSON, or standard input (-)") },
	{ "import", "aliases", 1, 1, RECORD_ALIAS, ctl_import, N_("FILE"), N_("add aliases from a file of CSV or JSON, or standard input (-)") },
	{ "import", "lists", 1, 1, RECORD_LIST, ctl_import, N_("FILE"), N_("add mailing lists from a file of CSV or JSON, or standard input (-)") },
	{ "import", "access", 1, 1, RECORD_ACCESS, ctl_import, N_("FILE"), N_("add entries of the access lists from a file of CSV or JSON, or standard input (-)") },
	{ "blacklist", "list", 0, 0, RECORD_ACCESS, ctl_blacklist_list, "", N_("list who is blacklisted for good, and clients that are for a while, with the reason") },
	{ "blacklist", "remove", 1, 1, CTL_FOLDER, ctl_blacklist_remove, N_("ADDRESS"), N_("remove a client from the temporary blacklist") },
	{ "blacklist", "clear", 0, 0, CTL_FOLDER, ctl_blacklist_clear, "", N_("remove all clients from it") },
	{ "queue", "list", 0, 1, CTL_FOLDER, ctl_queue_list, N_("[DOMAIN]"), N_("list the messages to be sent to other servers") },
	{ "queue", "show", 1, 1, CTL_FOLDER, ctl_queue_show, N_("ID"), N_("show the envelope of a message and the state of its recipients") },
	{ "queue", "run", 0, 1, CTL_FOLDER, ctl_queue_run, N_("[ID | DOMAIN | @DOMAIN]"), N_("send it now; with @, to domains below it, too") },
	{ "queue", "hold", 1, SIZE_MAX, CTL_FOLDER, ctl_queue_hold, N_("ID..."), N_("do not send it until it is released") },
	{ "queue", "release", 1, SIZE_MAX, CTL_FOLDER, ctl_queue_release, N_("ID..."), N_("send a held message") },
	{ "queue", "remove", 1, SIZE_MAX, CTL_FOLDER, ctl_queue_remove, N_("ID..."), N_("remove it; its sender is not notified") },
	{ "srs", "rotate", 0, 0, CTL_FOLDER, ctl_srs_rotate, "", N_("sign the senders of forwarded mail with a new secret") },
	{ "text", "set", 3, SIZE_MAX, CTL_FOLDER, text_set, N_("LANGUAGE ID TEXT..."), N_("say a reply in your own words; several for a plural") },
	{ "text", "unset", 2, SIZE_MAX, CTL_FOLDER, text_unset, N_("LANGUAGE ID..."), N_("use the shipped words again") },
	{ "text", "edit", 1, 1, CTL_FOLDER, text_edit, N_("LANGUAGE"), N_("edit your own texts; they are checked before they are used") },
	{ "text", "apply", 1, 2, CTL_FOLDER, text_apply, N_("[LANGUAGE] FILE"), N_("use a .po, or standard input (-), instead of your own texts; for a database, a folder of them, too") },
	{ "text", "list", 0, 1, CTL_FOLDER, text_list, N_("[LANGUAGE]"), N_("list your own texts, and whether they are used") },
	{ "text", "show", 1, 2, CTL_FOLDER, text_show, N_("LANGUAGE [ID]"), N_("show a reply as it is sent; without ID, the .po") },
	{ "text", "diff", 1, 2, CTL_FOLDER, text_diff, N_("LANGUAGE [VERSION]"), N_("compare your own texts with an earlier version") },
	{ "text", "history", 0, 1, CTL_FOLDER, text_history, N_("[LANGUAGE]"), N_("list the last ten versions; of a database without LANGUAGE, the generations") },
	{ "text", "revert", 0, 2, CTL_FOLDER, text_revert, N_("[LANGUAGE] [VERSION]"), N_("use an earlier version again; of a database without LANGUAGE, a generation") },
	{ "text", "stale", 0, 1, CTL_FOLDER, text_stale, N_("[LANGUAGE]"), N_("show which English has changed since your own texts were written") },
	{ "text", "status", 0, 0, CTL_FOLDER, text_status, "", N_("show whether all servers speak the last own texts of the database") },
	{ "text", "forget", 0, 1, CTL_FOLDER, text_forget, N_("[SERVER]"), N_("leave a server that is gone out of text status; without SERVER, all that are silent") },
	{ "trace", "", 1, 1, CTL_ANYWHERE, ctl_trace, N_("ADDRESS|MESSAGE-ID|SESSION|REFERENCE"), N_("say what became of a message, from the log") },
	{ "reload", "", 0, 0, CTL_FOLDER, ctl_reload, "", N_("have the running server load texts and certificate again") },
	{ "status", "", 0, 0, CTL_FOLDER, ctl_status, "", N_("show whether the servers are well; with --server, all figures of one") },
};
/* clang-format on */
const size_t ctl_command_count = sizeof ctl_commands / sizeof *ctl_commands;

static bool
has_noun(const char *noun)
{
	for (size_t i = 0; i < ctl_command_count; i++)
		if (strcmp(noun, ctl_commands[i].noun) == 0)
			return true;
	return false;
}

static const struct command *
find_command(const char *noun, const char *verb)
{
	for (size_t i = 0; i < ctl_command_count; i++)
		if (strcmp(noun, ctl_commands[i].noun) == 0 && strcmp(verb, ctl_commands[i].verb) == 0)
			return &ctl_commands[i];
	return NULL;
}

/* Appends a word to a list with commas: "list, show, add". Words beyond its size are left out. */
static void
append(char *text, size_t size, const char *word)
{
	size_t len = strlen(text);
	if (len + strlen(word) + 2 < size)
		snprintf(text + len, size - len, "%s%s", len == 0 ? "" : ", ", word);
}

/* The verbs of a noun: "list, show, add, set, remove". */
static const char *
list_verbs(const char *noun)
{
	static char text[512];
	*text = '\0';
	for (size_t i = 0; i < ctl_command_count; i++)
		if (strcmp(noun, ctl_commands[i].noun) == 0)
			append(text, sizeof text, ctl_commands[i].verb);
	return text;
}

/* The nouns, in the order of the table, where those of a noun stand together. */
static const char *
list_nouns(void)
{
	static char text[512];
	*text = '\0';
	for (size_t i = 0; i < ctl_command_count; i++)
		if (i == 0 || strcmp(ctl_commands[i].noun, ctl_commands[i - 1].noun) != 0)
			append(text, sizeof text, ctl_commands[i].noun);
	return text;
}

/* Noun and verb: "domain list". */
static const char *
name_command(const struct command *command)
{
	static char text[64];
	snprintf(text, sizeof text, "%s%s%s", command->noun, *command->verb == '\0' ? "" : " ", command->verb);
	return text;
}

static void
check_count(const struct request *request, struct argp_state *state)
{
	const struct command *command = request->command;
	const char *name = name_command(command);
	const char *excess = request->count > command->most ? request->words[command->most] : NULL;
	if (excess != NULL && *command->arguments == '\0')
		/* TRANSLATORS: "'bob' is one word too many: domain list takes no words" */
		argp_error(state, _("'%s' is one word too many: %s takes no words"), excess, name);
	if (excess != NULL)
		/* TRANSLATORS: "'bob' is one word too many: domain show takes NAME" */
		argp_error(state, _("'%s' is one word too many: %s takes %s"), excess, name, _(command->arguments));
	if (request->count < command->least)
		/* TRANSLATORS: "a word is missing: domain show takes NAME" */
		argp_error(state, _("a word is missing: %s takes %s"), name, _(command->arguments));
}

/* Refuses a noun, or a verb of a noun: names the nearest, or all of them. */
static void
refuse_word(struct argp_state *state, const char *word, const char *noun)
{
	struct nearest search = { .word = word };
	for (size_t i = 0; i < ctl_command_count; i++)
		if (noun == NULL || strcmp(noun, ctl_commands[i].noun) == 0)
			nearest_try(&search, noun == NULL ? ctl_commands[i].noun : ctl_commands[i].verb);
	if (search.best != NULL)
		argp_error(state, _("unknown command '%s%s%s'; did you mean '%s%s%s'?"), noun != NULL ? noun : "",
		    noun != NULL ? " " : "", word, noun != NULL ? noun : "", noun != NULL ? " " : "", search.best);
	argp_error(state, _("'%s' is not one of %s"), word, noun != NULL ? list_verbs(noun) : list_nouns());
}

/* Parses noun and verb; the other words follow them. */
static void
parse_words(struct request *request, struct argp_state *state, char **words, size_t count)
{
	if (!has_noun(words[0]))
		refuse_word(state, words[0], NULL);
	bool has_no_verb = find_command(words[0], "") != NULL;
	size_t parsed = has_no_verb ? 1 : 2;
	if (count < parsed)
		/* TRANSLATORS: a noun, and its verbs: "'alias' needs a verb: one of list, show" */
		argp_error(state, _("'%s' needs a verb: one of %s"), words[0], list_verbs(words[0]));
	request->command = find_command(words[0], has_no_verb ? "" : words[1]);
	if (request->command == NULL) {
		refuse_word(state, words[1], words[0]);
		return; /* not reached: argp_error() ends the program */
	}
	request->words = words + parsed;
	request->count = count - parsed;
	check_count(request, state);
}

/* The option about passwords that was given last, or --keep-secret. */
static const char *
password_option(const struct request *request)
{
	static const char *const names[] = {
		[PASSWORD_UNCHANGED] = "--keep-secret",
		[PASSWORD_PROMPT] = "--password",
		[PASSWORD_STDIN] = "--password-stdin",
		[PASSWORD_NONE] = "--no-password",
	};
	return names[request->password];
}

/* Options that only import and export have. */
static void
check_transfer(const struct request *request, struct argp_state *state)
{
	bool import = request->command->run == ctl_import, export = request->command->run == ctl_export;
	if ((request->dry_run || request->update) && !import)
		/* TRANSLATORS: an option; a command. */
		argp_error(state, _("%s is for import, not for %s"), request->dry_run ? "--dry-run" : "--update",
		    name_command(request->command));
	if (request->with_passwords && (!export || request->command->kind != RECORD_ACCOUNT))
		argp_error(
		    state, _("--with-passwords is for export accounts, not for %s"), name_command(request->command));
}

static void
check_options(const struct request *request, struct argp_state *state)
{
	bool is_change = request->command->run == ctl_add || request->command->run == ctl_set;
	bool about_password = request->password != PASSWORD_UNCHANGED || request->keep_secret;
	bool is_start = request->command->run == ctl_quickstart && !request->keep_secret;
	bool keeps = request->command->run == ctl_import && request->password == PASSWORD_UNCHANGED;
	if (keeps && request->command->kind == RECORD_ACCOUNT)
		return;
	if (about_password && !is_start && (request->command->kind != RECORD_ACCOUNT || !is_change))
		/* TRANSLATORS: an option; a command. */
		argp_error(state, _("%s is for account add and account set, not for %s"), password_option(request),
		    name_command(request->command));
	if (request->domain != NULL && strcmp(request->command->noun, "text") != 0)
		/* TRANSLATORS: a command. */
		argp_error(state, _("--domain is for text, not for %s"), name_command(request->command));
	if (request->comment != NULL && strcmp(request->command->noun, "text") != 0)
		/* TRANSLATORS: a command. */
		argp_error(state, _("--comment is for text, not for %s"), name_command(request->command));
	if (request->users && request->command->run != text_set && request->command->run != text_unset &&
	    request->command->run != text_show)
		/* TRANSLATORS: a command. */
		argp_error(state, _("--user is for text set, text unset and text show, not for %s"),
		    name_command(request->command));
	if (trace_option(&request->trace) != NULL && request->command->run != ctl_trace)
		/* TRANSLATORS: an option; a command. */
		argp_error(state, _("%s is for trace, not for %s"), trace_option(&request->trace),
		    name_command(request->command));
	if (check_option(&request->check) != NULL && request->command->run != ctl_check_domain)
		/* TRANSLATORS: an option; a command. */
		argp_error(state, _("%s is for check-domain, not for %s"), check_option(&request->check),
		    name_command(request->command));
	if (request->keep_secret && request->password == PASSWORD_NONE)
		argp_error(state, _("--keep-secret and --no-password exclude each other: leave one out"));
}

enum {
	KEY_DATA = 0x100,
	KEY_SERVER,
	KEY_JSON,
	KEY_FORMAT,
	KEY_COLOR,
	KEY_PASSWORD,
	KEY_PASSWORD_STDIN,
	KEY_NO_PASSWORD,
	KEY_KEEP_SECRET,
	KEY_USER,
	KEY_COMMENT,
	KEY_DOMAIN,
	KEY_DRY_RUN,
	KEY_UPDATE,
	KEY_WITH_PASSWORDS
};

static const struct argp_option options[] = {
	{ "data", KEY_DATA, N_("FOLDER"), 0,
	    N_("The server's data folder (default: that of the configuration, else ./ftgate-data)"), 0 },
	{ "config", 'c', N_("FILE"), 0,
	    N_("The server's configuration (default: /etc/ftgate/ftgate.conf, if it exists)"), 0 },
	{ "server", KEY_SERVER, N_("NAME"), 0,
	    N_("The running server to ask: smtpd (the default; status: all), pop3d or mapd"), 0 },
	{ "json", KEY_JSON, NULL, 0, N_("Print JSON, with all settings"), 0 },
	{ "format", KEY_FORMAT, N_("FORMAT"), 0, N_("Print data as a table (the default), json or csv"), 0 },
	{ "color", KEY_COLOR, N_("WHEN"), 0, N_("Use colours: auto (the default: on a terminal), always or never"), 0 },
	{ "domain", KEY_DOMAIN, N_("DOMAIN"), 0,
	    N_("text: the own texts of a hosted domain, which precede those of the server"), 0 },
	{ "user", KEY_USER, NULL, 0, N_("text set, unset, show: the text for users who have logged in"), 0 },
	{ "comment", KEY_COMMENT, N_("TEXT"), 0,
	    N_("text: why the own texts in a database are changed, for its history"), 0 },
	{ "password", KEY_PASSWORD, NULL, 0, N_("Ask for the account's password"), 1 },
	{ "password-stdin", KEY_PASSWORD_STDIN, NULL, 0, N_("The password is the first line of standard input"), 1 },
	{ "no-password", KEY_NO_PASSWORD, NULL, 0, N_("The account has no password: nobody can log in"), 1 },
	{ "keep-secret", KEY_KEEP_SECRET, NULL, 0, N_("Keep the password readable, for CRAM-MD5 and APOP"), 1 },
	{ "dry-run", KEY_DRY_RUN, NULL, 0, N_("Check the whole file of an import, and change nothing"), 2 },
	{ "update", KEY_UPDATE, NULL, 0, N_("Change records that exist to what the file of an import says"), 2 },
	{ "with-passwords", KEY_WITH_PASSWORDS, NULL, 0, N_("Export the stored forms of passwords, too"), 2 },
	{ 0 },
};

static void
parse_server(struct request *request, struct argp_state *state, const char *name)
{
	bool known = false;
	for (size_t i = 0; i < CTL_SERVERS; i++)
		known = known || strcmp(ctl_servers[i], name) == 0;
	if (!known)
		argp_error(state, _("--server: '%s' is none of smtpd, pop3d and mapd"), name);
	request->server = name;
	request->server_named = true;
}

/* What is for programs is UTF-8 in every locale. */
static void
parse_format(struct request *request, struct argp_state *state, const char *name)
{
	if (!output_format_find(&request->format, name))
		argp_error(state, _("there is no format '%s'; use table, json or csv"), name);
	request->json = request->format == OUTPUT_JSON;
	if (request->format != OUTPUT_TABLE)
		charset_write_data();
}

static void
parse_color(struct argp_state *state, const char *name)
{
	if (!terminal_set_color(name))
		argp_error(state, _("--color: '%s' is not one of auto, always, never"), name);
}

static error_t
parse_option(int key, char *argument, struct argp_state *state)
{
	struct request *request = state->input;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &request->trace;
		state->child_inputs[1] = &request->check;
		return 0;
	case KEY_DATA:
		request->data = argument;
		request->data_named = true;
		return 0;
	case 'c': request->config = argument; return 0;
	case KEY_SERVER: parse_server(request, state, argument); return 0;
	case KEY_JSON: parse_format(request, state, "json"); return 0;
	case KEY_FORMAT: parse_format(request, state, argument); return 0;
	case KEY_COLOR: parse_color(state, argument); return 0;
	case KEY_DOMAIN: request->domain = argument; return 0;
	case KEY_USER: request->users = true; return 0;
	case KEY_COMMENT: request->comment = argument; return 0;
	case KEY_PASSWORD: request->password = PASSWORD_PROMPT; return 0;
	case KEY_PASSWORD_STDIN: request->password = PASSWORD_STDIN; return 0;
	case KEY_NO_PASSWORD: request->password = PASSWORD_NONE; return 0;
	case KEY_KEEP_SECRET: request->keep_secret = true; return 0;
	case KEY_DRY_RUN: request->dry_run = true; return 0;
	case KEY_UPDATE: request->update = true; return 0;
	case KEY_WITH_PASSWORDS: request->with_passwords = true; return 0;
	case ARGP_KEY_ARGS:
		parse_words(request, state, state->argv + state->next, (size_t)(state->argc - state->next));
		return 0;
	case ARGP_KEY_NO_ARGS: argp_error(state, _("a command is missing, as 'account list'")); return EINVAL;
	case ARGP_KEY_SUCCESS:
		check_options(request, state);
		check_transfer(request, state);
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static char *
filter_help(int key, const char *text, void *input)
{
	(void)input;
	return key == ARGP_KEY_HELP_EXTRA ? ctl_help() : (char *)(uintptr_t)text;
}

static const struct argp_child children[] = { { &trace_parser, 0, NULL, 0 }, { &check_parser, 0, NULL, 0 }, { 0 } };

static const struct argp parser = {
	.options = options,
	.parser = parse_option,
	.children = children,
	/* TRANSLATORS: reload and status are commands. */
	.args_doc = N_("NOUN VERB [WORD...]\nreload\nstatus"),
	.doc = N_(
	    "Manages the domains, accounts, aliases, lists, access lists and the relay queue of an ftgate mail server. A "
	    "running server sees a change at once."),
	.help_filter = filter_help,
	.argp_domain = TOOLS_DOMAIN,
};

int
main(int argc, char **argv)
{
	struct request request = { .server = "smtpd" };
	user_language_open();
	argp_program_version = "ftgatectl " FTG_VERSION;
	argp_err_exit_status = EX_USAGE;
	umask(077);
	if (argc > 1 && strcmp(argv[1], "complete") == 0)
		return ctl_complete(&parser, argc - 2, argv + 2);
	ctl_help_about(argc, argv);
	options_parse(&parser, argc, argv, 0, &request);
	int status = ctl_run(&request);
	if (fflush(stdout) != 0 || ferror(stdout))
		return ctl_fail(EX_IOERR, _("standard output: %s"), strerror(errno));
	return status;
}
