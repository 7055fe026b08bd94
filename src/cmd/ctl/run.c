/* Runs the command of a command line: opens its input, the configuration and the accounts, as far as it needs them. */
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/system/data.h"
#include "base/system/privileges.h"
#include "base/text/translate.h"
#include "cmd/ctl/ctl.h"
#include "cmd/ctl/folder.h"
#include "cmd/ctl/text.h"
#include "cmd/ctl/text_database.h"
#include "cmd/ctl/transfer/import.h"
#include "cmd/output/charset.h"
#include "config/config.h"
#include "directory/accounts.h"
#include "directory/postgres/admin.h"
#include "store/maildir_store.h"

/* A command that adds nothing must not make a database in a folder that was misspelled. */
static bool
has_database(const char *folder)
{
	char path[PATH_MAX];
	return data_path(path, folder, "ftgate.db") == 0 && access(path, F_OK) == 0;
}

static bool
adds(const struct request *request)
{
	return request->command->run == ctl_add || request->command->run == ctl_import;
}

/* Commands that resolve what keeps the database from being migrated get it as it is; the reason is printed. */
static struct admin *
open_admin(
    const struct request *request, const char *path, struct mailbox_store *mailboxes, char error[ADMIN_ERROR_SIZE])
{
	char why[ADMIN_ERROR_SIZE];
	bool created;
	struct admin *admin = accounts_open(path, mailboxes, &created, error);
	bool has_targets = request->command->kind == RECORD_ALIAS || request->command->kind == RECORD_LIST;
	bool changes = adds(request) || request->command->run == ctl_rename ||
	    (request->command->run == ctl_set && !has_targets);
	if (admin == NULL && !changes && (admin = accounts_open_unmigrated(path, mailboxes, why)) != NULL)
		ctl_fail(EX_OK, "%s", error);
	return admin;
}

/* The database of the configuration; NULL: the accounts are in the data folder. */
static const char *
database_of(const struct request *request)
{
	return request->settings != NULL ? request->settings->database : NULL;
}

/* Opens the accounts for a command. Only a command that adds something makes the database or a mailbox. */
static int
run_with_accounts(struct request *request)
{
	char error[ADMIN_ERROR_SIZE];
	struct maildir_store mailboxes;
	const char *database = database_of(request);
	if (database == NULL && !adds(request) && !has_database(request->data))
		return ctl_fail(EX_UNAVAILABLE,
		    _("there is no database in %s; name the server's data folder by --data"), request->data);
	if (maildir_store_open(&mailboxes, request->data) < 0)
		return ctl_fail(EX_UNAVAILABLE, _("cannot open %s/mail: %s"), request->data, strerror(errno));
	mailboxes.store.lmtp = request->settings != NULL && request->settings->delivery.lmtp != NULL;
	request->admin = database != NULL ? postgres_admin_open(database, &mailboxes.store, error)
	                                  : open_admin(request, request->data, &mailboxes.store, error);
	int unopened = database != NULL && request->admin == NULL && errno == EACCES ? EX_NOPERM : EX_UNAVAILABLE;
	if (request->admin != NULL && adds(request))
		maildir_store_begin(&mailboxes, request->admin);
	int status = request->admin == NULL ? ctl_fail(unopened, "%s", error) : request->command->run(request);
	if (request->admin != NULL)
		request->admin->ops->close(request->admin);
	maildir_store_close(&mailboxes);
	return status;
}

/* The word that names the file which a command reads; NULL: there is none. */
static char **
input_word(const struct request *request)
{
	bool reads = request->command->run == ctl_import || request->command->run == text_apply;
	return reads ? &request->words[request->count - 1] : NULL;
}

/* Opens that file as the user who runs the program, who may not be the owner of the data folder. */
static int
open_input(struct request *request)
{
	char **word = input_word(request);
	struct stat found;
	if (word == NULL)
		return EX_OK;
	if (request->command->run == text_apply && strcmp(*word, "-") != 0 && stat(*word, &found) == 0 &&
	    S_ISDIR(found.st_mode))
		return text_read_folder(request, *word);
	request->input = strcmp(*word, "-") == 0 ? stdin : fopen(*word, "re");
	return request->input != NULL ? EX_OK : ctl_fail(EX_NOINPUT, "%s: %s", *word, strerror(errno));
}

/* Other words are text, which is UTF-8 inside. */
static void
decode_words(struct request *request)
{
	char **file = input_word(request);
	bool starts = request->command->run == ctl_quickstart; /* its tls-cert and tls-key are files */
	for (size_t i = 0; i < request->count; i++)
		if (&request->words[i] != file && !(starts && strncmp(request->words[i], "tls-", 4) == 0))
			request->words[i] = (char *)(uintptr_t)charset_decode_word(request->words[i]);
	if (request->domain != NULL)
		request->domain = charset_decode_word(request->domain);
	if (request->comment != NULL)
		request->comment = charset_decode_word(request->comment);
}

/*
 * Reads the configuration for commands that ask for a setting, as the user who runs the program. Returns EX_CONFIG if
 * it has a fault, which has been printed, and may name the database that a command is for.
 */
static int
read_settings(struct request *request)
{
	const struct command *command = request->command;
	bool has_accounts = command->kind < CTL_FOLDER || request->domain != NULL || command->run == ctl_migrate ||
	    strcmp(command->noun, "text") == 0;
	if (has_accounts || (command->run == ctl_status && !request->server_named))
		request->settings = ctl_read_config(request);
	return has_accounts && request->settings == NULL ? EX_CONFIG : EX_OK;
}

/* The user who runs the program, and the host. If the user became root by sudo(8) or doas(1), the name before that. */
static const char *
find_author(void)
{
	static char author[256];
	char host[HOST_NAME_MAX + 1] = "";
	const char *user = getuid() == 0 ? getenv("SUDO_USER") : NULL;
	const struct passwd *entry = user == NULL ? getpwuid(getuid()) : NULL;
	if (user == NULL)
		user = entry != NULL ? entry->pw_name : "?";
	gethostname(host, sizeof host - 1);
	snprintf(author, sizeof author, "%.100s@%.100s", user, host);
	return author;
}

/* Connects to the database of own texts, for commands that change them or check whether any exist. */
static int
open_texts(struct request *request)
{
	const struct command *command = request->command;
	bool removes_domain = command->run == ctl_remove && command->kind == RECORD_DOMAIN;
	bool has_texts = strcmp(command->noun, "text") == 0;
	if (has_texts && request->comment != NULL && database_of(request) == NULL)
		return ctl_fail(
		    EX_USAGE, "%s", _("--comment is for the history of a database, and the configuration sets none"));
	return has_texts || removes_domain ? text_database_connect(request) : EX_OK;
}

static int
run_command(struct request *request)
{
	int status = open_texts(request);
	if (status == EX_OK)
		status = request->command->kind == CTL_FOLDER && request->domain == NULL
		    ? request->command->run(request)
		    : run_with_accounts(request);
	text_database_disconnect(request);
	return status;
}

int
ctl_run(struct request *request)
{
	char path[PATH_MAX];
	decode_words(request);
	if (request->command->kind == CTL_ANYWHERE)
		return request->command->run(request);
	int status = ctl_find_folder(request, path);
	if (status != EX_OK)
		return request->command->run == ctl_status && !request->server_named ? CTL_STATUS_UNKNOWN : status;
	if ((status = open_input(request)) != EX_OK)
		return status;
	if ((status = read_settings(request)) != EX_OK)
		return status;
	request->author = find_author();
	if (privileges_become_owner(path) < 0)
		return ctl_fail(EX_NOPERM, _("cannot become the owner of %s: %s"), path, strerror(errno));
	request->data = path;
	status = run_command(request);
	request->data = NULL;
	config_free(request->settings);
	return status;
}
