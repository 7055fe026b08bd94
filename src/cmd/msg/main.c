/* ftgate-msg: finds the command and runs it, in the language of the user. */
#include <errno.h>
#include <string.h>

#include "base/text/nearest.h"
#include "cmd/msg/export/format.h"
#include "cmd/output/terminal.h"
#include "language_table.h"
#include "msg.h"

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
};

static const struct command commands[] = {
#define COMMAND(name, summary) { #name, msg_##name },
#include "commands.def"
#undef COMMAND
};

/* --help lists the commands as options without dashes. */
static const struct argp_option options[] = {
#define COMMAND(name, summary) { #name, 0, NULL, OPTION_DOC, summary, 1 },
#include "commands.def"
#undef COMMAND
	{ 0 },
};

enum { KEY_COLOR = 0x300 };

static error_t
parse_color(int key, char *arg, struct argp_state *state)
{
	if (key != KEY_COLOR)
		return ARGP_ERR_UNKNOWN;
	if (!terminal_set_color(arg))
		argp_error(state, _("--color: '%s' is not one of auto, always, never"), arg);
	return 0;
}

/* The options of each command. */
static const struct argp_option common_options[] = {
	{ "color", KEY_COLOR, N_("WHEN"), 0, N_("Use colours: auto (the default: on a terminal), always or never"), 0 },
	{ 0 },
};
static const struct argp common = { common_options, parse_color, NULL, NULL, NULL, NULL, TOOLS_DOMAIN };

static const char doc[] = N_("Shows, explains and checks the replies of ftgate in every language.\n\n"
                             "'ftgate-msg COMMAND --help' lists the options of a command. Exit status: 0 success, "
                             "1 a finding, or nothing was found, 2 wrong usage or another error.");

static const struct command *
command_find(const char *name)
{
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

/* Options can precede the command: moves the command to the front. */
static const struct command *
move_command(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		const struct command *command = command_find(argv[i]);

		if (command) {
			memmove(&argv[2], &argv[1], (size_t)(i - 1) * sizeof *argv);
			argv[1] = NULL;
			return command;
		}
		if (argv[i][0] != '-' && i == 1)
			return NULL;
	}
	return NULL;
}

static void
refuse(struct argp_state *state, const char *name)
{
	struct nearest search = { .word = name };
	char hint[NEAREST_HINT_SIZE];

	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		nearest_try(&search, commands[i].name);
	nearest_hint(hint, search.best);
	argp_error(state, _("there is no command '%s'%s"), name, hint);
}

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case ARGP_KEY_ARG: refuse(state, arg); return EINVAL;
	case ARGP_KEY_NO_ARGS: argp_error(state, "%s", _("a command is missing")); return EINVAL;
	default: return ARGP_ERR_UNKNOWN;
	}
}

/* The name in --help and in errors: "ftgate-msg render". */
static int
run(const struct command *command, int argc, char **argv)
{
	static char name[64];

	snprintf(name, sizeof name, "ftgate-msg %s", command->name);
	program_invocation_short_name = name;
	argv[1] = name;
	return command->run(argc - 1, argv + 1);
}

/* Prints what may complete the last word of a command line, for the scripts in etc/completion. */
static int
complete(int argc, char **argv)
{
	const struct command *command = argc > 1 ? command_find(argv[0]) : NULL;
	const char *word = argc > 0 ? argv[argc - 1] : "", *before = argc > 1 ? argv[argc - 2] : "";

	if (!command) {
		for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
			puts(commands[i].name);
	} else if (*word == '-') {
		char *arguments[] = { argv[0], NULL };

		options_complete();
		return command->run(1, arguments);
	} else if (strcmp(before, "-l") == 0 || strcmp(before, "--lang") == 0) {
		language_print_translated("");
	} else if (command->run == msg_export && (strcmp(before, "-f") == 0 || strcmp(before, "--format") == 0)) {
		export_print_names();
	} else if (command->run == msg_new) {
		language_print_names();
	} else if (command->run == msg_render || command->run == msg_explain) {
		for (enum ftg_id id = 0; id < FTG_IDS; id++)
			puts(ftg_row(id)->id);
	}
	return MSG_FINE;
}

int
main(int argc, char **argv)
{
	static const struct argp argp = { options, parse, N_("COMMAND [ARGUMENT...]"), doc, NULL, NULL, TOOLS_DOMAIN };
	const struct command *command;
	int status;

	argp_program_version = "ftgate-msg (ftgate) " FTG_VERSION;
	argp_err_exit_status = MSG_TROUBLE;
	user_language_open();
	options_add(&common);
	bind_textdomain_codeset("gettext-tools", "UTF-8");
	if (argc > 1 && strcmp(argv[1], "complete") == 0)
		return complete(argc - 2, argv + 2);
	command = move_command(argc, argv);
	if (!command) {
		options_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL);
		return MSG_TROUBLE;
	}
	status = run(command, argc, argv);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		complain_errno(_("standard output"));
		return MSG_TROUBLE;
	}
	return status;
}
