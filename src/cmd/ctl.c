/* ftgatectl: keeps the domains and accounts of a server. */
#include <argp.h>
#include <errno.h>
#include <ftgate/version.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/data.h"
#include "base/privileges.h"
#include "cmd/password.h"
#include "mail/accounts.h"
#include "mail/address.h"

enum { WORDS_MAX = 3 };

struct request {
	const char *data;
	bool password; /* is on standard input */
	const char *words[WORDS_MAX];
	unsigned count;
	struct accounts *accounts;
};

static int __attribute__((format(printf, 2, 3))) fail(int status, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	fputs("ftgatectl: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	return status;
}

static int
domain_add(struct request *request)
{
	const char *name = request->words[2];
	if (name[0] == '[' || !address_domain_valid(name, strlen(name), false))
		return fail(EX_DATAERR,
		    "'%s' is no domain name: letters, digits and hyphens between dots (xn--... for others)", name);
	switch (accounts_add_domain(request->accounts, name)) {
	case ACCOUNTS_OK: return EX_OK;
	case ACCOUNTS_EXISTS: return fail(EX_CANTCREAT, "the domain %s is hosted already", name);
	default: return fail(EX_TEMPFAIL, "%s: %s", name, accounts_error(request->accounts));
	}
}

static void
print_name(void *context, const char *local, const char *domain)
{
	(void)context;
	printf("%s%s%s\n", local, *local == '\0' ? "" : "@", domain);
}

static int
domain_list(struct request *request)
{
	if (accounts_list_domains(request->accounts, print_name, NULL) == ACCOUNTS_OK)
		return EX_OK;
	return fail(EX_TEMPFAIL, "%s", accounts_error(request->accounts));
}

static int
account_list(struct request *request)
{
	if (accounts_list(request->accounts, print_name, NULL) == ACCOUNTS_OK)
		return EX_OK;
	return fail(EX_TEMPFAIL, "%s", accounts_error(request->accounts));
}

static bool
parse_address(struct address *address, const char *text)
{
	char path[ADDRESS_MAX + 3];
	size_t used;
	int len = snprintf(path, sizeof path, "<%s>", text);
	if (len >= (int)sizeof path)
		return false;
	if (address_parse_path(address, path, (size_t)len, &used, false, false, true) != ADDRESS_OK ||
	    used != (size_t)len)
		return false;
	return address->local[0] != '\0' && address->domain[0] != '[';
}

static int
account_add(struct request *request)
{
	const char *text = request->words[2];
	struct address address;
	struct credentials credentials;
	char error[PASSWORD_ERROR_SIZE];
	if (!parse_address(&address, text))
		return fail(EX_DATAERR, "'%s' is no mail address: local-part@domain, at most 64 and 255 octets", text);
	if (request->password && !password_from_input(&credentials, error))
		return fail(EX_DATAERR, "%s", error);
	enum accounts_result result = accounts_add(
	    request->accounts, address.local, address.domain, request->password ? credentials.hash : NULL);
	explicit_bzero(&credentials, sizeof credentials);
	switch (result) {
	case ACCOUNTS_OK: return EX_OK;
	case ACCOUNTS_EXISTS: return fail(EX_CANTCREAT, "the account %s is there already", text);
	case ACCOUNTS_NO_DOMAIN:
		return fail(EX_NOHOST, "the domain %s is not hosted here; before: ftgatectl domain add %s",
		    address.domain, address.domain);
	default: return fail(EX_TEMPFAIL, "%s: %s", text, accounts_error(request->accounts));
	}
}

static const struct command {
	const char *object, *verb;
	unsigned words;
	int (*run)(struct request *request);
} commands[] = {
	{ "domain", "add", 3, domain_add },
	{ "domain", "list", 2, domain_list },
	{ "account", "add", 3, account_add },
	{ "account", "list", 2, account_list },
};

static const struct command *
find_command(const struct request *request)
{
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (request->count == commands[i].words && strcmp(request->words[0], commands[i].object) == 0 &&
		    strcmp(request->words[1], commands[i].verb) == 0)
			return &commands[i];
	return NULL;
}

enum { KEY_DATA = 0x100, KEY_PASSWORD };

static const struct argp_option options[] = {
	{ "data", KEY_DATA, "FOLDER", 0, "The server's data folder (default: " DATA_DEFAULT ")", 0 },
	{ "password-stdin", KEY_PASSWORD, NULL, 0, "The account's password is the first line of standard input", 0 },
	{ 0 },
};

static error_t
parse_option(int key, char *argument, struct argp_state *state)
{
	struct request *request = state->input;
	switch (key) {
	case KEY_DATA: request->data = argument; return 0;
	case KEY_PASSWORD: request->password = true; return 0;
	case ARGP_KEY_ARG:
		if (request->count == WORDS_MAX)
			argp_error(state, "too many words: '%s'", argument);
		request->words[request->count++] = argument;
		return 0;
	case ARGP_KEY_END:
		if (find_command(request) == NULL)
			argp_error(state, request->count == 0 ? "what is to be done?" : "there is no such command");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp parser = {
	.options = options,
	.parser = parse_option,
	.args_doc = "domain add NAME\ndomain list\naccount add ADDRESS\naccount list",
	.doc = "Keeps the domains and accounts of an ftgate mail server. A server that runs sees a change at once.",
};

static int
run(struct request *request)
{
	char path[PATH_MAX], error[ACCOUNTS_ERROR_SIZE];
	bool created;
	if (data_make(request->data, geteuid(), getegid(), path) < 0)
		return fail(EX_CANTCREAT, "%s: %s", request->data, strerror(errno));
	if (privileges_become_owner(path) < 0)
		return fail(EX_NOPERM, "cannot become the owner of %s: %s", path, strerror(errno));
	request->accounts = accounts_open(path, &created, error);
	if (request->accounts == NULL)
		return fail(EX_UNAVAILABLE, "%s", error);
	int status = find_command(request)->run(request);
	accounts_close(request->accounts);
	return status;
}

int
main(int argc, char **argv)
{
	struct request request = { .data = DATA_DEFAULT };
	argp_program_version = "ftgatectl " FTG_VERSION;
	argp_err_exit_status = EX_USAGE;
	umask(077);
	argp_parse(&parser, argc, argv, 0, NULL, &request);
	int status = run(&request);
	if (fflush(stdout) != 0 || ferror(stdout))
		return fail(EX_IOERR, "standard output: %s", strerror(errno));
	return status;
}
