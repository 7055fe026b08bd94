/* ftgate-mapd: texts for the replies of other mail servers. */
#include <limits.h>
#include <stdio.h>

#include "base/text/translate.h"
#include "cmd/mapd/domain_languages.h"
#include "cmd/mapd/serve.h"
#include "cmd/server/server.h"

/* A worker that is silent for so long hangs, in milliseconds: a client of Postfix waits for it within each refusal. */
enum { BEAT = 250, LIMIT = 1000, START = 30 * 1000 };

/* Whose languages are read, and who gets their faults. */
struct reading {
	const struct config *config;
	config_report *report;
};

/* A fault of no line is one of the file: then the setting that names it is wrong. */
static void
report_file(void *context, const char *file, unsigned line, const char *fault)
{
	const struct reading *reading = context;
	char text[PATH_MAX + 256];
	if (line != 0) {
		reading->report(NULL, file, line, fault);
		return;
	}
	snprintf(text, sizeof text, _("domain-languages: %s: %s; name a file that the server can read"), file, fault);
	reading->report(NULL, reading->config->path, config_line(reading->config, "map", 0, "domain-languages"), text);
}

/* A certificate that the configuration has for servers of mail is not needed. */
static int
configure(struct settings *settings, config_report *report)
{
	struct reading reading = { .config = settings->config, .report = report };
	const char *file = settings->config->map.languages;
	settings->tls_cert[0] = settings->tls_key[0] = '\0';
	if (file == NULL)
		return 0;
	struct languages *languages = languages_new();
	int result = languages != NULL ? domain_languages_read_file(languages, file, report_file, &reading) : -1;
	languages_free(languages);
	return result;
}

int
main(int argc, char **argv)
{
	static const struct server_kind kind = {
		.name = "ftgate-mapd",
		.help = N_("Texts for the refusals of Postfix, in the language of their reader."),
		.more_help = N_(
		    "Postfix asks it by smtpd_reject_footer_maps = socketmap:inet:127.0.0.1:2794:footer. It listens at "
		    "127.0.0.1:2794 and [::1]:2794 by default. SIGHUP loads texts and languages again; SIGTERM ends it."),
		.protocol = CONFIG_MAP,
		.configure = configure,
		.watchdog = { .beat = BEAT, .limit = LIMIT, .start = START },
		.listen = "127.0.0.1:2794",
		.listen_v6 = "[::1]:2794",
		.work = serve_map_work,
	};
	return server_main(&kind, argc, argv);
}
