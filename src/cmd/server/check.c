/* --check: what would be served, and what is wrong with the configuration, the files that it names and the texts. */
#include <errno.h>
#include <ftgate/catalog.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/system/data.h"
#include "base/system/privileges.h"
#include "base/system/program.h"
#include "base/text/help_url.h"
#include "base/text/printable.h"
#include "base/text/text_buffer.h"
#include "base/text/translate.h"
#include "cmd/server/log_target.h"
#include "cmd/server/server.h"
#include "cmd/server/service_user.h"
#include "cmd/user_language.h"
#include "directory/has_accounts.h"
#include "directory/postgres/admin.h"
#include "directory/postgres/libpq.h"
#include "directory/postmasters.h"
#include "net/tls_context.h"
#include "session/sasl.h"
#include "store/mail_folder.h"

enum { AUTH_SIZE = 128, LABEL_WIDTH = 13, LABEL_SIZE = 128, FAULT_SIZE = TLS_ERROR_SIZE + 64 };

/* The output of a check, and its number of refused texts. */
struct printing {
	FILE *to;
	unsigned refused; /* texts and files */
};

/* The labels that are no names of settings are translated. */
static void
print_label(FILE *to, const char *label)
{
	char text[LABEL_SIZE];
	user_language_pad(text, sizeof text, label, LABEL_WIDTH);
	printable_write(to, text, strlen(text));
	fputc(' ', to);
}

static void
print_refusal(void *context, const struct ftg_refusal *refusal)
{
	struct printing *printing = context;
	printing->refused++;
	print_label(printing->to, _("refused"));
	printable_print(printing->to, "%s: %s (%s): %s\n", refusal->file,
	    refusal->id == FTG_IDS ? _("the whole file") : ftg_row(refusal->id)->id, ftg_rule_name(refusal->rule),
	    refusal->detail);
	print_label(printing->to, "");
	printable_print(printing->to, "%s\n", _(ftg_rule_cure(refusal->rule)));
}

static void
print_asked(const char *what, const char *address, const char *name)
{
	print_label(stdout, what);
	if (name != NULL)
		/* TRANSLATORS: the address of a service, and its name. */
		printable_print(stdout, _("%s is %s\n"), address, name);
	else
		printable_print(stdout, "%s\n", address);
}

/* TLS that a client asks for is shown as it is set; without a certificate there is none. */
static void
print_listener(const struct settings *settings, const struct listen_setting *listener)
{
	char address[LABEL_SIZE];
	bool asks = settings->tls_cert[0] != '\0' && listener->tls != CONFIG_TLS_IMPLICIT &&
	    settings->protocol != CONFIG_MAP;
	const char *mode = listener->tls == CONFIG_TLS_REQUIRED ? ", tls: required" : ", tls: starttls";
	snprintf(address, sizeof address, "%s%s", listener->address, asks ? mode : "");
	bool encrypted = listener->tls == CONFIG_TLS_IMPLICIT;
	print_label(stdout, "listen");
	if (listener->language[0] == '\0')
		/* TRANSLATORS: an address that the server listens at. */
		printable_print(stdout, encrypted ? _("%s with TLS\n") : "%s\n", address);
	else
		/* TRANSLATORS: an address that the server listens at; the language spoken there. */
		printable_print(
		    stdout, encrypted ? _("%s with TLS in %s\n") : _("%s in %s\n"), address, listener->language);
}

static void
print_settings(const struct settings *settings)
{
	for (size_t i = 0; i < settings->listen_count; i++)
		print_listener(settings, &settings->listen[i]);
	printable_print(stdout, "data          %s\n", settings->data);
	if (settings->database[0] != '\0')
		printable_print(stdout, "database      %s\n", settings->database);
	printable_print(stdout, "hostname      %s\n", settings->hostname);
	printable_print(stdout, "profile       %s\n", settings->profile == FTG_STRICT ? "strict" : "published");
	printable_print(stdout, "workers       %u\n", settings->workers);
	if (settings->log[0] != '\0')
		printable_print(stdout, "log           %s\n", settings->log);
	if (settings->metrics[0] != '\0')
		printable_print(stdout, "metrics       %s\n", settings->metrics);
	if (settings->protocol != CONFIG_SMTP)
		return;
	for (unsigned i = 0; i < settings->config->services_count; i++)
		print_asked(_("service"), settings->config->services[i].address, settings->config->services[i].name);
	for (unsigned i = 0; i < settings->config->filters_count; i++)
		print_asked(settings->config->filters[i].kind == FILTER_RSPAMD ? "rspamd" : "clamav",
		    settings->config->filters[i].address, settings->config->filters[i].name);
}

static const char *
text_or_none(const char *text)
{
	return *text != '\0' ? text : NULL;
}

static void
write_listeners(const struct settings *settings, struct config_listener listeners[LISTEN_MAX])
{
	for (size_t i = 0; i < settings->listen_count; i++)
		listeners[i] = (struct config_listener) {
			.address = settings->listen[i].address,
			.language = text_or_none(settings->listen[i].language),
			.role = settings->protocol == CONFIG_POP3 ? CONFIG_ROLE_POP3
			    : settings->protocol == CONFIG_MAP    ? CONFIG_ROLE_MAP
			    : settings->listen[i].submission      ? CONFIG_ROLE_SUBMISSION
			                                          : CONFIG_ROLE_MX,
			.proxy = settings->listen[i].proxied,
			.tls = (unsigned char)settings->listen[i].tls,
		};
}

/* Names of mechanisms with spaces between. */
static void
write_mechanisms(char text[AUTH_SIZE], unsigned mechanisms)
{
	struct text_buffer buffer = { .text = text, .size = AUTH_SIZE };
	text[0] = '\0';
	for (unsigned i = 0; i < SASL_MECHANISMS; i++)
		if (mechanisms & 1U << i)
			text_buffer_put(
			    &buffer, "%s%s", buffer.len > 0 ? " " : "", sasl_mechanism_name((enum sasl_mechanism)i));
}

/* Listeners of the other program are left out: it has a command line of its own. */
static void
print_config(const struct settings *settings)
{
	static struct config_listener listeners[LISTEN_MAX];
	static char auth[AUTH_SIZE];
	struct config effective = *settings->config;
	write_listeners(settings, listeners);
	write_mechanisms(auth, settings->mechanisms);
	effective.listeners = listeners;
	effective.listeners_count = (unsigned)settings->listen_count;
	effective.auth = auth;
	effective.data = settings->data;
	effective.database = settings->database[0] != '\0' ? settings->database : NULL;
	effective.hostname = settings->hostname;
	effective.log = text_or_none(settings->log);
	effective.language = settings->language[0] != '\0' ? settings->language : "C";
	effective.bilingual = text_or_none(settings->bilingual);
	effective.profile = settings->profile == FTG_STRICT ? "strict" : "published";
	effective.user = settings->user_named ? settings->user : NULL;
	effective.workers = settings->workers;
	effective.contact = text_or_none(settings->contact);
	effective.help = text_or_none(settings->help);
	effective.help_link = settings->help_link;
	effective.tls_cert = text_or_none(settings->tls_cert);
	effective.tls_key = text_or_none(settings->tls_key);
	*(settings->protocol == CONFIG_POP3        ? &effective.pop3.metrics
	        : settings->protocol == CONFIG_MAP ? &effective.map.metrics
	                                           : &effective.metrics) = text_or_none(settings->metrics);
	config_write(stdout, &effective);
}

/* Prints a fault with the line of the setting, or with its name alone if the line is 0. */
static void __attribute__((format(printf, 4, 5)))
print_fault(const struct settings *settings, unsigned line, const char *name, const char *format, ...)
{
	char text[FAULT_SIZE];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	if (line != 0)
		printable_print(stderr, "%s:%u: %s: %s\n", settings->config->path, line, name, text);
	else
		printable_print(stderr, "%s: %s\n", name, text);
}

/* The line of a setting outside of sections, if its value is the one in effect; 0: it is not. */
static unsigned
line_of(const struct settings *settings, const char *name, const char *configured, const char *effective)
{
	bool is_effective = configured != NULL && strcmp(configured, effective) == 0;
	return is_effective ? config_line(settings->config, "", 0, name) : 0;
}

/* A language that is asked for. */
struct preference {
	const char *label;   /* in what is printed */
	const char *setting; /* its name */
	unsigned line;       /* of the configuration; 0: it is not from there */
	const char *tags;    /* "" for English */
	const char *instead; /* what is used if the catalogue has none of them */
};

/* The language, and in parentheses what clients get instead whose protocol is ASCII: "ja (ASCII: en)". */
static void
print_tag(FILE *to, const ftg_catalog *catalog, ftg_lang language)
{
	const char *tag = ftg_catalog_tag(catalog, language);
	const char *ascii = ftg_catalog_spoken(catalog, language, FTG_ASCII);
	printable_print(to, "%s", tag);
	if (strcmp(tag, ascii) != 0)
		printable_print(to, " (ASCII: %s)", ascii);
}

/* Returns whether the catalogue has the language. */
static bool
print_language(
    FILE *to, const ftg_catalog *catalog, const struct settings *settings, const struct preference *preference)
{
	ftg_lang language = preference->tags[0] == '\0' ? FTG_ENGLISH : ftg_catalog_find(catalog, preference->tags);
	print_label(to, preference->label);
	if (language >= 0) {
		print_tag(to, catalog, language);
		fputc('\n', to);
		return true;
	}
	/* TRANSLATORS: the language that is used instead ("en"), and the language for which there is no catalogue. */
	printable_print(to, _("%s: there is none for '%s'\n"), preference->instead, preference->tags);
	print_fault(settings, preference->line, preference->setting,
	    _("there is no catalogue for '%.80s'; 'ftgate-msg stats' lists the languages"), preference->tags);
	return false;
}

/* Prints which languages there are and which are spoken. Returns whether all that are asked for are there. */
static bool
print_languages(FILE *to, const ftg_catalog *catalog, const struct settings *settings)
{
	const ftg_lang first = ftg_catalog_find(catalog, "en") > FTG_ENGLISH;
	print_label(to, _("languages"));
	for (ftg_lang i = first; i < ftg_catalog_languages(catalog); i++) {
		fputs(i > first ? " " : "", to);
		print_tag(to, catalog, i);
	}
	fputc('\n', to);
	bool found = print_language(to, catalog, settings,
	    &(struct preference) { "language", "language",
	        line_of(settings, "language", settings->config->language, settings->language), settings->language,
	        "en" });
	for (size_t i = 0; i < settings->listen_count; i++)
		if (settings->listen[i].language[0] != '\0')
			found &= print_language(to, catalog, settings,
			    &(struct preference) {
			        /* TRANSLATORS: the label of the language at one address. */ _("  there"), "language",
			        settings_listener_line(settings, &settings->listen[i], "language"),
			        settings->listen[i].language, _("the above") });
	if (settings->bilingual[0] != '\0')
		found &= print_language(to, catalog, settings,
		    &(struct preference) {
		        /* TRANSLATORS: the label of the second language of bilingual replies. */ _("second"),
		        "bilingual", line_of(settings, "bilingual", settings->config->bilingual, settings->bilingual),
		        settings->bilingual, _("none") });
	return found;
}

/* Returns false if there is a certificate that cannot be used. */
static bool
print_certificate(FILE *to, const struct settings *settings)
{
	char error[TLS_ERROR_SIZE];
	if (settings->tls_cert[0] == '\0') {
		print_label(to, _("certificate"));
		printable_print(to, "%s\n", _("none: no TLS"));
		return true;
	}
	struct tls_context *context = tls_context_new(settings->tls_cert, settings->tls_key, NULL, error);
	bool usable = context != NULL && tls_context_is_current(context, error);
	print_label(to, _("certificate"));
	printable_print(to, "%s\n", usable ? settings->tls_cert : error);
	if (!usable)
		print_fault(settings, line_of(settings, "tls-cert", settings->config->tls_cert, settings->tls_cert),
		    "tls-cert", _("%s; name the PEM files of a certificate and its key"), error);
	tls_context_free(context);
	return usable;
}

/* Returns whether the data folder is there or can be made. */
static bool
check_data(const struct settings *settings)
{
	struct stat status;
	char above[PATH_MAX];
	bool there = stat(settings->data, &status) == 0;
	if (there && S_ISDIR(status.st_mode))
		return true;
	snprintf(above, sizeof above, "%s", settings->data);
	if (!there && errno == ENOENT && access(dirname(above), W_OK | X_OK) == 0)
		return true;
	print_fault(settings, line_of(settings, "data", settings->config->data, settings->data), "data",
	    _("%s: %s; name a folder, or make the one that it is to be in"), settings->data,
	    strerror(there ? ENOTDIR : errno));
	return false;
}

/* Returns whether mail can be stored and fetched: the folder of the mail is the right one, or will be made. */
static bool
check_mail(const struct settings *settings)
{
	char path[PATH_MAX];
	if (settings->protocol == CONFIG_MAP || data_path(path, settings->data, "mail") < 0 ||
	    mail_folder_probe(path) == 0)
		return true;
	int error = errno;
	if (error == ENODEV && settings->database[0] == '\0' && mail_folder_is_new(path) &&
	    !directory_has_accounts(settings->data))
		return true;
	unsigned line = line_of(settings, "data", settings->config->data, settings->data);
	if (error == ENODEV)
		print_fault(settings, line, "data",
		    _("there is no file %s/%s: mount the volume of the mail, or touch the file if this is its folder"),
		    path, MAIL_FOLDER_MARKER);
	else
		print_fault(settings, line, "data", "%s/%s: %s", path, MAIL_FOLDER_MARKER, strerror(error));
	return false;
}

/* Returns whether the client library of the database is there. The database itself may be away. */
static bool
check_database(const struct settings *settings)
{
	char error[LIBPQ_ERROR_SIZE];
	if (settings->database[0] == '\0' || libpq_load(error) != NULL)
		return true;
	print_fault(settings, line_of(settings, "database", settings->config->database, settings->database), "database",
	    "%s", error);
	return false;
}

/* Returns whether the log can be written. */
static bool
check_log(const struct settings *settings)
{
	if (log_target_is_usable(settings->log))
		return true;
	print_fault(settings, line_of(settings, "log", settings->config->log, settings->log), "log", "%s: %s; %s",
	    settings->log, strerror(errno), log_target_cure(settings->log));
	return false;
}

/* Goes on as the user that would serve, who may read less than root. Returns an exit status. */
static int
become_user(const struct server_kind *kind, const struct settings *settings)
{
	struct service_user user;
	char error[SERVICE_USER_ERROR_SIZE];
	if (service_user_find(&user, settings, error) < 0) {
		unsigned line = line_of(settings, "user", settings->config->user, settings->user);
		if (line != 0)
			printable_print(stderr, "%s:%u: %s\n", settings->config->path, line, error);
		else
			printable_print(stderr, "%s: %s\n", kind->name, error);
		return EX_CONFIG;
	}
	if (privileges_become(user.user, user.group) < 0)
		printable_print(stderr, _("%s: files are checked as you read them, not as '%s' does: %s\n"), kind->name,
		    settings->user, strerror(errno));
	return EX_OK;
}

static int
check_texts(const struct server_kind *kind, const struct settings *settings, FILE *to)
{
	char locale[PATH_MAX], overlay[PATH_MAX];
	const char *const preferences[] = { settings->language, NULL };
	const struct ftg_sources sources = {
		.locale = locale,
		.overlay = data_path(overlay, settings->data, "locale") == 0 ? overlay : NULL,
		.preferences = preferences,
		.profile = settings->profile,
	};
	struct printing printing = { .to = to };
	program_locale_folder(locale);
	ftg_catalog *catalog = ftg_catalog_open(&sources, print_refusal, &printing);
	if (catalog == NULL) {
		printable_print(stderr, _("%s: the catalogue, with texts in %s/locale: %s\n"), kind->name,
		    settings->data, strerror(errno));
		return EX_OSERR;
	}
	bool found = print_languages(to, catalog, settings);
	ftg_catalog_free(catalog);
	return found && printing.refused == 0 ? EX_OK : EX_DATAERR;
}

static void
warn_postmaster(void *context, const char *domain)
{
	char cure[FAULT_SIZE], text[FAULT_SIZE];
	(void)context;
	snprintf(text, sizeof text, _("nobody reads the mail to postmaster@%s"), domain);
	snprintf(cure, sizeof cure, _("run ftgatectl alias add postmaster@%s ADDRESS, or use the setting postmaster"),
	    domain);
	printable_print(stderr, "postmaster: %s; %s\n", text, cure);
}

/* The setting applies to all domains without a setting of their own. */
static bool
wants_postmasters(const struct settings *settings)
{
	return settings->protocol == CONFIG_SMTP && settings->postmaster.domain[0] == '\0';
}

static void
note_postmaster(void *context, const char *domain)
{
	const bool *wanted = context;
	if (*wanted)
		warn_postmaster(NULL, domain);
}

static void
print_missing_right(void *context, const char *rights, const char *name, bool vital)
{
	char text[FAULT_SIZE];
	(void)context;
	(void)vital;
	snprintf(text, sizeof text, _("the role of the setting database has no right %s on %s"), rights, name);
	printable_print(stderr, "database: %s; %s\n", text, postgres_admin_rights_cure());
}

static void
check_postgres(const struct settings *settings)
{
	char error[ADMIN_ERROR_SIZE], text[FAULT_SIZE];
	bool wanted = wants_postmasters(settings);
	struct postgres_inspection found = {
		.postmaster = note_postmaster,
		.right = print_missing_right,
		.context = &wanted,
		.greylists = settings->config->greylist.enabled,
	};
	if (!postgres_admin_inspect(settings->database, &found, error)) {
		printable_print(stderr, "database: %s; %s\n", error, found.cure);
	} else if (found.version < found.newest) {
		snprintf(text, sizeof text, _("the directory has the schema %d; this version has %d"), found.version,
		    found.newest);
		printable_print(stderr, "database: %s; %s\n", text, postgres_admin_schema_cure());
	}
}

/*
 * A missing or unusable database is not a configuration error: the server starts to serve when it can use the database.
 */
static void
check_records(const struct settings *settings)
{
	if (settings->database[0] != '\0' && settings->protocol != CONFIG_MAP)
		check_postgres(settings);
	else if (wants_postmasters(settings))
		(void)postmasters_missing(settings->data, warn_postmaster, NULL);
}

static void
check_help_url(const struct settings *settings)
{
	const char *doubt = settings->help[0] != '\0' ? help_url_doubt(settings->help) : NULL;
	if (doubt != NULL)
		printable_print(stderr, "help-url: %s\n", doubt);
}

/* Warns if large messages pass a filter that must sign or judge all: one with rspamd that defers what it cannot see. */
static void
check_filters(const struct settings *settings)
{
	const struct config *config = settings->config;
	int64_t most = config->limits.max_message_size;
	for (unsigned i = 0; settings->protocol == CONFIG_SMTP && i < config->filters_count; i++) {
		const struct filter_settings *filter = &config->filters[i];
		bool vital = filter->kind == FILTER_RSPAMD && filter->on_failure == ON_FAILURE_DEFER;
		if (vital && filter->max_size != 0 && (most == 0 || filter->max_size < most))
			print_fault(settings, config_line(config, "filters", i, "address"), "max-size",
			    _("larger messages are neither examined nor signed; set max-size to 0"));
	}
}

int
server_check(const struct server_kind *kind, const struct settings *settings, bool verbose)
{
	FILE *to = verbose ? stderr : stdout;
	(verbose ? print_config : print_settings)(settings);
	bool usable = check_data(settings);
	int status = become_user(kind, settings);
	usable = (settings->protocol == CONFIG_MAP || print_certificate(to, settings)) && usable;
	usable = check_mail(settings) && usable;
	usable = check_log(settings) && usable;
	usable = check_database(settings) && usable;
	int texts = check_texts(kind, settings, to);
	check_records(settings);
	check_help_url(settings);
	check_filters(settings);
	if (kind->warn != NULL)
		kind->warn(settings);
	if (status == EX_OK)
		status = usable ? texts : EX_DATAERR;
	return status;
}
