/* The settings of a server one by one: the value of each, and the defaults. */
#include "cmd/server/settings.h"

#include <errno.h>
#include <stdarg.h>
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
#include "cmd/server/settings_internal.h"
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

int
settings_read_language(char language[FTG_PREFERENCE_MAX], const char *value, char error[SETTINGS_ERROR_SIZE])
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
	if (settings_read_language(settings->language, value, error) < 0)
		return -1;
	if (is_english(value))
		settings->language[0] = '\0';
	return 0;
}

static int
set_bilingual(struct settings *settings, const char *value, char error[SETTINGS_ERROR_SIZE])
{
	return settings_read_language(settings->bilingual, value, error);
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
