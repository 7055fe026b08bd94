/* Plays conversations. */
#include "talk.h"

#include "config/section.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "message/content_rules.h"
#include "talk_run.h"

struct play {
	struct talk_actor actor;
	struct smtp_fixture fixture;
	enum ftg_profile profile;
	ftg_catalog *catalog; /* where a language is asked for */
	struct octets rules;  /* for content */
	struct content_rules *content_rules;
};

static void
add_fault(struct play *play, const char *text)
{
	octets_add(play->actor.fault, text, strlen(text));
}

static void
feed(struct talk_actor *actor, const char *bytes, size_t len, size_t piece)
{
	fixture_feed(&((struct play *)actor)->fixture, bytes, len, piece);
}

/* The languages of the conversations. What is spoken unless anything else is said stays English. */
static const ftg_catalog *
languages(struct play *play)
{
	struct ftg_sources sources = { .locale = TALK_LOCALE, .profile = play->profile };

	if (play->catalog == NULL)
		play->catalog = ftg_catalog_open(&sources, NULL, NULL);
	if (play->catalog == NULL)
		abort();
	play->fixture.voice.catalog = play->catalog;
	return play->catalog;
}

static void
set_tag(char language[DIRECTORY_LANGUAGE_SIZE], const char *tag)
{
	snprintf(language, DIRECTORY_LANGUAGE_SIZE, "%s", tag);
}

static void
set_domain_language(struct smtp_fixture *fixture, const char *value)
{
	const char *space = strchr(value, ' ');

	set_tag(fixture->domain_language[strncmp(value, "example.org", 11) == 0], space != NULL ? space + 1 : "");
}

static void
set_second_language(struct play *play, const char *tag)
{
	play->fixture.voice.bilingual = true;
	play->fixture.voice.second = ftg_catalog_find(languages(play), tag);
}

/* Who wishes for which language. */
static bool
set_language(struct play *play, const char *name, const char *value)
{
	struct smtp_fixture *fixture = &play->fixture;

	if (strcmp(name, "language") == 0)
		fixture->voice.language = ftg_catalog_find(languages(play), value);
	else if (strcmp(name, "bilingual") == 0)
		set_second_language(play, value);
	else if (strcmp(name, "listener-language") == 0)
		fixture->language.listener = value;
	else if (strcmp(name, "domain-language") == 0)
		set_domain_language(fixture, value);
	else if (strcmp(name, "account-language") == 0)
		set_tag(fixture->account_language, value);
	else if (strcmp(name, "xlang") == 0)
		fixture->language.utf8 = strcmp(value, "utf-8") == 0;
	else
		return false;
	fixture->config.xlang |= strcmp(name, "xlang") == 0;
	fixture->language.known = false;
	return languages(play) != NULL;
}

static void
set_result(enum delivery_result *result, const char *name)
{
	static const char *const names[] = { "ok", "over-quota", "full", "access", "failed" };

	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(name, names[i]) == 0)
			*result = (enum delivery_result)i;
}

/* What comes of deliveries. */
static bool
set_delivery(struct smtp_fixture *fixture, const char *name, const char *value, unsigned number)
{
	if (strcmp(name, "begin") == 0)
		fixture->begin_fails = strcmp(value, "no-memory") == 0;
	else if (strcmp(name, "append") == 0)
		fixture->append_fails = strcmp(value, "no-memory") == 0;
	else if (strcmp(name, "disk") == 0)
		fixture->full = strcmp(value, "full") == 0;
	else if (strcmp(name, "flush-after") == 0)
		fixture->flush_after = number;
	else if (strcmp(name, "room") == 0)
		set_result(&fixture->room_result, value);
	else if (strcmp(name, "flush") == 0)
		set_result(&fixture->flush_result, value);
	else if (strcmp(name, "commit") == 0)
		set_result(&fixture->commit_result, value);
	else if (strcmp(name, "queue") == 0)
		set_result(&fixture->queue_result, value);
	else if (strcmp(name, "unreadable") == 0)
		fixture->unreadable = true;
	else if (strcmp(name, "spool") == 0)
		set_result(&fixture->spool_result, value);
	else
		return false;
	return true;
}

static void
expect_closed(struct play *play, bool closed)
{
	if (smtp_session_closed(play->fixture.session) != closed)
		add_fault(play, closed ? "the session is not closed\n" : "the session is closed\n");
}

static bool
set_limit(struct smtp_fixture *fixture, const char *name, unsigned number)
{
	const struct setting *rate = strstr(name, "-per-account-") != NULL
	    ? section_setting(section_find("limits"), name)
	    : NULL;
	char value[16], error[SECTION_ERROR_SIZE];

	snprintf(value, sizeof value, "%u", number);
	if (rate != NULL)
		return setting_set(rate, &fixture->limits, value, error) == 0;
	if (strcmp(name, "max-message-size") == 0)
		fixture->config.max_message_size = number;
	else if (strcmp(name, "max-recipients") == 0)
		fixture->config.max_recipients = number;
	else if (strcmp(name, "max-recipients-per-hour") == 0)
		fixture->limits.max_recipients_per_hour = number;
	else if (strcmp(name, "max-unknown-recipients") == 0)
		fixture->config.max_unknown = number;
	else if (strcmp(name, "max-relay-attempts") == 0)
		fixture->config.max_relay = number;
	else if (strcmp(name, "max-hops") == 0)
		fixture->config.max_hops = number;
	else if (strcmp(name, "max-errors") == 0)
		fixture->config.max_errors = number;
	else if (strcmp(name, "tarpit-delay") == 0)
		fixture->config.tarpit_delay = number;
	else
		return false;
	return true;
}

/* What is asked of strangers, and what the DNS knows of them. */
static bool
set_dns(struct smtp_fixture *fixture, const char *name, const char *value)
{
	const struct setting *setting = section_setting(section_find("policy"), name);
	char error[SECTION_ERROR_SIZE];

	if (setting != NULL)
		return setting_set(setting, &fixture->config.policy, value, error) == 0;
	if (strcmp(name, "dns") == 0)
		return fake_resolver_tell(&fixture->dns, value);
	if (strcmp(name, "blocklists") == 0)
		return blocklists_read(&fixture->blocklists, value, error) == 0;
	if (strcmp(name, "blocklist-threshold") == 0)
		fixture->config.blocklist_threshold = (int)strtol(value, NULL, 10);
	else if (strcmp(name, "refuse-at") == 0)
		fixture->config.blocklist_stage = strcmp(value, "recipient") == 0 ? BLOCKLIST_RECIPIENT
		                                                                  : BLOCKLIST_CONNECT;
	else
		return false;
	return true;
}

static bool
set_policy(struct smtp_fixture *fixture, const char *name, const char *value)
{
	if (strcmp(name, "anti-spoofing") == 0)
		fixture->config.policy.anti_spoofing = true;
	else if (strcmp(name, "hosted-senders") == 0)
		fixture->config.policy.hosted_senders = true;
	else if (strcmp(name, "own-senders") == 0)
		fixture->config.policy.own_senders = true;
	else if (strcmp(name, "permitted-only") == 0)
		fixture->config.policy.permitted_only = true;
	else if (strcmp(name, "greylist") == 0)
		fixture_greylist(fixture, strcmp(value, "trouble") == 0);
	else if (strcmp(name, "greylist-suspects") == 0)
		fixture->greylist.suspects = true;
	else if (strcmp(name, "no-mx") == 0)
		fixture_routes(fixture);
	else if (strcmp(name, "pass") == 0)
		fixture_pass(strtol(value, NULL, 10));
	else
		return set_dns(fixture, name, value);
	return true;
}

static bool
set_audience(struct smtp_fixture *fixture, const char *name, const char *value)
{
	enum smtp_audience audience = strcmp(value, "anyone") == 0 ? SMTP_ANYONE
	    : strcmp(value, "accounts") == 0                       ? SMTP_ACCOUNTS
	                                                           : SMTP_NOBODY;
	if (strcmp(name, "vrfy") == 0)
		fixture->config.vrfy = audience;
	else if (strcmp(name, "expn") == 0)
		fixture->config.expn = audience;
	else if (strcmp(name, "etrn") == 0)
		fixture->config.etrn = audience;
	else
		return false;
	return true;
}

static void
ignore_fault(void *context, const char *file, unsigned line, const char *fault)
{
	(void)context, (void)file, (void)line, (void)fault;
}

/* Reads all rules again, by way of a file. */
static void
add_rule(struct play *play, const char *rule)
{
	char path[32];
	int file = memfd_create("rules", 0);

	octets_add(&play->rules, rule, strlen(rule));
	octets_add(&play->rules, "\n", 1);
	if (file < 0 || write(file, play->rules.bytes, play->rules.len) < 0)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", file);
	content_rules_free(play->content_rules);
	play->content_rules = content_rules_read(path, ignore_fault, NULL);
	play->fixture.config.content_rules = play->content_rules;
	close(file);
	if (play->content_rules == NULL)
		add_fault(play, "a content rule cannot be read\n");
}

/* What a message must have, and what not. */
static bool
set_content(struct play *play, const char *name, const char *value, unsigned number)
{
	struct smtp_fixture *fixture = &play->fixture;

	if (strcmp(name, "header-check") == 0)
		fixture->config.header_check = strcmp(value, "users") == 0 ? CONTENT_USERS : CONTENT_ALL;
	else if (strcmp(name, "body-check") == 0)
		fixture->config.body_check = true;
	else if (strcmp(name, "remove-forged-results") == 0)
		fixture->config.remove_forged = true;
	else if (strcmp(name, "max-header-addresses") == 0)
		fixture->config.max_header_addresses = number;
	else if (strcmp(name, "content-rule") == 0)
		add_rule(play, value);
	else
		return false;
	return true;
}

/* The number of a word among words. */
static unsigned
find_word(const char *words, const char *word)
{
	unsigned number = 0;
	size_t len;

	for (; (len = strcspn(words, " ")) != strlen(word) || memcmp(words, word, len) != 0; number++) {
		if (words[len] == '\0')
			abort();
		words += len + 1;
	}
	return number;
}

/* Policy services: a further one, or what the last of them is like. */
static bool
set_service(struct smtp_fixture *fixture, const char *name, const char *value)
{
	struct fake_policy_service *last = &fixture->services[fixture->config.service_count > 1];

	if (strcmp(name, "service") == 0) {
		last = &fixture->services[fixture->config.service_count++];
		last->service.at = find_word(SERVICE_STAGE_WORDS, value);
		last->late = fixture->late;
	} else if (strcmp(name, "service-for") == 0) {
		last->service.about = find_word(SERVICE_AUDIENCE_WORDS, value);
	} else if (strcmp(name, "service-kind") == 0) {
		last->service.spf = strcmp(value, "spf") == 0;
	} else if (strcmp(name, "service-fails") == 0) {
		last->service.closed = strcmp(value, "closed") == 0;
	} else if (strcmp(name, "service-says") == 0) {
		last->answer = *value != '\0' ? value : NULL;
	} else {
		return false;
	}
	return true;
}

/* Filters: a further one, or what the last of them says from now on. */
static bool
set_filter(struct smtp_fixture *fixture, const char *name, const char *value)
{
	struct fake_scanner *last = &fixture->filters[fixture->config.scanner_count > 1];
	size_t word = strcspn(value, " ");
	char verdict[16];

	if (strcmp(name, "filter") == 0) {
		fixture->config.scanner_count++;
	} else if (strcmp(name, "filter-fails") == 0) {
		last->scanner.closed = strcmp(value, "closed") == 0;
	} else if (strcmp(name, "filter-says") == 0) {
		snprintf(verdict, sizeof verdict, "%.*s", (int)word, value);
		last->verdict = find_word("passed refused spf deferred suspect failed", verdict);
		last->text = value + word + (value[word] != '\0');
	} else if (strcmp(name, "filter-adds") == 0) {
		last->adds = *value != '\0' ? value : NULL;
	} else if (strcmp(name, "filter-removes") == 0) {
		last->removes = *value != '\0' ? value : NULL;
	} else if (strcmp(name, "filter-renames") == 0) {
		last->renames = *value != '\0' ? value : NULL;
	} else {
		return false;
	}
	return true;
}

static bool
set_service_or_filter(struct smtp_fixture *fixture, const char *name, const char *value)
{
	return set_service(fixture, name, value) || set_filter(fixture, name, value);
}

static void
expect_waited(struct play *play, int64_t waited)
{
	if (play->fixture.waited != waited)
		add_fault(play, "replies were held back for another time\n");
}

static void
expect_dropped(struct play *play, size_t dropped)
{
	if (play->fixture.dropped != dropped)
		add_fault(play, "another number of octets was dropped\n");
}

static void
expect_blacklisted(struct play *play)
{
	if (!limiter_is_blacklisted(&play->fixture.limiter, play->fixture.address))
		add_fault(play, "the client is not blacklisted\n");
}

/* Settings, and things that are done to the session rather than said to it. */
static bool
set(struct talk_actor *actor, const char *name, const char *value)
{
	struct play *play = (struct play *)actor;
	struct smtp_fixture *fixture = &play->fixture;
	unsigned number = (unsigned)strtoul(value, NULL, 10);

	if (set_limit(fixture, name, number) || set_content(play, name, value, number) ||
	    set_policy(fixture, name, value) || set_audience(fixture, name, value) ||
	    set_delivery(fixture, name, value, number) || set_language(play, name, value) ||
	    set_service_or_filter(fixture, name, value))
		return true;
	if (strcmp(name, "client") == 0)
		snprintf(play->fixture.address, sizeof play->fixture.address, "%s", value);
	else if (strcmp(name, "greet") == 0)
		fixture_greet(fixture);
	else if (strcmp(name, "end") == 0)
		smtp_session_end(fixture->session, ftg_id_find(value));
	else if (strcmp(name, "barred") == 0)
		limiter_blacklist(&fixture->limiter, fixture->address, "#4.50");
	else if (strcmp(name, "waited") == 0)
		expect_waited(play, number);
	else if (strcmp(name, "blacklisted") == 0)
		expect_blacklisted(play);
	else if (strcmp(name, "certificate") == 0)
		fixture->has_certificate = strcmp(value, "yes") == 0;
	else if (strcmp(name, "normalise") == 0)
		fixture->config.normalise = true;
	else if (strcmp(name, "dsn") == 0)
		fixture->config.dsn_anyone = strcmp(value, "anyone") == 0;
	else if (strcmp(name, "tls-required") == 0)
		fixture->config.tls_required = true;
	else if (strcmp(name, "auth") == 0)
		fixture->config.sasl = fixture->sasl;
	else if (strcmp(name, "auth-required") == 0)
		fixture->config.auth_required = true;
	else if (strcmp(name, "plain-in-clear") == 0)
		fixture->config.plain_in_clear = true;
	else if (strcmp(name, "max-failed-logins") == 0)
		fixture->limits.max_failed_logins = number;
	else if (strcmp(name, "handshake") == 0)
		fixture_shake_hands(fixture);
	else if (strcmp(name, "dropped") == 0)
		expect_dropped(play, number);
	else if (strcmp(name, "closed") == 0)
		expect_closed(play, true);
	else if (strcmp(name, "open") == 0)
		expect_closed(play, false);
	else
		return false;
	return true;
}

bool
talk_play(const struct talk *talk, const struct talk_run *run, struct octets *fault)
{
	struct play play = { .profile = run->profile };
	struct smtp_fixture *fixture = &play.fixture;

	octets_clear(fault);
	octets_clear(&play.rules);
	fixture_open(fixture, run->profile);
	fixture_enter(fixture);
	fixture->late = run->late;
	play.actor = (struct talk_actor) { .feed = feed,
		.set = set,
		.got = { [SAID] = &fixture->output,
		    [DELIVERED] = &fixture->message,
		    [LOGGED] = &fixture->events,
		    [QUEUED] = &fixture->queued },
		.fault = fault };
	bool done = talk_run(talk, run, &play.actor);
	if (fixture->unexplained != 0)
		add_fault(&play, "a refusal is logged without a check or a cause\n");
	if (fixture->open != 0 && !smtp_session_in_transaction(fixture->session))
		add_fault(&play, "a delivery is left open\n");
	fixture_close(fixture);
	ftg_catalog_free(play.catalog);
	free(play.rules.bytes);
	content_rules_free(play.content_rules);
	return done && fault->len == 0;
}
