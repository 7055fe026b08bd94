/* The settings of a server: those of its configuration, and over them those of the command line. */
#include "cmd/server/settings.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/address/idna.h"
#include "base/system/data.h"
#include "base/text/ascii.h"
#include "base/text/help_url.h"
#include "base/text/translate.h"
#include "cmd/server/log_target.h"
#include "cmd/server/processors.h"
#include "directory/postgres/setting.h"
#include "session/sasl.h"

static int __attribute__((format(printf, 2, 3))) fail(char error[SETTINGS_ERROR_SIZE], const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(error, SETTINGS_ERROR_SIZE, format, arguments);
	va_end(arguments);
	return -1;
}

const struct settings_names *
settings_names(enum config_protocol protocol)
{
	static const struct settings_names names[] = {
		[CONFIG_SMTP] = { "smtpd", "smtp", "" },
		[CONFIG_POP3] = { "pop3d", "pop3", "pop3" },
		[CONFIG_MAP] = { "mapd", "map", "map" },
	};
	return &names[protocol];
}

/* Clients of mail are limited by their addresses, which those of a path do not have. */
static int
add_listener(struct settings *settings, const char *value, enum config_tls tls, char error[SETTINGS_ERROR_SIZE])
{
	char why[LISTEN_ERROR_SIZE];
	bool path = settings->protocol == CONFIG_MAP && listen_is_path(value);
	if (!path && listen_check(value, why) < 0)
		return fail(error, "%s", why);
	if (settings->listen_count == LISTEN_MAX)
		return fail(error, _("more than %d addresses: leave '%s' out"), LISTEN_MAX, value);
	struct listen_setting *listener = &settings->listen[settings->listen_count++];
	*listener = (struct listen_setting) { .tls = tls };
	snprintf(listener->address, LISTEN_NAME_SIZE, "%s", value);
	return 0;
}

static int
set_listen(struct settings *settings, const char *value, char error[SETTINGS_ERROR_SIZE])
{
	return add_listener(settings, value, CONFIG_TLS_STARTTLS, error);
}

static int
set_listen_tls(struct settings *settings, const char *value, char error[SETTINGS_ERROR_SIZE])
{
	return add_listener(settings, value, CONFIG_TLS_IMPLICIT, error);
}

static int
set_file(char file[PATH_MAX], const char *value, char error[SETTINGS_ERROR_SIZE])
{
	if (*value == '\0' || strlen(value) >= PATH_MAX)
		return fail(error, _("'%.40s' is not a file; name one in PEM form"), value);
	snprintf(file, PATH_MAX, "%s", value);
	return 0;
}

static int
set_tls_cert(struct settings *settings, const char *value, char error[SETTINGS_ERROR_SIZE])
{
	return set_file(settings->tls_cert, value, error);
}

static int
set_tls_key(struct settings *settings, const char *value, char error[SETTINGS_ERROR_SIZE])
{
	return set_file(settings->tls_key, value, error);
}

/* Names with spaces between. Without a name there is no AUTH. */
static int
set_auth(struct settings *settings, const char *value, char error[SETTINGS_ERROR_SIZE])
{
	settings->mechanisms = 0;
	for (const char *at = value + strspn(value, " "); *at != '\0'; at += strspn(at, " ")) {
		size_t len = strcspn(at, " ");
		enum sasl_mechanism mechanism = sasl_mechanism_find(at, len);
		if (mechanism == SASL_MECHANISMS)
			return fail(error, _("'%.*s' is not one of PLAIN, LOGIN, SCRAM-SHA-256 and CRAM-MD5"),
			    (int)(len < 40 ? len : 40), at);
		settings->mechanisms |= 1U << mechanism;
		at += len;
	}
	return 0;
}

static int
set_metrics(struct settings *settings, const char *value, char error[SETTINGS_ERROR_SIZE])
{
	char why[LISTEN_ERROR_SIZE];
	if (listen_check(value, why) < 0)
		return fail(error, "%s", why);
	if (!listen_is_loopback(value))
		return fail(
		    error, _("'%.60s' can be reached from elsewhere; write 127.0.0.1:PORT or [::1]:PORT"), value);
	snprintf(settings->metrics, sizeof settings->metrics, "%s", value);
	return 0;
}

static int
set_log(struct settings *settings, const char *value, char error[SETTINGS_ERROR_SIZE])
{
	if (!log_target_is_valid(value))
		return fail(error,
		    _("'%.40s' is no place for a log; write stderr, journal, journal:SOCKET, or the whole path of a file"),
		    value);
	snprintf(settings->log, sizeof settings->log, "%s", value);
	return 0;
}

static int
set_data(struct settings *settings, const char *value, char error[SETTINGS_ERROR_SIZE])
{
	if (*value == '\0' || strlen(value) > PATH_MAX / 2)
		return fail(error, _("'%.40s' is not a folder; name one that the server may write to"), value);
	snprintf(settings->data, sizeof settings->data, "%s", value);
	return 0;
}

static int
set_database(struct settings *settings, const char *value, char error[SETTINGS_ERROR_SIZE])
{
	const char *why = postgres_setting_fault(value);
	snprintf(settings->database, sizeof settings->database, "%s", why == NULL ? value : "");
	return why == NULL ? 0 : fail(error, "%s", why);
}

static int
set_hostname(struct settings *settings, const char *value, char error[SETTINGS_ERROR_SIZE])
{
	char name[ADDRESS_DOMAIN_MAX + 1];
	if (!address_parse_domain(name, value, strlen(value)))
		return fail(error,
		    _("'%.80s' is not a host name; write the server's name in the DNS, as mx.example.org"), value);
	snprintf(settings->hostname, sizeof settings->hostname, "%s", idna_is_needed(value) ? name : value);
	return 0;
}

/* C and POSIX stand for the published English, and end a list. */
static bool
is_english(const char *name)
{
	return strcmp(name, "C") == 0 || strcmp(name, "POSIX") == 0;
}

/* Does each element of a list look like a language? */
static bool
is_language_list(const char *list)
{
	char name[FTG_TAG_MAX];
	if (*list == '\0' || strlen(list) >= FTG_PREFERENCE_MAX)
		return false;
	for (const char *at = list; *at != '\0';) {
		size_t len = strcspn(at, ":");
		if (len >= sizeof name)
			return false;
		memcpy(name, at, len);
		name[len] = '\0';
		if (!ftg_language_valid(name) && !is_english(name))
			return false;
		at += len + (at[len] == ':');
	}
	return true;
}

static int
read_language(char language[FTG_PREFERENCE_MAX], const char *value, char error[SETTINGS_ERROR_SIZE])
{
	if (!is_language_list(value))
		return fail(error,
		    _("'%.40s' is not a language; write a tag such as de or pt-BR, several as de:fr, or C"), value);
	snprintf(language, FTG_PREFERENCE_MAX, "%s", value);
	return 0;
}

/* Without a language the published English is spoken. */
static int
set_language(struct settings *settings, const char *value, char error[SETTINGS_ERROR_SIZE])
{
	if (read_language(settings->language, value, error) < 0)
		return -1;
	if (is_english(value))
		settings->language[0] = '\0';
	return 0;
}

static int
set_bilingual(struct settings *settings, const char *value, char error[SETTINGS_ERROR_SIZE])
{
	return read_language(settings->bilingual, value, error);
}

static int
set_profile(struct settings *settings, const char *value, char error[SETTINGS_ERROR_SIZE])
{
	bool strict = strcmp(value, "strict") == 0;
	if (!strict && strcmp(value, "published") != 0)
		return fail(error, _("'%.40s' is not a profile; write published or strict"), value);
	settings->profile = strict ? FTG_STRICT : FTG_PUBLISHED;
	return 0;
}

static int
set_workers(struct settings *settings, const char *value, char error[SETTINGS_ERROR_SIZE])
{
	char *end;
	unsigned long workers = ascii_is_digit(*value) ? strtoul(value, &end, 10) : 0;
	if (workers < 1 || workers > WORKERS_MAX || *end != '\0')
		return fail(error, _("'%.40s' is not a number of worker processes; write 1 to %d"), value, WORKERS_MAX);
	settings->workers = (unsigned)workers;
	return 0;
}

static int
set_user(struct settings *settings, const char *value, char error[SETTINGS_ERROR_SIZE])
{
	if (*value == '\0' || strlen(value) >= USER_SIZE)
		return fail(error, _("'%.40s' is not a user; write the name of one, such as ftgate"), value);
	snprintf(settings->user, sizeof settings->user, "%s", value);
	settings->user_named = true;
	return 0;
}

static int
set_variable(char to[VARIABLE_SIZE], const char *value, char error[SETTINGS_ERROR_SIZE])
{
	if (strlen(value) >= VARIABLE_SIZE)
		return fail(error, _("'%.40s...' is longer than %d octets; shorten it"), value, VARIABLE_SIZE - 1);
	snprintf(to, VARIABLE_SIZE, "%s", value);
	return 0;
}

static int
set_contact(struct settings *settings, const char *value, char error[SETTINGS_ERROR_SIZE])
{
	return set_variable(settings->contact, value, error);
}

static int
set_postmaster(struct settings *settings, const char *value, char error[SETTINGS_ERROR_SIZE])
{
	struct address address;
	if (address_parse(&address, value, strlen(value), false, true) != ADDRESS_OK || address.domain[0] == '[')
		return fail(error,
		    _("'%.80s' is not a mail address; name an account, an alias or a list of this server"), value);
	settings->postmaster = address;
	return 0;
}

static int
set_help_url(struct settings *settings, const char *value, char error[SETTINGS_ERROR_SIZE])
{
	bool sound = *value == '\0' || help_url_check(value, error, SETTINGS_ERROR_SIZE);
	if (strstr(value, "{lang}") != NULL && strlen(value) >= VARIABLE_SIZE - FTG_TAG_MAX)
		return fail(error, _("'%.40s...' is longer than %d octets; shorten it"), value,
		    VARIABLE_SIZE - FTG_TAG_MAX - 1);
	return sound ? set_variable(settings->help, value, error) : -1;
}

enum ftg_link
settings_link(const struct settings *settings)
{
	const char *link = settings->help_link;
	if (link == NULL && settings->protocol != CONFIG_MAP)
		return strstr(settings->help, "{lang}") != NULL ? FTG_LINK_FALLBACK : FTG_LINK_NEVER;
	if (link == NULL || strcmp(link, "always") == 0)
		return FTG_LINK_ALWAYS;
	return strcmp(link, "fallback") == 0 ? FTG_LINK_FALLBACK : FTG_LINK_NEVER;
}

int
settings_set(struct settings *settings, const char *name, const char *value, char error[SETTINGS_ERROR_SIZE])
{
	static const struct {
		const char *name;
		int (*set)(struct settings *settings, const char *value, char error[SETTINGS_ERROR_SIZE]);
	} setters[] = {
		{ "auth", set_auth },
		{ "bilingual", set_bilingual },
		{ "contact", set_contact },
		{ "data", set_data },
		{ "database", set_database },
		{ "help-url", set_help_url },
		{ "hostname", set_hostname },
		{ "language", set_language },
		{ "listen", set_listen },
		{ "listen-tls", set_listen_tls },
		{ "log", set_log },
		{ "metrics", set_metrics },
		{ "postmaster", set_postmaster },
		{ "profile", set_profile },
		{ "tls-cert", set_tls_cert },
		{ "tls-key", set_tls_key },
		{ "user", set_user },
		{ "workers", set_workers },
	};
	for (size_t i = 0; i < sizeof setters / sizeof *setters; i++)
		if (strcmp(setters[i].name, name) == 0)
			return setters[i].set(settings, value, error);
	return fail(error, _("there is no setting '%s'"), name);
}

/* A configuration whose faults are reported; whether there was one. */
struct checking {
	const struct config *config;
	config_report *report;
	void *context;
	bool faulty;
};

static void __attribute__((format(printf, 3, 4)))
report_fault(struct checking *checking, unsigned line, const char *format, ...)
{
	char text[SETTINGS_ERROR_SIZE + 100];
	const char *path = checking->config->path;
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	checking->report(checking->context, path != NULL ? path : program_invocation_short_name, line, text);
	checking->faulty = true;
}

/* Do two sockets need the same address? For port 0 the system chooses another port each time. */
static bool
is_conflict(const char *address, const char *other)
{
	const char *colon = strrchr(address, ':');
	bool chosen = colon != NULL && strtoul(colon + 1, NULL, 10) == 0 && !listen_is_path(address);
	return !chosen && listen_is_same(address, other);
}

/* Is the address of a listener that of one before it, of whichever program? */
static bool
is_repeated(const struct config *config, unsigned number)
{
	for (unsigned i = 0; i < number; i++)
		if (is_conflict(config->listeners[number].address, config->listeners[i].address))
			return true;
	return false;
}

static void
configure_listener(struct checking *checking, struct settings *settings, unsigned number)
{
	char why[SETTINGS_ERROR_SIZE];
	const struct config_listener *listener = &checking->config->listeners[number];
	unsigned line = config_line(checking->config, "listeners", number, "address");
	if (is_repeated(checking->config, number)) {
		report_fault(checking, line, _("address: another listener has '%.60s' already; leave one out"),
		    listener->address);
		return;
	}
	if (config_protocol_of(listener->role) != settings->protocol)
		return;
	if (settings_set(settings, "listen", listener->address, why) < 0) {
		report_fault(checking, line, "address: %s", why);
		return;
	}
	struct listen_setting *setting = &settings->listen[settings->listen_count - 1];
	setting->item = number + 1;
	setting->proxied = listener->proxy;
	setting->submission = listener->role == CONFIG_ROLE_SUBMISSION;
	setting->tls = listener->tls;
	if (listener->language != NULL && read_language(setting->language, listener->language, why) < 0)
		report_fault(
		    checking, config_line(checking->config, "listeners", number, "language"), "language: %s", why);
}

static enum smtp_audience
audience(const char *name)
{
	if (name == NULL)
		return SMTP_UNTOLD;
	if (strcmp(name, "anyone") == 0)
		return SMTP_ANYONE;
	return strcmp(name, "accounts") == 0 ? SMTP_ACCOUNTS : SMTP_NOBODY;
}

/* Settings that are texts: those that settings_set() knows. */
static const struct {
	const char *name;
	size_t offset;
} texts[] = {
	{ "auth", offsetof(struct config, auth) },
	{ "bilingual", offsetof(struct config, bilingual) },
	{ "contact", offsetof(struct config, contact) },
	{ "data", offsetof(struct config, data) },
	{ "database", offsetof(struct config, database) },
	{ "help-url", offsetof(struct config, help) },
	{ "hostname", offsetof(struct config, hostname) },
	{ "language", offsetof(struct config, language) },
	{ "log", offsetof(struct config, log) },
	{ "postmaster", offsetof(struct config, postmaster) },
	{ "profile", offsetof(struct config, profile) },
	{ "tls-cert", offsetof(struct config, tls_cert) },
	{ "tls-key", offsetof(struct config, tls_key) },
	{ "user", offsetof(struct config, user) },
};

static void
configure_text(struct checking *checking, struct settings *settings, const char *name, const char *value)
{
	char why[SETTINGS_ERROR_SIZE];
	if (value != NULL && settings_set(settings, name, value, why) < 0)
		report_fault(checking, config_line(checking->config, "", 0, name), "%s: %s", name, why);
}

/* Each program has metrics of its own. */
static const char *
metrics_of(const struct config *config, enum config_protocol protocol)
{
	return protocol == CONFIG_POP3 ? config->pop3.metrics
	    : protocol == CONFIG_MAP   ? config->map.metrics
	                               : config->metrics;
}

static unsigned
metrics_line_of(const struct config *config, enum config_protocol protocol)
{
	return config_line(config, settings_names(protocol)->section, 0, "metrics");
}

static void
configure_metrics(struct checking *checking, struct settings *settings)
{
	char why[SETTINGS_ERROR_SIZE];
	const char *value = metrics_of(checking->config, settings->protocol);
	if (value != NULL && settings_set(settings, "metrics", value, why) < 0)
		report_fault(checking, metrics_line_of(checking->config, settings->protocol), "metrics: %s", why);
}

int
settings_configure(struct settings *settings, const struct config *config, config_report *report, void *context)
{
	struct checking checking = { .config = config, .report = report, .context = context };
	settings->config = config;
	settings->limits = config->limits;
	settings->vrfy = audience(config->vrfy);
	settings->expn = audience(config->expn);
	settings->etrn = audience(config->etrn);
	if (config->workers != 0)
		settings->workers = (unsigned)config->workers;
	settings->auth_in_clear = config->auth_in_clear;
	settings->normalise = config->normalise;
	settings->help_link = config->help_link;
	settings->xlang_utf8 = config->xlang != NULL && strcmp(config->xlang, "utf-8") == 0;
	settings->xlang = settings->xlang_utf8 || (config->xlang != NULL && strcmp(config->xlang, "yes") == 0);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		const char *value;
		memcpy(&value, (const char *)config + texts[i].offset, sizeof value);
		configure_text(&checking, settings, texts[i].name, value);
	}
	configure_metrics(&checking, settings);
	for (unsigned i = 0; i < config->listeners_count && i < LISTEN_MAX; i++)
		configure_listener(&checking, settings, i);
	if (config->listeners_count > LISTEN_MAX)
		report_fault(&checking, config_line(config, "listeners", LISTEN_MAX, "address"),
		    _("listeners: there are more than %d; leave this one out"), LISTEN_MAX);
	return checking.faulty ? -1 : 0;
}

unsigned
settings_listener_line(const struct settings *settings, const struct listen_setting *listener, const char *name)
{
	return listener->item == 0 ? 0 : config_line(settings->config, "listeners", listener->item - 1, name);
}

/* The line of the metrics that are in effect; 0: they are not from the configuration. */
static unsigned
metrics_line(const struct settings *settings)
{
	const char *value = metrics_of(settings->config, settings->protocol);
	bool effective = value != NULL && strcmp(value, settings->metrics) == 0;
	return effective ? metrics_line_of(settings->config, settings->protocol) : 0;
}

/* A map has no TLS and no passwords: who can connect can read the texts, and keep the server busy. */
static void
check_map(struct checking *checking, const struct settings *settings, const struct listen_setting *listener)
{
	if (!settings->config->map.remote && !listen_is_loopback(listener->address))
		report_fault(checking, settings_listener_line(settings, listener, "address"),
		    _("'%.60s' can be reached from elsewhere; write 127.0.0.1:PORT, [::1]:PORT or the path of a socket, or 'remote: yes' in the section map"),
		    listener->address);
	if (listener->tls != CONFIG_TLS_STARTTLS)
		report_fault(checking, settings_listener_line(settings, listener, "tls"),
		    _("tls: a map has no TLS; leave it out"));
}

static void
check_address(struct checking *checking, const struct settings *settings, size_t number)
{
	const struct listen_setting *listener = &settings->listen[number];
	for (size_t i = 0; i < number; i++)
		if (is_conflict(listener->address, settings->listen[i].address))
			report_fault(checking, settings_listener_line(settings, listener, "address"),
			    _("'%s' is named twice as an address to listen at; leave one out"), listener->address);
	if (is_conflict(listener->address, settings->metrics))
		report_fault(checking, metrics_line(settings),
		    _("metrics: '%s' is an address to listen at, too; choose another port"), settings->metrics);
	if (settings->protocol == CONFIG_MAP)
		check_map(checking, settings, listener);
	else if (listener->tls != CONFIG_TLS_STARTTLS && settings->tls_cert[0] == '\0')
		report_fault(checking, settings_listener_line(settings, listener, "tls"),
		    _("tls: %s needs a certificate: name its files by tls-cert and tls-key"), listener->address);
}

static bool
has_rspamd(const struct config *config)
{
	for (size_t i = 0; i < config->filters_count; i++)
		if (config->filters[i].kind == FILTER_RSPAMD)
			return true;
	return false;
}

static void
check_greylist(struct checking *checking)
{
	const struct greylist_settings *greylist = &checking->config->greylist;
	if (greylist->enabled && greylist->suspects && !has_rspamd(checking->config))
		report_fault(checking, config_line(checking->config, "greylist", 0, "only-suspects"),
		    _("greylist: no filter of the kind rspamd says which mail is suspect, so that none would be "
		      "greylisted; add one to the filters, or remove only-suspects"));
	if (greylist->window / 1000 <= greylist->delay / 1000)
		report_fault(checking, config_line(checking->config, "greylist", 0, "window"),
		    _("greylist: the window is not longer than the delay, in whole seconds, so that no mail would ever pass; "
		      "lengthen it"));
}

/* Checks the dependencies between settings. */
static void
check_agreement(struct checking *checking, const struct settings *settings)
{
	check_greylist(checking);
	if ((settings->tls_cert[0] == '\0') != (settings->tls_key[0] == '\0'))
		report_fault(checking,
		    config_line(checking->config, "", 0, settings->tls_key[0] == '\0' ? "tls-cert" : "tls-key"),
		    _("tls-cert and tls-key go together: name both files"));
	for (size_t i = 0; i < settings->listen_count; i++)
		check_address(checking, settings, i);
}

int
settings_complete(struct settings *settings, config_report *report, void *context)
{
	struct checking checking = { .config = settings->config, .report = report, .context = context };
	check_agreement(&checking, settings);
	if (routes_open(&settings->routes, settings->config, report, context) < 0)
		checking.faulty = true;
	return checking.faulty ? -1 : 0;
}

/* If one worker of a map hangs, another answers at once. */
static unsigned
count_workers(enum config_protocol protocol)
{
	return protocol == CONFIG_MAP && processors_count() < 2 ? 2 : processors_count();
}

void
settings_standard(struct settings *settings, enum config_protocol protocol)
{
	char name[ADDRESS_DOMAIN_MAX + 1] = "", error[SETTINGS_ERROR_SIZE];
	*settings = (struct settings) {
		.protocol = protocol,
		.data = DATA_DEFAULT,
		.hostname = "localhost",
		.user = "ftgate",
		.profile = FTG_PUBLISHED,
		.workers = count_workers(protocol),
		.mechanisms = 1U << SASL_PLAIN | 1U << SASL_LOGIN | 1U << SASL_SCRAM_SHA_256,
		.limits = limits_standard(),
	};
	if (gethostname(name, sizeof name - 1) == 0)
		set_hostname(settings, name, error);
	ftg_language_from_environment(settings->language, getenv);
}
