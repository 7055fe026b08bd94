/* The commands of ftgatectl on records. */
#include <ftgate/catalog.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/text/translate.h"
#include "cmd/ctl/access_text.h"
#include "cmd/ctl/ctl.h"
#include "cmd/ctl/language.h"
#include "cmd/ctl/prompt.h"
#include "cmd/ctl/text.h"
#include "config/config.h"
#include "session/password.h"

/* The words that name a record. */
static const char *const *
name_of(const struct request *request)
{
	return (const char *const *)request->words;
}

int
ctl_list(struct request *request)
{
	struct printer printer;
	const char *within = request->count > 0 ? request->words[0] : NULL;
	int status = printer_open(&printer, request, false);
	if (status == EX_OK)
		status = ctl_admin_status(
		    request, request->admin->ops->list(request->admin, printer.kind, within, printer_row, &printer));
	return ctl_close_table(printer.table, status);
}

int
ctl_show(struct request *request)
{
	struct printer printer;
	int status = printer_open(&printer, request, true);
	if (status == EX_OK)
		status = ctl_admin_status(request,
		    request->admin->ops->show(request->admin, printer.kind, name_of(request), printer_row, &printer));
	return ctl_close_table(printer.table, status);
}

static bool
has_targets(enum record_kind kind)
{
	return kind == RECORD_ALIAS || kind == RECORD_LIST;
}

/* Is the word SETTING=VALUE? An address may contain "=", too. */
static bool
is_setting(enum record_kind kind, const char *word)
{
	const struct record_field *field;
	size_t len = strcspn(word, "=");
	if (word[len] == '\0')
		return false;
	for (size_t i = 0; (field = record_field(kind, i)) != NULL; i++)
		if (strlen(field->name) == len && strncmp(field->name, word, len) == 0)
			return true;
	return strncmp(word, "add=", 4) == 0 || strncmp(word, "remove=", 7) == 0;
}

/*
 * Parses a word: SETTING=VALUE or, for a new alias or list, an address. Returns false if it is neither. Writes into the
 * word.
 */
static bool
read_word(const struct request *request, char *word, struct record_setting *setting)
{
	enum record_kind kind = request->command->kind;
	if (is_setting(kind, word) || (!has_targets(kind) && strchr(word, '=') != NULL)) {
		char *sign = strchr(word, '=');
		*sign = '\0';
		*setting = (struct record_setting) { word, sign + 1 };
		return true;
	}
	*setting = (struct record_setting) { "add", word };
	return has_targets(kind) && request->command->run == ctl_add;
}

/* Makes the stored forms of a password. The texts of kept point into credentials and scram. */
static int
make_password(const struct request *request, const char *password, struct credentials *credentials,
    char scram[PASSWORD_SCRAM_SIZE], struct record_password *kept)
{
	switch (password_make(credentials, password, request->keep_secret)) {
	case PASSWORD_OK: break;
	case PASSWORD_UNFIT:
		return ctl_fail(EX_DATAERR,
		    _("this password is longer than 255 octets, is not valid UTF-8, or has characters that logins forbid "
		      "(RFC 4013); choose another one"));
	default: return ctl_fail(EX_OSERR, _("the password cannot be hashed: no memory, or no random numbers"));
	}
	password_write_scram(scram, &credentials->scram);
	*kept = (struct record_password) { .hash = credentials->hash, .scram_sha256 = scram };
	kept->secret = request->keep_secret ? credentials->secret : NULL;
	return EX_OK;
}

/* Makes a change that sets a new password; "" sets none. */
static int
change_with(struct request *request, const char *password,
    enum admin_result (*run)(struct admin *, enum record_kind, const char *const *, const struct record_change *),
    struct record_change *change)
{
	struct credentials credentials = { 0 };
	char scram[PASSWORD_SCRAM_SIZE];
	struct record_password kept = { NULL, NULL, NULL };
	int status = *password == '\0' ? EX_OK : make_password(request, password, &credentials, scram, &kept);
	change->password = &kept;
	if (status == EX_OK)
		status = ctl_admin_status(
		    request, run(request->admin, request->command->kind, name_of(request), change));
	change->password = NULL;
	explicit_bzero(&credentials, sizeof credentials);
	explicit_bzero(scram, sizeof scram);
	return status;
}

static int
apply(struct request *request, struct record_change *change)
{
	char password[PROMPT_SIZE] = "";
	int status = EX_OK;
	enum admin_result (*run)(struct admin *, enum record_kind, const char *const *,
	    const struct record_change *) = request->command->run == ctl_add ? request->admin->ops->add
	                                                                     : request->admin->ops->set;
	if (request->password == PASSWORD_UNCHANGED)
		return ctl_admin_status(request, run(request->admin, request->command->kind, name_of(request), change));
	if (request->password == PASSWORD_PROMPT)
		status = prompt_password(password, request->words[0]);
	else if (request->password == PASSWORD_STDIN)
		status = prompt_read(password);
	if (status == EX_OK)
		status = change_with(request, password, run, change);
	explicit_bzero(password, sizeof password);
	return status;
}

static bool
is_language(enum record_kind kind, const char *name)
{
	const struct record_field *field;
	for (size_t i = 0; (field = record_field(kind, i)) != NULL; i++)
		if (field->type == FIELD_LANGUAGE && strcmp(field->name, name) == 0)
			return true;
	return false;
}

/* Refuses what no field can refuse alone: a setting that is named twice, and a language that the servers do not have. */
static int
check_setting(const struct request *request, const struct record_setting *settings, size_t index)
{
	const char *name = settings[index].name, *value = settings[index].value;
	bool repeatable = strcmp(name, "add") == 0 || strcmp(name, "remove") == 0;
	for (size_t i = 0; i < index; i++)
		if (!repeatable && strcmp(settings[i].name, name) == 0)
			return ctl_fail(EX_USAGE, _("%.100s is set twice; leave one out"), name);
	if (*value != '\0' && request->command->kind == RECORD_ACCESS && strcmp(name, "text") == 0)
		return ctl_check_access_text(request->words[0], request->words[1], value);
	if (*value != '\0' && is_language(request->command->kind, name) && ftg_language_valid(value) &&
	    !ctl_language_is_known(request->data, value))
		return ctl_refuse_language(value);
	return EX_OK;
}

/* Parses the settings behind the name and applies them. */
static int
change(struct request *request)
{
	size_t names = record_names(request->command->kind), count = request->count - names;
	struct record_setting *settings = calloc(count + 1, sizeof *settings);
	struct record_change made = { .settings = settings, .count = count };
	int status = EX_OK;
	if (settings == NULL)
		return ctl_fail(EX_OSERR, _("memory is out"));
	for (size_t i = 0; i < count && status == EX_OK; i++)
		if (!read_word(request, request->words[names + i], &settings[i]))
			status = ctl_fail(EX_USAGE, _("'%s' is not a setting; write SETTING=VALUE: ftgatectl --help"),
			    request->words[names + i]);
		else
			status = check_setting(request, settings, i);
	if (status == EX_OK)
		status = apply(request, &made);
	if (status == EX_OK && request->format != OUTPUT_TABLE)
		status = ctl_show(request);
	free(settings);
	return status;
}

static void
note_relay(void *context, const char *const *values)
{
	bool *relayed = context;
	*relayed = values[RECORD_DOMAIN_RELAY] != NULL && values[RECORD_DOMAIN_RELAY][0] == '1';
}

/* Does the setting name who gets the mail of every postmaster? A running server says so, too. */
static bool
sets_postmaster(const struct request *request)
{
	static char answer[CTL_ANSWER_MAX];
	int len = 0;
	if (request->settings != NULL && request->settings->postmaster != NULL)
		return true;
	if (ctl_try_ask(request, "smtpd", "status\n", answer) < 0)
		return false;
	const char *setting = ctl_value(answer, "postmaster", &len);
	return len > 1 || (len == 1 && *setting != '-');
}

/* Mail to the postmaster of a domain is accepted (RFC 5321 section 4.5.1); somebody should read it. */
static void
warn_of_postmaster(const struct request *request)
{
	const char *const *name = name_of(request);
	bool relayed = true;
	if (request->admin->ops->show(request->admin, RECORD_DOMAIN, name, note_relay, &relayed) == ADMIN_OK &&
	    !relayed && !sets_postmaster(request))
		ctl_fail(EX_OK,
		    _("mail to postmaster@%s has no owner yet, unless ftgate.conf sets postmaster; to give it one: ftgatectl account "
		      "add postmaster@%s, or an alias of that name"),
		    name[0], name[0]);
}

/* A new account needs a password, or the word that it has none. */
int
ctl_add(struct request *request)
{
	bool is_account = request->command->kind == RECORD_ACCOUNT;
	if (is_account && request->password == PASSWORD_UNCHANGED && !request->keep_secret && !prompt_is_possible())
		return ctl_fail(EX_USAGE,
		    _("a new account needs a password: pass it with --password-stdin; for an account that nobody logs in to: "
		      "--no-password"));
	if (is_account && request->password == PASSWORD_UNCHANGED)
		request->password = PASSWORD_PROMPT;
	int status = change(request);
	if (status == EX_OK && request->command->kind == RECORD_DOMAIN)
		warn_of_postmaster(request);
	return status;
}

int
ctl_set(struct request *request)
{
	bool is_account = request->command->kind == RECORD_ACCOUNT;
	if (is_account && request->password == PASSWORD_UNCHANGED && (request->keep_secret || request->count == 1))
		request->password = PASSWORD_PROMPT;
	return change(request);
}

int
ctl_remove(struct request *request)
{
	enum record_kind kind = request->command->kind;
	int status = ctl_admin_status(request, request->admin->ops->remove(request->admin, kind, name_of(request)));
	if (status == EX_OK && kind == RECORD_DOMAIN && text_domain_has_any(request, request->words[0]))
		ctl_fail(EX_OK,
		    _("the domain's own texts are kept, and a domain of that name would get them; to list and unset them: "
		      "ftgatectl text --domain %s list"),
		    request->words[0]);
	return status;
}

int
ctl_rename(struct request *request)
{
	enum record_kind kind = request->command->kind;
	int status = ctl_admin_status(
	    request, request->admin->ops->rename(request->admin, kind, request->words[0], request->words[1]));
	if (status == EX_OK && kind == RECORD_DOMAIN)
		ctl_fail(EX_OK,
		    _("ftgate.conf, access entries and the domain's own texts may still name %s; change them, too"),
		    request->words[0]);
	return status;
}
