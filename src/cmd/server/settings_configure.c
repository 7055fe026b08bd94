/* The settings of a server as a whole: those of its configuration, and whether they agree. */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/translate.h"
#include "cmd/server/settings.h"
#include "cmd/server/settings_internal.h"

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
	if (listener->language != NULL && settings_read_language(setting->language, listener->language, why) < 0)
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
