/* The configuration file. */
#include "config/config.h"
#include "config/section.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/ftgate-config-XXXXXX";
static char faults[4096];

static void
note_fault(void *context, const char *file, unsigned line, const char *fault)
{
	size_t len = strlen(faults);
	(void)context;
	cr_expect_str_eq(file, path);
	snprintf(faults + len, sizeof faults - len, "%u %s\n", line, fault);
}

static struct config *
read_octets(const char *octets, size_t len)
{
	snprintf(path, sizeof path, "/tmp/ftgate-config-XXXXXX");
	int file = mkstemp(path);
	cr_assert_eq(write(file, octets, len), (ssize_t)len);
	close(file);
	faults[0] = '\0';
	struct config *config = config_read(path, note_fault, NULL);
	unlink(path);
	return config;
}

static void
expect_fault(const char *text, const char *fault)
{
	struct config *config = read_octets(text, strlen(text));
	cr_expect_null(config, "taken:\n%s", text);
	cr_expect_str_eq(faults, fault);
	config_free(config);
}

Test(config, nothing_is_the_defaults)
{
	static const char *const texts[] = { NULL, "", "# nothing\n" };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct config *config = texts[i] == NULL ? config_read(NULL, note_fault, NULL)
		                                         : read_octets(texts[i], strlen(texts[i]));
		cr_assert_not_null(config);
		cr_expect_null(config->data);
		cr_expect_null(config->vrfy);
		cr_expect_eq(config->workers, 0);
		cr_expect_eq(config->listener_count, 0);
		cr_expect_eq(config->limits.max_recipients, 1000);
		config_free(config);
	}
}

Test(config, everything_can_be_set)
{
	static const char text[] =
	    "data: /srv/mail\nhostname: mx.example.test\nlanguage: de\nprofile: strict\nuser: mail\n"
	    "workers: 3\ntls-cert: c.pem\ntls-key: k.pem\nauth: PLAIN CRAM-MD5\nauth-in-clear: yes\n"
	    "listeners:\n  - address: 127.0.0.1:25\n  - address: '[::1]:587'\n"
	    "    role: submission\n    tls: required\n    proxy: yes\n    language: fr\nlimits:\n"
	    "  max-message-size: 10M\n  max-sessions: 7\n  tarpit-delay: 500ms\n"
	    "pop3:\n  apop: yes\n  login-delay: 1m\n  idle-timeout: 20m\n  metrics: 127.0.0.1:1\n"
	    "vrfy: anyone\nexpn: accounts\netrn: nobody\nbilingual: en\nxlang: utf-8\nbare-octets: normalise\n";
	struct config *config = read_octets(text, sizeof text - 1);
	cr_assert_not_null(config, "%s", faults);
	cr_expect_str_eq(config->data, "/srv/mail");
	cr_expect_str_eq(config->hostname, "mx.example.test");
	cr_expect_str_eq(config->language, "de");
	cr_expect_str_eq(config->profile, "strict");
	cr_expect_str_eq(config->user, "mail");
	cr_expect_eq(config->workers, 3);
	cr_expect_str_eq(config->tls_cert, "c.pem");
	cr_expect_str_eq(config->tls_key, "k.pem");
	cr_expect_str_eq(config->auth, "PLAIN CRAM-MD5");
	cr_expect(config->auth_in_clear);
	cr_expect(config->normalise);
	cr_assert_eq(config->listener_count, 2);
	cr_expect_str_eq(config->listeners[0].address, "127.0.0.1:25");
	cr_expect_not(config->listeners[0].role != CONFIG_ROLE_MX || config->listeners[0].proxy);
	cr_expect_eq(config->listeners[0].tls, CONFIG_TLS_STARTTLS);
	cr_expect_eq(config->listeners[1].tls, CONFIG_TLS_REQUIRED);
	cr_expect_null(config->listeners[0].language);
	cr_expect_str_eq(config->listeners[1].address, "[::1]:587");
	cr_expect(config->listeners[1].role == CONFIG_ROLE_SUBMISSION && config->listeners[1].proxy);
	cr_expect_str_eq(config->listeners[1].language, "fr");
	cr_expect_str_eq(config->vrfy, "anyone");
	cr_expect_str_eq(config->expn, "accounts");
	cr_expect_str_eq(config->etrn, "nobody");
	cr_expect_str_eq(config->bilingual, "en");
	cr_expect_str_eq(config->xlang, "utf-8");
	cr_expect_eq(config->limits.max_message_size, 10 << 20);
	cr_expect_eq(config->limits.max_sessions, 7);
	cr_expect_eq(config->limits.tarpit_delay, 500);
	cr_expect_eq(config->limits.max_errors, 20);
	cr_expect(config->pop3.apop);
	cr_expect_eq(config->pop3.login_delay, 60 * 1000);
	cr_expect_eq(config->pop3.idle_timeout, 20 * 60 * 1000);
	cr_expect_str_eq(config->pop3.metrics, "127.0.0.1:1");
	config_free(config);
}

Test(config, faults_name_line_value_and_cure)
{
	expect_fault("data: /srv\nfoo: 3\n", "2 there is no setting 'foo' here; ftgate-smtpd(8) lists them\n");
	expect_fault("data: /srv\nlimits:\n  max-session: 3\n",
	    "3 there is no setting 'max-session' here; ftgate-smtpd(8) lists them\n");
	expect_fault(
	    "\nlimits:\n  tarpit-delay: 30\n", "3 tarpit-delay: '30' is not a time such as 500ms, 30s, 5m, 1h or 2d\n");
	expect_fault("pop3:\n  idle-timeout: 5m\n", "2 idle-timeout: 5m is out of bounds: it may be from 10m to 1d\n");
	expect_fault("listeners:\n  - address: 127.0.0.1:1\n    role: imap\n",
	    "3 role: 'imap' should be mx, submission or pop3\n");
	expect_fault("expn: all\n", "1 expn: 'all' should be nobody, accounts or anyone\n");
	expect_fault("profile: loose\n", "1 profile: 'loose' should be published or strict\n");
	expect_fault("workers: 0\n", "1 workers: '0' should be a number from 1 to 64\n");
	expect_fault("workers: 2x\n", "1 workers: '2x' should be a number from 1 to 64\n");
	expect_fault("listeners:\n  - address: a:1\n    proxy: no\n  - address: b:1\n    proxy: maybe\n",
	    "5 proxy: 'maybe' should be no or yes\n");
	expect_fault("listeners:\n  - address: a:1\n    tls: maybe\n",
	    "3 tls: 'maybe' should be starttls, required or implicit\n");
	expect_fault("listeners:\n  - role: mx\n", "2 missing required mapping field: address\n");
	expect_fault("listeners:\n  address: a\n", "2 expecting SEQUENCE, got event: MAPPING_START\n");
	expect_fault("data: a\ndata: b\n", "1 mapping field already seen: data\n");
}

Test(config, all_faults_of_values_are_told)
{
	expect_fault("workers: 99\nlimits:\n  max-errors: none\n  min-free: lots\n",
	    "1 workers: '99' should be a number from 1 to 64\n"
	    "3 max-errors: 'none' is not a number such as 100\n"
	    "4 min-free: 'lots' is not octets such as 500, 64K, 10M or 1G\n");
}

Test(config, what_is_no_yaml_is_refused)
{
	static const char *const texts[] = { "a: [1\n", "\t- x\n", "- a\n", "data: *x\n", "data: &x a\nhostname: *x\n",
		"data: {a: b}\n", "\x01\n", "data: \xFF\n", "{{{{{{{{", "limits: 3\n", "%YAML 9.9\n" };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct config *config = read_octets(texts[i], strlen(texts[i]));
		cr_expect_null(config, "taken: %s", texts[i]);
		cr_expect_neq(faults[0], '\0');
		config_free(config);
	}
}

Test(config, nothing_hides_behind_a_nul)
{
	static const char text[] = "data: /srv\n\0foo: 3\n";
	cr_expect_null(read_octets(text, sizeof text - 1));
	cr_expect_neq(faults[0], '\0');
}

Test(config, a_file_that_is_not_there_or_too_long_is_told)
{
	snprintf(path, sizeof path, "/tmp/ftgate-config-XXXXXX");
	faults[0] = '\0';
	cr_expect_null(config_read(path, note_fault, NULL));
	cr_expect_str_eq(faults, "0 No such file or directory\n");
	char *text = malloc(CONFIG_FILE_MAX + 1);
	memset(text, '\n', CONFIG_FILE_MAX + 1);
	cr_expect_null(read_octets(text, CONFIG_FILE_MAX + 1));
	cr_expect_str_eq(faults, "0 File too large\n");
	free(text);
}

/* The sample shows the defaults: reading it changes nothing. */
Test(config, the_sample_is_the_defaults)
{
	struct config standard = { 0 };
	struct config *config = config_read(TESTS_DIR "/../etc/ftgate.conf", note_fault, NULL);
	cr_assert_not_null(config, "%s", faults);
	for (unsigned i = 0; i < section_count; i++) {
		if (sections[i].item != 0)
			continue;
		section_standard(&sections[i], (char *)&standard + sections[i].offset);
		for (unsigned j = 0; j < sections[i].count; j++) {
			size_t at = sections[i].offset + sections[i].settings[j].offset;
			cr_expect_eq(((char *)config)[at], ((char *)&standard)[at], "%s", sections[i].settings[j].name);
		}
	}
	cr_expect_not(config->normalise);
	config_free(config);
}

/* A name that stands in two sections is looked for in the right one. */
Test(config, faults_of_a_section_name_its_line)
{
	expect_fault("listeners:\n  - address: max-errors\n    language: max-errors\nlimits:\n  # of a session\n"
	             "  max-errors: none\n",
	    "6 max-errors: 'none' is not a number such as 100\n");
}

Test(config, a_list_holds_any_number_of_items)
{
	static const char text[] =
	    "services:\n  - address: 127.0.0.1:10023\n  - address: /run/spf.sock\n    name: spf\n    at: mail\n"
	    "    for: anyone\n    kind: spf\n    time-limit: 3s\n    on-failure: defer\n"
	    "filters:\n  - kind: clamav\n    address: '[::1]:3310'\n";
	struct config *config = read_octets(text, sizeof text - 1);
	cr_assert_not_null(config, "%s", faults);
	cr_assert_eq(config->services_count, 2);
	cr_expect_str_eq(config->services[0].address, "127.0.0.1:10023");
	cr_expect_null(config->services[0].name);
	cr_expect_eq(config->services[0].at, SERVICE_RCPT);
	cr_expect_eq(config->services[0].about, SERVICE_STRANGERS);
	cr_expect_eq(config->services[0].time_limit, 10000);
	cr_expect_eq(config->services[0].on_failure, ON_FAILURE_ACCEPT);
	cr_expect_str_eq(config->services[1].name, "spf");
	cr_expect_eq(config->services[1].at, SERVICE_MAIL);
	cr_expect_eq(config->services[1].about, SERVICE_ANYONE);
	cr_expect_eq(config->services[1].kind, SERVICE_KIND_SPF);
	cr_expect_eq(config->services[1].time_limit, 3000);
	cr_expect_eq(config->services[1].on_failure, ON_FAILURE_DEFER);
	cr_assert_eq(config->filters_count, 1);
	cr_expect_eq(config->filters[0].kind, FILTER_CLAMAV);
	cr_expect_eq(config->filters[0].max_size, 25 << 20);
	cr_expect_eq(config->limits.max_recipients, 1000);
	config_free(config);
}

Test(config, faults_of_a_list_name_their_line)
{
	expect_fault("services:\n  - name: spf\n", "2 missing required mapping field: address\n");
	expect_fault("services:\n  - address: localhost:10023\n",
	    "2 address: 'localhost:10023' is no place of a service; write 127.0.0.1:10023, [::1]:10023, or the path of "
	    "its socket\n");
	expect_fault("filters:\n  - address: /a\n  - address: /b\n    kind: spamd\n",
	    "4 kind: 'spamd' should be rspamd or clamav\n");
	expect_fault("services:\n  - address: /a\n    colour: red\n",
	    "3 there is no setting 'colour' here; ftgate-smtpd(8) lists them\n");
	expect_fault("services: 3\n", "1 expecting SEQUENCE, got event: SCALAR\n");
}
