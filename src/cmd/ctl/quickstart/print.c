/* How ftgatectl quickstart prints what it found and did, and what comes next. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/address/address.h"
#include "base/address/idna.h"
#include "base/system/program.h"
#include "base/text/printable.h"
#include "base/text/translate.h"
#include "cmd/ctl/folder.h"
#include "cmd/ctl/quickstart/quickstart.h"

enum { COMMANDS_MAX = 16, COMMAND_SIZE = 2 * PATH_MAX, NAME_WIDTH = 34, TYPE_WIDTH = 5, VALUE_WIDTH = 40 };

/* Never translated: programs read them. */
static const char *const states[] = {
	[QUICKSTART_OK] = "ok",
	[QUICKSTART_MISSING] = "missing",
	[QUICKSTART_DIFFERS] = "differs",
	[QUICKSTART_WARNING] = "warning",
	[QUICKSTART_UNKNOWN] = "unknown",
};

/* A command that comes next, and why. */
struct next {
	const char *why;
	char command[COMMAND_SIZE];
};

static void __attribute__((format(printf, 4, 5)))
add(struct next list[COMMANDS_MAX], size_t *count, const char *why, const char *format, ...)
{
	va_list arguments;
	if (*count == COMMANDS_MAX)
		return;
	list[*count].why = why;
	va_start(arguments, format);
	vsnprintf(list[(*count)++].command, COMMAND_SIZE, format, arguments);
	va_end(arguments);
}

static bool
is_ascii(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text > 0x7F)
			return false;
	return true;
}

/* swaks cannot send to a local part beyond ASCII (SMTPUTF8, RFC 6531); curl can. */
static void
add_message(struct next list[COMMANDS_MAX], size_t *count, const char *account)
{
	struct address address;
	address_parse(&address, account, strlen(account), true, true);
	if (is_ascii(address.local))
		add(list, count, _("Send a first message"),
		    "swaks --server localhost:25 --from bob@example.org --to %s@%s", address.local, address.domain);
	else
		add(list, count, _("Send a first message"),
		    "printf 'Subject: Hello\\r\\n\\r\\nHello.\\r\\n' | curl smtp://localhost:25 --mail-from bob@example.org --mail-rcpt "
		    "%s@%s -T -",
		    address.local, address.domain);
}

/* The deploy hook: beside the program, where the build puts it, or where it is installed. */
static void
find_hook(char hook[PATH_MAX])
{
	static const char *const beside[] = { "deploy-certificate", "../libexec/ftgate/deploy-certificate" };
	char folder[PATH_MAX], path[PATH_MAX];
	for (size_t i = 0; i < sizeof beside / sizeof *beside && program_folder(folder); i++) {
		int len = snprintf(path, sizeof path, "%s/%s", folder, beside[i]);
		if (len < PATH_MAX && access(path, X_OK) == 0 && realpath(path, hook) != NULL)
			return;
	}
	snprintf(hook, PATH_MAX, "%s", FTGATE_LIBEXECDIR "/ftgate/deploy-certificate");
}

static void
add_certificate(struct next list[COMMANDS_MAX], size_t *count, const struct quickstart *q, bool default_config)
{
	char hook[PATH_MAX];
	find_hook(hook);
	add(list, count, _("Get a certificate for the host name, and a copy that the servers may read"),
	    default_config ? "certbot certonly --standalone -d %s --deploy-hook %s"
	                   : "certbot certonly --standalone -d %s --deploy-hook '%s -c %s'",
	    q->hostname, hook, q->config);
	add(list, count, _("Then switch on what needs it"), "sed -i 's/^##//' %s", q->config);
}

static size_t
list_commands(const struct quickstart *q, struct next list[COMMANDS_MAX])
{
	size_t count = 0;
	bool default_config = strcmp(q->config, CTL_CONFIG_DEFAULT) == 0;
	char option[PATH_MAX + 8] = "";
	if (!default_config)
		snprintf(option, sizeof option, "-c %s ", q->config);
	if (!q->has_cert)
		add_certificate(list, &count, q, default_config);
	add(list, &count, _("Check the configuration"), "ftgate-smtpd -c %s --check && ftgate-pop3d -c %s --check",
	    q->config, q->config);
	if (default_config && strcmp(q->data, QUICKSTART_DATA) == 0 && access("/run/systemd/system", F_OK) == 0) {
		add(list, &count, _("Start the servers, now and at each boot"),
		    "systemctl enable --now ftgate-smtpd ftgate-pop3d");
	} else {
		add(list, &count, _("Start the servers, each in a terminal of its own"), "ftgate-smtpd -c %s",
		    q->config);
		add(list, &count, "", "ftgate-pop3d -c %s", q->config);
	}
	add(list, &count, _("Add a further account"), "ftgatectl %saccount add bob@%s", option, q->domain);
	add(list, &count, _("Say replies in your own words"), "ftgatectl %stext edit %.35s", option,
	    q->language[0] != '\0' && strchr(q->language, ':') == NULL ? q->language : "en");
	add_message(list, &count, q->account);
	return count;
}

static void
print_checks(const struct quickstart *q)
{
	printf("%s\n", _("This machine:"));
	for (size_t i = 0; i < q->check_count; i++)
		printable_print(stdout, "    %-8s %s\n", states[q->checks[i].state], q->checks[i].detail);
}

/* The name as people write it (U-labels), beside the one of the DNS. */
static void
print_letters(const char *name)
{
	char shown[ADDRESS_TEXT_SIZE];
	idna_to_unicode(shown, sizeof shown, name);
	if (strcmp(shown, name) != 0)
		/* TRANSLATORS: a domain with all letters, and its form of ASCII: "xn--bcher-kva.example". */
		printable_print(stdout, _("    %s is %s in the DNS.\n"), shown, name);
}

/* As a zone file has them, with the state as a comment. */
static void
print_records(const struct quickstart *q)
{
	printf("\n%s\n", _("DNS records to publish, and what is published now:"));
	print_letters(q->domain);
	if (strcmp(q->hostname, q->domain) != 0)
		print_letters(q->hostname);
	for (size_t i = 0; i < q->record_count; i++) {
		const struct quickstart_record *record = &q->records[i];
		char name[DNS_NAME_SIZE + 1];
		snprintf(name, sizeof name, "%s.", record->name);
		printable_print(stdout, "    %-*s %-*s %-*s ; %s%s", NAME_WIDTH, name, TYPE_WIDTH, record->type,
		    VALUE_WIDTH, record->value, states[record->state], record->found[0] != '\0' ? ": " : "");
		printable_write(stdout, record->found, strlen(record->found));
		putchar('\n');
	}
	printf("\n%s\n",
	    _("PTR records are set by the provider of the address. Once all your mail passes SPF, raise DMARC to p=quarantine. "
	      "ftgatectl check-domain checks these records, and those of DKIM, MTA-STS and DANE. For each domain of yours that has "
	      "no mail, publish MX \"0 .\" (RFC 7505), TXT \"v=spf1 -all\", and for _dmarc TXT \"v=DMARC1; p=reject\"."));
}

static void
print_written(const struct quickstart *q)
{
	if (!q->write) {
		printf("\n%s\n", _("Nothing was written."));
		return;
	}
	char account[ADDRESS_TEXT_SIZE];
	address_show(account, q->account);
	putchar('\n');
	/* TRANSLATORS: the configuration; the data folder; an account. */
	printable_print(stdout, _("Written: the configuration %s, the data folder %s, and in it the account %s.\n"),
	    q->config, q->data, account);
	if (q->made_up)
		printable_print(stdout, _("The password of %s is shown only here: %s\n"), account, q->password);
}

void
quickstart_print(const struct quickstart *q)
{
	static struct next list[COMMANDS_MAX];
	print_checks(q);
	print_records(q);
	print_written(q);
	if (!q->write)
		return;
	printf("\n%s\n", _("What comes next:"));
	size_t count = list_commands(q, list);
	for (size_t i = 0; i < count; i++) {
		if (*list[i].why != '\0')
			printf("  %s:\n", list[i].why);
		printable_print(stdout, "    %s\n", list[i].command);
	}
}

/* A member of an object: the name is one of ours. */
static void
put(const char *lead, const char *name, const char *value)
{
	printf("%s\"%s\": ", lead, name);
	printable_json(stdout, value, value == NULL ? 0 : strlen(value));
}

static const char *
text_or_null(const char *text)
{
	return *text == '\0' ? NULL : text;
}

void
quickstart_print_json(const struct quickstart *q)
{
	static struct next list[COMMANDS_MAX];
	size_t count = q->write ? list_commands(q, list) : 0;
	put("{", "domain", q->domain);
	put(", ", "hostname", q->hostname);
	put(", ", "account", q->account);
	put(", ", "password", q->made_up ? q->password : NULL);
	put(", ", "language", text_or_null(q->language));
	put(", ", "config", q->config);
	put(", ", "data", q->data);
	printf(", \"written\": %s, \"checks\": [", q->write ? "true" : "false");
	for (size_t i = 0; i < q->check_count; i++) {
		put(i == 0 ? "{" : ", {", "check", q->checks[i].subject);
		put(", ", "state", states[q->checks[i].state]);
		put(", ", "detail", q->checks[i].detail);
		putchar('}');
	}
	fputs("], \"records\": [", stdout);
	for (size_t i = 0; i < q->record_count; i++) {
		put(i == 0 ? "{" : ", {", "name", q->records[i].name);
		put(", ", "type", q->records[i].type);
		put(", ", "value", q->records[i].value);
		put(", ", "state", states[q->records[i].state]);
		put(", ", "published", text_or_null(q->records[i].found));
		putchar('}');
	}
	fputs("], \"commands\": [", stdout);
	for (size_t i = 0; i < count; i++) {
		fputs(i == 0 ? "" : ", ", stdout);
		printable_json(stdout, list[i].command, strlen(list[i].command));
	}
	puts("]}");
}
