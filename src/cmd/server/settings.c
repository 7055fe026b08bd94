/* What a server is told by its command line and its configuration. */
#include "cmd/server/settings.h"

#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/data.h"
#include "session/sasl.h"

enum { WORKERS_MAX = 64 };

static int __attribute__((format(printf, 2, 3))) fail(char error[SETTINGS_ERROR_SIZE], const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(error, SETTINGS_ERROR_SIZE, format, arguments);
	va_end(arguments);
	return -1;
}

static int
add_listener(struct settings *settings, const char *value, enum config_tls tls, char error[SETTINGS_ERROR_SIZE])
{
	char why[LISTEN_ERROR_SIZE];
	if (listen_check(value, why) < 0)
		return fail(error, "%s", why);
	if (settings->listen_count == LISTEN_MAX)
		return fail(error, "more than %d addresses: leave '%s' out", LISTEN_MAX, value);
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
		return fail(error, "'%.40s' is no file; name one in PEM form", value);
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

/* Names with spaces between; none is no AUTH. */
static int
set_auth(struct settings *settings, const char *value, char error[SETTINGS_ERROR_SIZE])
{
	settings->mechanisms = 0;
	for (const char *at = value + strspn(value, " "); *at != '\0'; at += strspn(at, " ")) {
		size_t len = strcspn(at, " ");
		enum sasl_mechanism mechanism = sasl_mechanism_find(at, len);
		if (mechanism == SASL_MECHANISMS)
			return fail(error, "'%.*s' is none of PLAIN, LOGIN, SCRAM-SHA-256 and CRAM-MD5",
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
		return fail(error, "'%.60s' can be reached from elsewhere; write 127.0.0.1:PORT or [::1]:PORT", value);
	snprintf(settings->metrics, sizeof settings->metrics, "%s", value);
	return 0;
}

static int
set_data(struct settings *settings, const char *value, char error[SETTINGS_ERROR_SIZE])
{
	if (*value == '\0' || strlen(value) > PATH_MAX / 2)
		return fail(error, "'%.40s' is no folder; name one that the server may write to", value);
	snprintf(settings->data, sizeof settings->data, "%s", value);
	return 0;
}

static int
set_hostname(struct settings *settings, const char *value, char error[SETTINGS_ERROR_SIZE])
{
	if (*value == '[' || !address_domain_valid(value, strlen(value), false))
		return fail(
		    error, "'%.80s' is no host name; write the server's name in the DNS, as mx.example.org", value);
	snprintf(settings->hostname, sizeof settings->hostname, "%s", value);
	return 0;
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
		if (!ftg_language_valid(name))
			return false;
		at += len + (at[len] == ':');
	}
	return true;
}

static int
take_language(char language[FTG_PREFERENCE_MAX], const char *value, char error[SETTINGS_ERROR_SIZE])
{
	bool english = strcmp(value, "C") == 0 || strcmp(value, "POSIX") == 0;
	if (!english && !is_language_list(value))
		return fail(
		    error, "'%.40s' is no language; write a tag such as de or pt-BR, several as de:fr, or C", value);
	snprintf(language, FTG_PREFERENCE_MAX, "%s", value);
	return 0;
}

/* The published English is what is spoken without a wish. */
static int
set_language(struct settings *settings, const char *value, char error[SETTINGS_ERROR_SIZE])
{
	bool english = strcmp(value, "C") == 0 || strcmp(value, "POSIX") == 0;
	if (take_language(settings->language, value, error) < 0)
		return -1;
	if (english)
		settings->language[0] = '\0';
	return 0;
}

static int
set_bilingual(struct settings *settings, const char *value, char error[SETTINGS_ERROR_SIZE])
{
	return take_language(settings->bilingual, value, error);
}

static int
set_profile(struct settings *settings, const char *value, char error[SETTINGS_ERROR_SIZE])
{
	bool strict = strcmp(value, "strict") == 0;
	if (!strict && strcmp(value, "published") != 0)
		return fail(error, "'%.40s' is no profile; write published or strict", value);
	settings->profile = strict ? FTG_STRICT : FTG_PUBLISHED;
	return 0;
}

static int
set_workers(struct settings *settings, const char *value, char error[SETTINGS_ERROR_SIZE])
{
	char *end;
	unsigned long workers = ascii_is_digit(*value) ? strtoul(value, &end, 10) : 0;
	if (workers < 1 || workers > WORKERS_MAX || *end != '\0')
		return fail(error, "'%.40s' is no number of worker processes; write 1 to %d", value, WORKERS_MAX);
	settings->workers = (unsigned)workers;
	return 0;
}

static int
set_user(struct settings *settings, const char *value, char error[SETTINGS_ERROR_SIZE])
{
	if (*value == '\0' || strlen(value) >= USER_SIZE)
		return fail(error, "'%.40s' is no user; write the name of one, such as ftgate", value);
	snprintf(settings->user, sizeof settings->user, "%s", value);
	return 0;
}

static int
set_variable(char to[VARIABLE_SIZE], const char *value, char error[SETTINGS_ERROR_SIZE])
{
	if (strlen(value) >= VARIABLE_SIZE)
		return fail(error, "'%.40s...' is longer than %d octets; shorten it", value, VARIABLE_SIZE - 1);
	snprintf(to, VARIABLE_SIZE, "%s", value);
	return 0;
}

static int
set_contact(struct settings *settings, const char *value, char error[SETTINGS_ERROR_SIZE])
{
	return set_variable(settings->contact, value, error);
}

static int
set_help_url(struct settings *settings, const char *value, char error[SETTINGS_ERROR_SIZE])
{
	return set_variable(settings->help, value, error);
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
		{ "help-url", set_help_url },
		{ "hostname", set_hostname },
		{ "language", set_language },
		{ "listen", set_listen },
		{ "listen-tls", set_listen_tls },
		{ "metrics", set_metrics },
		{ "profile", set_profile },
		{ "tls-cert", set_tls_cert },
		{ "tls-key", set_tls_key },
		{ "user", set_user },
		{ "workers", set_workers },
	};
	for (size_t i = 0; i < sizeof setters / sizeof *setters; i++)
		if (strcmp(setters[i].name, name) == 0)
			return setters[i].set(settings, value, error);
	return fail(error, "there is no setting '%s'", name);
}

static int
configure(struct settings *settings, const char *name, const char *value, char error[SETTINGS_ERROR_SIZE])
{
	char why[SETTINGS_ERROR_SIZE];
	if (value == NULL || settings_set(settings, name, value, why) == 0)
		return 0;
	return fail(error, "%s: %.*s", name, SETTINGS_ERROR_SIZE - 40, why);
}

static int
configure_listeners(struct settings *settings, const struct config *config, char error[SETTINGS_ERROR_SIZE])
{
	char why[SETTINGS_ERROR_SIZE];
	for (unsigned i = 0; i < config->listener_count; i++) {
		const struct config_listener *listener = &config->listeners[i];
		if ((listener->role == CONFIG_ROLE_POP3) != (settings->protocol == CONFIG_POP3))
			continue;
		if (configure(settings, "listen", listener->address, error) < 0)
			return -1;
		struct listen_setting *setting = &settings->listen[settings->listen_count - 1];
		setting->proxied = listener->proxy;
		setting->submission = listener->role == CONFIG_ROLE_SUBMISSION;
		setting->tls = listener->tls;
		if (listener->language != NULL && take_language(setting->language, listener->language, why) < 0)
			return fail(error, "listeners: %.60s: language: %.*s", listener->address,
			    SETTINGS_ERROR_SIZE - 100, why);
	}
	return 0;
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

/* Each program has its own. */
static const char *
metrics_of(const struct settings *settings, const struct config *config)
{
	return settings->protocol == CONFIG_POP3 ? config->pop3.metrics : config->metrics;
}

int
settings_configure(struct settings *settings, const struct config *config, char error[SETTINGS_ERROR_SIZE])
{
	settings->config = config;
	settings->limits = config->limits;
	settings->vrfy = audience(config->vrfy);
	settings->expn = audience(config->expn);
	settings->etrn = audience(config->etrn);
	if (config->workers != 0)
		settings->workers = config->workers;
	settings->auth_in_clear = config->auth_in_clear;
	settings->normalise = config->normalise;
	settings->xlang_utf8 = config->xlang != NULL && strcmp(config->xlang, "utf-8") == 0;
	settings->xlang = settings->xlang_utf8 || (config->xlang != NULL && strcmp(config->xlang, "yes") == 0);
	if (configure(settings, "tls-cert", config->tls_cert, error) < 0 ||
	    configure(settings, "tls-key", config->tls_key, error) < 0 ||
	    configure(settings, "auth", config->auth, error) < 0 ||
	    configure(settings, "data", config->data, error) < 0 ||
	    configure(settings, "hostname", config->hostname, error) < 0 ||
	    configure(settings, "language", config->language, error) < 0 ||
	    configure(settings, "bilingual", config->bilingual, error) < 0 ||
	    configure(settings, "profile", config->profile, error) < 0 ||
	    configure(settings, "metrics", metrics_of(settings, config), error) < 0 ||
	    configure(settings, "user", config->user, error) < 0 ||
	    configure(settings, "contact", config->contact, error) < 0 ||
	    configure(settings, "help-url", config->help, error) < 0)
		return -1;
	return configure_listeners(settings, config, error);
}

int
settings_complete(struct settings *settings, char error[SETTINGS_ERROR_SIZE])
{
	const struct greylist_settings *greylist = &settings->config->greylist;
	if (greylist->window / 1000 <= greylist->delay / 1000)
		return fail(error,
		    "greylist: the window is not longer than the delay, in whole seconds, so that no mail would ever pass; "
		    "lengthen it");
	if ((settings->tls_cert[0] == '\0') != (settings->tls_key[0] == '\0'))
		return fail(error, "tls-cert and tls-key go together: name both files");
	for (size_t i = 0; i < settings->listen_count && settings->tls_cert[0] == '\0'; i++)
		if (settings->listen[i].tls != CONFIG_TLS_STARTTLS)
			return fail(error, "%s needs a certificate: name its files by tls-cert and tls-key",
			    settings->listen[i].address);
	return routes_open(&settings->routes, settings->config, error);
}

/* The processors that this process may run on. */
static unsigned
count_processors(void)
{
	cpu_set_t set;
	int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
	return count > WORKERS_MAX ? WORKERS_MAX : (unsigned)count;
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
		.workers = count_processors(),
		.mechanisms = 1U << SASL_PLAIN | 1U << SASL_LOGIN | 1U << SASL_SCRAM_SHA_256,
		.limits = limits_standard(),
	};
	if (gethostname(name, sizeof name - 1) == 0)
		set_hostname(settings, name, error);
	ftg_language_from_environment(settings->language, getenv);
}
