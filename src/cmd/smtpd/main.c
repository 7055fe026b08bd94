/* ftgate-smtpd: the SMTP server. */
#include <limits.h>
#include <stddef.h>
#include <stdio.h>

#include "base/log/log.h"
#include "base/text/translate.h"
#include "cmd/server/demo.h"
#include "cmd/server/server.h"
#include "cmd/smtpd/queue_process.h"
#include "cmd/smtpd/serve.h"
#include "message/content_rules.h"
#include "peer/dns.h"
#include "relay/client/route.h"

/* Whose rules are read, and who gets their faults. */
struct reading {
	const struct config *config;
	config_report *report;
};

/* A fault of no line is one of the file: then the setting that names it is wrong. */
static void
report_rules(void *context, const char *file, unsigned line, const char *fault)
{
	const struct reading *reading = context;
	char text[PATH_MAX + 256];
	if (line != 0) {
		reading->report(NULL, file, line, fault);
		return;
	}
	snprintf(text, sizeof text, _("rules: %s: %s; name a file of rules that the server can read"), file, fault);
	reading->report(NULL, reading->config->path, config_line(reading->config, "content", 0, "rules"), text);
}

static int
configure(struct settings *settings, config_report *report)
{
	struct reading reading = { .config = settings->config, .report = report };
	const char *rules = settings->config->content.rules;
	if (rules == NULL)
		return 0;
	settings->content_rules = content_rules_read(rules, report_rules, &reading);
	return settings->content_rules != NULL ? 0 : -1;
}

/* Of routes that dane: no forbids, the configuration is refused. */
static void
warn(const struct settings *settings)
{
	const struct config *config = settings->config;
	if (config->relay.dane == RELAY_DANE_AUTO && !dns_servers_are_local(config->dns.servers))
		(void)routes_without_dane(config, config_print_fault, NULL);
}

static void
welcome(const char *data, const char *address)
{
	log_print(_("First start: the data folder is %s.\n"
	            "A demo domain example.test is in it, with postmaster, anna and bob. To send a message there:\n"
	            "    swaks --server %s --to anna@example.test\n"
	            "It arrives in %s/mail/example.test/anna/new. For a domain of your own:\n"
	            "    ftgatectl --data %s domain add NAME"),
	    data, address, data, data);
}

int
main(int argc, char **argv)
{
	static const struct server_kind kind = {
		.name = "ftgate-smtpd",
		.help = N_("Mail server whose replies speak the language of their reader."),
		.more_help = N_(
		    "It listens at 127.0.0.1:2525 and [::1]:2525 by default. SIGHUP loads texts and certificate again; "
		    "SIGTERM lets messages under way finish, then ends."),
		.protocol = CONFIG_SMTP,
		.accounts = true,
		.watchdog = { .beat = WATCHDOG_BEAT, .limit = WATCHDOG_LIMIT, .start = WATCHDOG_LIMIT },
		.configure = configure,
		.warn = warn,
		.listen = "127.0.0.1:2525",
		.listen_v6 = "[::1]:2525",
		.welcome = welcome,
		.work = serve_work,
		.relay = relay_work,
	};
	return server_main(&kind, argc, argv);
}
