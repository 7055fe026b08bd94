/* The command line of a server. */
#include <argp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/text/printable.h"
#include "base/text/translate.h"
#include "cmd/options.h"
#include "cmd/server/server.h"
#include "cmd/user_language.h"
#include "process/systemd.h"

enum { DOC_SIZE = 2048, CHOICES_MAX = LISTEN_MAX + 16, KEY_CHECK = 0x100, KEY_VERBOSE, KEY_FIRST };

/* Options that are settings, too, in the order of --help. */
static const struct {
	enum { ALL, MAIL } servers; /* that have it: all, or those of mail */
	const char *name, *value, *help;
} choices[] = {
	{ ALL, "listen", N_("ADDR:PORT"), N_("Listen at this address (may be repeated; port 0: any free port)") },
	{ MAIL, "listen-tls", N_("ADDR:PORT"), N_("Listen at this address for connections that begin with TLS") },
	{ MAIL, "tls-cert", N_("FILE"), N_("The certificate with its chain (PEM); TLS is then offered") },
	{ MAIL, "tls-key", N_("FILE"), N_("Its key (PEM, without a passphrase)") },
	{ MAIL, "auth", N_("MECHANISMS"),
	    N_("SASL mechanisms for users (default: 'PLAIN LOGIN SCRAM-SHA-256'; also CRAM-MD5)") },
	{ ALL, "data", N_("FOLDER"),
	    N_("Keep accounts, mail and the operator's texts in it (default: ./ftgate-data)") },
	{ ALL, "language", N_("TAG"),
	    N_("Reply in this language (default: that of LC_ALL, LC_MESSAGES, LANG and LANGUAGE)") },
	{ ALL, "profile", N_("NAME"), N_("Send the 'published' codes (default), or the 'strict' ones of the RFCs") },
	{ ALL, "hostname", N_("NAME"), N_("The server's name in greeting and trace lines (default: the host's)") },
	{ ALL, "contact", N_("TEXT"),
	    N_("The value of ${contact} in the operator's texts (default: postmaster of the host)") },
	{ ALL, "help-url", N_("URL"),
	    N_("The value of ${help} there, with a reference added: https://example.org/replies#") },
	{ ALL, "metrics", N_("ADDR:PORT"),
	    N_("Serve metrics to Prometheus at this loopback address, over HTTP at /metrics") },
	{ ALL, "workers", N_("NUMBER"), N_("Worker processes (default: one for each processor)") },
};
enum { CHOICES = sizeof choices / sizeof *choices };

/* The command line. Its settings override those of the configuration. */
struct line {
	const char *config;
	bool check, verbose;
	struct {
		const char *name, *value;
	} chosen[CHOICES_MAX];
	size_t count;
};

static error_t
parse_option(int key, char *argument, struct argp_state *state)
{
	struct line *line = state->input;
	if (key == 'c') {
		line->config = argument;
	} else if (key == KEY_CHECK) {
		line->check = true;
	} else if (key == KEY_VERBOSE) {
		line->verbose = true;
	} else if (key >= KEY_FIRST && key < KEY_FIRST + CHOICES) {
		if (line->count == CHOICES_MAX)
			argp_error(state, _("too many options"));
		line->chosen[line->count].name = choices[key - KEY_FIRST].name;
		line->chosen[line->count++].value = argument;
	} else if (key == ARGP_KEY_SUCCESS) {
		if (line->verbose && !line->check)
			argp_error(state, _("--verbose goes with --check"));
	} else {
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static void
parse(const struct server_kind *kind, struct line *line, int argc, char **argv)
{
	static char version[64], doc[DOC_SIZE];
	struct argp_option options[CHOICES + 4] = {
		{ "config", 'c', N_("FILE"), 0, N_("Read the configuration from FILE"), 1 },
		{ "check", KEY_CHECK, NULL, 0, N_("Check configuration and texts, print what would be served, and end"),
		    1 },
		{ "verbose", KEY_VERBOSE, NULL, 0,
		    N_("With --check: print the configuration in effect, as a file that sets the same"), 1 },
	};
	for (int i = 0, next = 3; i < CHOICES; i++)
		if (kind->accounts || choices[i].servers == ALL)
			options[next++] = (struct argp_option) { choices[i].name, KEY_FIRST + i, choices[i].value, 0,
				choices[i].help, 1 };
	const struct argp parser = {
		.options = options,
		.parser = parse_option,
		.doc = doc,
		.argp_domain = TOOLS_DOMAIN,
	};
	/* argp translates a text with \v as a whole in some versions of glibc, and by halves in others. */
	snprintf(doc, sizeof doc, "%s\v%s", _(kind->help), _(kind->more_help));
	snprintf(version, sizeof version, "%s " FTG_VERSION, kind->name);
	argp_program_version = version;
	argp_err_exit_status = EX_USAGE;
	options_parse(&parser, argc, argv, 0, line);
}

/* Without a file all settings are at their defaults. NULL if the file cannot be used. */
static struct config *
read_config(const char *file, int *status)
{
	struct config *config = config_read(file, config_print_fault, NULL);
	*status = config != NULL ? EX_OK : EX_CONFIG;
	return config;
}

static int
apply_config(const struct server_kind *kind, struct settings *settings, const struct config *config)
{
	int status = settings_configure(settings, config, config_print_fault, NULL) == 0 ? EX_OK : EX_CONFIG;
	if (kind->configure != NULL && kind->configure(settings, config_print_fault) < 0)
		status = EX_CONFIG;
	return status;
}

/* A socket that was passed and that no listener names becomes a listener as if the command line named it. */
static int
apply_passed(const struct server_kind *kind, struct settings *settings)
{
	char name[LISTEN_NAME_SIZE], error[SETTINGS_ERROR_SIZE];
	for (size_t i = 0; i < systemd_count(); i++) {
		bool named = false;
		if (systemd_socket(i, name, error) < 0) {
			printable_print(stderr, "%s: %s\n", kind->name, error);
			return EX_USAGE;
		}
		for (size_t j = 0; j < settings->listen_count; j++)
			named = named || listen_is_same(settings->listen[j].address, name);
		if (!named && settings_set(settings, "listen", name, error) < 0) {
			printable_print(stderr, "%s: %s\n", kind->name, error);
			return EX_USAGE;
		}
	}
	return EX_OK;
}

/* People type localhost, which is either address. */
static void
listen_by_default(const struct server_kind *kind, struct settings *settings)
{
	char name[LISTEN_NAME_SIZE], error[SETTINGS_ERROR_SIZE], unused[LISTEN_ERROR_SIZE];
	settings_set(settings, "listen", kind->listen, error);
	int probe = listen_open("[::1]:0", name, unused);
	if (probe >= 0) {
		close(probe);
		settings_set(settings, "listen", kind->listen_v6, error);
	}
}

/* Applies the command line: its addresses replace those of the configuration. Returns an exit status. */
static int
apply_choices(const struct server_kind *kind, struct settings *settings, const struct line *line)
{
	char error[SETTINGS_ERROR_SIZE];
	bool listens = false, faulty = false;
	for (size_t i = 0; i < line->count; i++) {
		const char *name = line->chosen[i].name;
		if (strncmp(name, "listen", strlen("listen")) == 0 && !listens) {
			settings->listen_count = 0;
			listens = true;
		}
		if (settings_set(settings, name, line->chosen[i].value, error) < 0) {
			printable_print(stderr, "%s: --%s: %s\n", kind->name, name, error);
			faulty = true;
		}
	}
	if (apply_passed(kind, settings) != EX_OK || faulty)
		return EX_USAGE;
	if (settings->listen_count == 0)
		listen_by_default(kind, settings);
	if (settings_complete(settings, config_print_fault, NULL) < 0)
		return settings->config->path != NULL ? EX_CONFIG : EX_USAGE;
	return EX_OK;
}

int
server_main(const struct server_kind *kind, int argc, char **argv)
{
	static struct settings settings;
	struct line line = { 0 };
	umask(077);
	user_language_open();
	parse(kind, &line, argc, argv);
	settings_standard(&settings, kind->protocol);
	int status, complete;
	struct config *config = read_config(line.config, &status);
	if (config == NULL)
		return status;
	status = apply_config(kind, &settings, config);
	complete = apply_choices(kind, &settings, &line);
	status = status == EX_OK ? complete : status;
	if (line.check) {
		int checked = server_check(kind, &settings, line.verbose);
		return status == EX_OK ? checked : status;
	}
	return status == EX_OK ? server_run(kind, &settings, line.config == NULL) : status;
}
