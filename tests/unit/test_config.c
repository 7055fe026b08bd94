/* The configuration file. */
#include "config/config.h"
#include "config/section.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[] = "/tmp/ftgate-config-XXXXXX";
static char faults[16384];

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

Test(config, empty_file_gives_the_defaults)
{
	static const char *const texts[] = { NULL, "", "# nothing\n" };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct config *config = texts[i] == NULL ? config_read(NULL, note_fault, NULL)
		                                         : read_octets(texts[i], strlen(texts[i]));
		cr_assert_not_null(config);
		cr_expect_null(config->data);
		cr_expect_null(config->vrfy);
		cr_expect_eq(config->workers, 0);
		cr_expect_eq(config->listeners_count, 0);
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
	    "vrfy: anyone\nexpn: accounts\netrn: nobody\ndsn: anyone\nbilingual: en\nxlang: utf-8\nbare-octets: normalise\n";
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
	cr_assert_eq(config->listeners_count, 2);
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
	cr_expect(config->dsn_anyone);
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
	expect_fault("data: /srv\nfoo: 3\n", "2 there is no setting 'foo' here; ftgate.conf(5) lists them\n");
	expect_fault("data: /srv\nlimits:\n  max-session: 3\n",
	    "3 there is no setting 'max-session' here; did you mean max-sessions?\n");
	expect_fault(
	    "\nlimits:\n  tarpit-delay: 30\n", "3 tarpit-delay: '30' is not a time such as 500ms, 30s, 5m, 1h or 2d\n");
	expect_fault("pop3:\n  idle-timeout: 5m\n", "2 idle-timeout: 5m is out of bounds: it may be from 10m to 1d\n");
	expect_fault("listeners:\n  - address: 127.0.0.1:1\n    role: imap\n",
	    "3 role: 'imap' should be mx, submission, pop3 or map\n");
	expect_fault("expn: all\n", "1 expn: 'all' should be nobody, accounts or anyone\n");
	expect_fault("profile: loose\n", "1 profile: 'loose' should be published or strict\n");
	expect_fault("workers: 0\n", "1 workers: 0 is out of bounds: it may be from 1 to 64\n");
	expect_fault("workers: 2x\n", "1 workers: '2x' is not a number such as 100\n");
	expect_fault("listeners:\n  - address: a:1\n    proxy: no\n  - address: b:1\n    proxy: maybe\n",
	    "5 proxy: 'maybe' should be no or yes\n");
	expect_fault("listeners:\n  - address: a:1\n    tls: maybe\n",
	    "3 tls: 'maybe' should be starttls, required or implicit\n");
	expect_fault("listeners:\n  - role: mx\n", "2 listeners: this item has no address; add 'address: ...'\n");
	expect_fault("listeners:\n  address: a\n",
	    "2 listeners: this is not a list; begin each item with '- ', as '- address: ...'\n");
	expect_fault("listeners:\n  - a\n", "2 listeners: an item has settings of its own; write '- address: ...'\n");
	expect_fault("data: a\ndata: b\n", "2 data: it is set in line 1 already; leave one of the two out\n");
	expect_fault("limits:\n  max-errors: 1\ndata: a\nlimits:\n  max-errors: 2\n",
	    "4 limits: it begins in line 1 already; put all of its settings there\n");
}

Test(config, all_faults_of_values_are_reported)
{
	expect_fault("workers: 99\nlimits:\n  max-errors: none\n  min-free: lots\n",
	    "1 workers: 99 is out of bounds: it may be from 1 to 64\n"
	    "3 max-errors: 'none' is not a number such as 100\n"
	    "4 min-free: 'lots' is not octets such as 500, 64K, 10M or 1G\n");
}

Test(config, malformed_yaml_is_refused)
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

Test(config, file_with_a_nul_is_refused)
{
	static const char text[] = "data: /srv\n\0foo: 3\n";
	cr_expect_null(read_octets(text, sizeof text - 1));
	cr_expect_neq(faults[0], '\0');
}

Test(config, missing_and_oversized_files_are_reported)
{
	snprintf(path, sizeof path, "/tmp/ftgate-config-XXXXXX");
	faults[0] = '\0';
	cr_expect_null(config_read(path, note_fault, NULL));
	cr_expect_str_eq(faults, "0 No such file or directory; name a file that can be read\n");
	char *text = malloc(CONFIG_FILE_MAX + 1);
	memset(text, '\n', CONFIG_FILE_MAX + 1);
	cr_expect_null(read_octets(text, CONFIG_FILE_MAX + 1));
	cr_expect_str_eq(faults, "0 File too large; name a file that can be read\n");
	free(text);
}

/* The sample shows the defaults: reading it changes nothing. */
Test(config, sample_file_gives_the_defaults)
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
	expect_fault("services:\n  - name: spf\n", "2 services: this item has no address; add 'address: ...'\n");
	expect_fault("services:\n  - address: localhost:10023\n",
	    "2 address: 'localhost:10023' is not an address of a service; write 127.0.0.1:10023, [::1]:10023, or the path of "
	    "its socket\n");
	expect_fault("filters:\n  - address: /a\n  - address: /b\n    kind: spamd\n",
	    "4 kind: 'spamd' should be rspamd or clamav\n");
	expect_fault("services:\n  - address: /a\n    colour: red\n",
	    "3 there is no setting 'colour' here; ftgate.conf(5) lists them\n");
	expect_fault("services: 3\n", "1 services: '3' is not a list; write each item below as '- address: ...'\n");
}

Test(config, faults_are_reported_up_to_the_first_yaml_error)
{
	expect_fault(
	    "wrkers: 3\nlisteners:\n  - address: a:1\n    role: imap\n  - proxy: yes\n    data: x\n  - 7\nhostname:\n"
	    "  - a\n  - b\nservices: {}\nroutes:\n  - domain: a\n    to: b\n    too: c\ndata: a\ndata: b\n"
	    "foo:\n  bar: [1, {x: y}]\nworkers: 0\n  x: y\nexpn: all\n",
	    "1 there is no setting 'wrkers' here; did you mean workers?\n"
	    "4 role: 'imap' should be mx, submission, pop3 or map\n"
	    "6 there is no setting 'data' in listeners; it belongs outside: begin its line without spaces\n"
	    "5 listeners: this item has no address; add 'address: ...'\n"
	    "7 listeners: an item has settings of its own; write '- address: ...'\n"
	    "9 hostname: this is a list or a section; write one value behind 'hostname: '\n"
	    "11 services: this is not a list; begin each item with '- ', as '- address: ...'\n"
	    "15 there is no setting 'too' here; ftgate.conf(5) lists them\n"
	    "17 data: it is set in line 16 already; leave one of the two out\n"
	    "18 there is no setting 'foo' here; ftgate.conf(5) lists them\n"
	    "20 workers: '0 x' is not a number such as 100\n"
	    "21 the line is indented more than the setting before it, or that one lacks the space behind its ':'\n");
}

Test(config, malformed_yaml_is_reported_in_plain_words)
{
	static const struct {
		const char *text, *fault;
	} rows[] = {
		{ "limits:\n\tmax-errors: 2\n", "2 the line is indented by a tab; YAML wants spaces\n" },
		{ "limits:\n  max-errors: 2\n\tmax-hops: 2\n", "3 the line is indented by a tab; YAML wants spaces\n" },
		{ "listeners:\n  - address: [::]:25 # all\n    language: de\n",
		    "2 address: in YAML '[' begins a list or a section; put the value in quotes: '[::]:25'\n" },
		{ "help-url: {x}\n",
		    "1 help-url: in YAML '{' begins a list or a section; put the value in quotes: '{x}'\n" },
		{ "data: *x\n",
		    "1 '*x' is an alias, which is not supported; write out the value, or put it in quotes\n" },
		{ "data: &x a\n",
		    "1 '&x' is an anchor, which is not supported; leave it out, or put the value in quotes\n" },
		{ "data: !x a\n",
		    "1 '!x' is a tag, which is not supported; leave it out, or put the value in quotes\n" },
		{ "data: @x\n", "1 in YAML no value may begin with '@'; put the value in quotes\n" },
		{ "contact: call us: now\n", "1 the value holds ': '; put it in quotes\n" },
		{ "data: /srv\nhostname\nworkers: 1\n", "2 the line has no ': '; write NAME: VALUE\n" },
		{ "contact: \"us\nworkers: 1\n",
		    "1 a quote is opened here and not closed; close it at the value's end\n" },
		{ "limits:\n  max-hops: 1\n max-errors: 2\n",
		    "3 the line is indented otherwise than the settings around it; begin it below the first of them\n" },
		{ "data: a\n- b\n", "2 expected settings, not a list; is the line above it, NAME:, missing?\n" },
		{ "data: a\n---\ndata: b\n", "2 a second document begins here; leave '---' out\n" },
		{ "%YAML 9.9\n", "1 a line that begins with '%' is a directive of YAML; leave it out\n" },
		{ "a: 1\ndata: \xFF\n", "2 the line holds an octet that is not valid UTF-8; save the file as UTF-8\n" },
		{ "\n\ndata: \x01\n", "3 the line holds a control character; remove it\n" },
		{ "just words\n", "1 'just words' is not a setting; write NAME: VALUE\n" },
		{ "- a\n", "1 expected settings, not a list; write NAME: VALUE, without '-'\n" },
		{ "? [a]\n: b\n", "1 expected the name of a setting, not a list or a section; write NAME: VALUE\n" },
		{ "x: {a: {b: {c: {d: {e: {f: {g: {h: {i: {j: {k: {l: {m: {n: {o: {p: 1}}}}}}}}}}}}}}}}\n",
		    "1 there is no setting 'x' here; ftgate.conf(5) lists them\n"
		    "1 lists or sections are nested too deeply; no setting needs that\n" },
		{ "data: \"a\\0b\"\n", "1 data: 'a...' is longer than 1024 octets or holds a NUL; shorten it\n" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		expect_fault(rows[i].text, rows[i].fault);
}

Test(config, section_without_settings_and_list_without_items_are_empty)
{
	static const char text[] =
	    "\xEF\xBB\xBFlimits:\n  # max-errors: 3\nlisteners:\nroutes: []\nrelay: {}\nauth: ''\n";
	struct config *config = read_octets(text, sizeof text - 1);
	cr_assert_not_null(config, "%s", faults);
	cr_expect_eq(config->limits.max_errors, 20);
	cr_expect_eq(config->listeners_count, 0);
	cr_expect_str_eq(config->auth, "");
	config_free(config);
}

Test(config, routes_have_no_limit_but_the_files)
{
	enum { ROUTES = 10000 };
	size_t len = 0, size = ROUTES * 64;
	char *text = malloc(size);
	len += (size_t)snprintf(text, size, "routes:\n");
	for (int i = 0; i < ROUTES; i++)
		len += (size_t)snprintf(
		    text + len, size - len, "  - domain: d%d.example\n    to: mx%d.example\n", i, i);
	struct config *config = read_octets(text, len);
	cr_assert_not_null(config, "%s", faults);
	cr_expect_eq(config->routes_count, ROUTES);
	cr_expect_str_eq(config->routes[0].domain, "d0.example");
	cr_expect_str_eq(config->routes[ROUTES - 1].place, "mx9999.example");
	cr_expect(config->routes[ROUTES - 1].verify);
	cr_expect_eq(config_line(config, "routes", ROUTES - 1, "to"), 2 * ROUTES + 1);
	config_free(config);
	free(text);
}

Test(config, faults_of_a_hopeless_file_are_bounded)
{
	char text[3000], *line;
	unsigned count = 0;
	for (int i = 0; i < 300; i++)
		snprintf(text + 5 * i, sizeof text - (size_t)(5 * i), "%03d:\n", i);
	cr_expect_null(read_octets(text, strlen(text)));
	for (line = faults; (line = strchr(line, '\n')) != NULL; line++)
		count++;
	cr_expect_leq(count, 101);
}

Test(config, settings_know_their_line)
{
	static const char text[] =
	    "# x\ndata: a\n\nlimits:\n  max-hops: 3\nlisteners:\n  - address: a\n  - address: b\n    role: mx\n";
	struct config *config = read_octets(text, sizeof text - 1);
	cr_assert_not_null(config, "%s", faults);
	cr_expect_eq(config_line(config, "", 0, "data"), 2);
	cr_expect_eq(config_line(config, "limits", 0, "max-hops"), 5);
	cr_expect_eq(config_line(config, "listeners", 1, "address"), 8);
	cr_expect_eq(config_line(config, "listeners", 1, "role"), 9);
	cr_expect_eq(config_line(config, "limits", 0, "max-errors"), 0);
	config_free(config);
}

static void
expect_refused(const char *file, const char *fault)
{
	snprintf(path, sizeof path, "%s", file);
	faults[0] = '\0';
	cr_expect_null(config_read(path, note_fault, NULL));
	cr_expect_str_eq(faults, fault);
}

/* It does not wait for a writer, or read for ever. */
Test(config, only_regular_files_are_accepted, .timeout = 20)
{
	char fifo[] = "/tmp/ftgate-config-XXXXXX";
	close(mkstemp(fifo));
	unlink(fifo);
	cr_assert_eq(mkfifo(fifo, 0600), 0);
	expect_refused(fifo, "0 it is not a regular file; name a file that can be read\n");
	unlink(fifo);
	expect_refused("/dev/zero", "0 it is not a regular file; name a file that can be read\n");
	expect_refused("/tmp", "0 it is not a regular file; name a file that can be read\n");
}

/* What is written sets the same when it is read, and is written the same again. */
Test(config, written_values_read_back_the_same)
{
	static const char text[] =
	    "data: /srv/mail\nhelp-url: https://example.org/#\ncontact: \"a 'b' \\\"c\\\": # \\\\ d\\te\"\nauth: ''\nxlang: yes\n"
	    "hostname: J\xC3\xB6rg\nbilingual: '*'\nmetrics: '[::1]:9'\nlisteners:\n  - address: '[::]:25'\n    language: 'no'\n"
	    "  - address: 127.0.0.1:587\n    role: submission\n    tls: required\nlimits:\n  tarpit-delay: 30s\n  min-free: 3M\n"
	    "blocklists:\n  zones: a.example=127.0.0.2*3 b.example\nroutes:\n  - domain: a\n    to: lmtp:/x\n";
	char *once = NULL, *twice = NULL;
	size_t len;
	struct config *config = read_octets(text, sizeof text - 1);
	cr_assert_not_null(config, "%s", faults);
	FILE *file = open_memstream(&once, &len);
	config_write(file, config);
	fclose(file);
	config_free(config);
	config = read_octets(once, len);
	cr_assert_not_null(config, "%s\n%s", faults, once);
	cr_expect_str_eq(config->contact, "a 'b' \"c\": # \\ d\te");
	cr_expect_str_eq(config->hostname, "J\xC3\xB6rg");
	cr_expect_str_eq(config->auth, "");
	cr_expect_str_eq(config->listeners[0].address, "[::]:25");
	cr_expect_str_eq(config->listeners[0].language, "no");
	cr_expect_eq(config->listeners[1].role, CONFIG_ROLE_SUBMISSION);
	cr_expect_eq(config->limits.tarpit_delay, 30000);
	file = open_memstream(&twice, &len);
	config_write(file, config);
	fclose(file);
	cr_expect_str_eq(once, twice);
	config_free(config);
	free(once);
	free(twice);
}
