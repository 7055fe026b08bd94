/* ftgate-pop3d: the POP3 server. */
#include "base/log/log.h"
#include "base/text/translate.h"
#include "cmd/pop3d/serve.h"
#include "cmd/server/demo.h"
#include "cmd/server/server.h"

static void
welcome(const char *data, const char *address)
{
	log_print(_("First start: the data folder is %s.\n"
	            "A demo domain example.test is in it, with postmaster, anna and bob. Give one of them a password:\n"
	            "    ftgatectl --data %s account set anna@example.test --password\n"
	            "and fetch the mail that ftgate-smtpd --data %s takes for her:\n"
	            "    curl --user anna@example.test pop3://%s/"),
	    data, data, data, address);
}

int
main(int argc, char **argv)
{
	static const struct server_kind kind = {
		.name = "ftgate-pop3d",
		.help = N_("POP3 server whose replies speak the language of their reader."),
		.more_help = N_(
		    "It listens at 127.0.0.1:2110 and [::1]:2110 by default. SIGHUP loads texts and certificate again; "
		    "SIGTERM lets what is being fetched be fetched, then ends."),
		.protocol = CONFIG_POP3,
		.accounts = true,
		.watchdog = { .beat = WATCHDOG_BEAT, .limit = WATCHDOG_LIMIT, .start = WATCHDOG_LIMIT },
		.listen = "127.0.0.1:2110",
		.listen_v6 = "[::1]:2110",
		.welcome = welcome,
		.work = serve_pop3_work,
	};
	return server_main(&kind, argc, argv);
}
