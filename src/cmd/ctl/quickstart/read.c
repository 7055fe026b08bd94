/* The words of ftgatectl quickstart, and its questions at a terminal. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/text/ascii.h"
#include "base/text/base64.h"
#include "base/text/nearest.h"
#include "base/text/printable.h"
#include "base/text/translate.h"
#include "cmd/ctl/language.h"
#include "cmd/ctl/quickstart/quickstart.h"
#include "config/dns_settings.h"

enum { ANSWER_SIZE = 512, PASSWORD_OCTETS = 12 };

/* Can a shell and YAML read the text as it is? Commands that are printed, and the configuration, contain it. */
static bool
is_plain(const char *text)
{
	for (const char *at = text; *at != '\0'; at++)
		if (!ascii_is_alnum(*at) && (unsigned char)*at < 0x80 && strchr("/._-+@:,=%", *at) == NULL)
			return false;
	return *text != '\0';
}

static int
check_plain(const char *text)
{
	if (is_plain(text))
		return EX_OK;
	return ctl_fail(EX_DATAERR,
	    _("'%.400s' has a character that quickstart does not write; use letters, digits and / . _ - + @ : , = %%"),
	    text);
}

static int
set_hostname(struct quickstart *q, const char *value)
{
	if (address_parse_domain(q->hostname, value, strlen(value)) && strchr(q->hostname, '.') != NULL)
		return EX_OK;
	return ctl_fail(EX_DATAERR, _("hostname=%.300s: write a name such as mail.example.org"), value);
}

/* A local part alone is one of the domain. */
static int
set_account(struct quickstart *q, const char *value)
{
	struct address address;
	enum address_error error = address_parse(&address, value, strlen(value), true, true);
	if (error != ADDRESS_OK || address.local[0] == '\0' ||
	    strlen(value) + strlen(q->domain) + 2 > sizeof q->account)
		return ctl_fail(EX_DATAERR,
		    _("account=%.300s: write an address of the domain, or what stands before its @"), value);
	if (address.domain[0] != '\0' && strcmp(address.domain, q->domain) != 0)
		return ctl_fail(EX_DATAERR, _("account=%.300s: the first account is one of %s"), value, q->domain);
	if (check_plain(value) != EX_OK)
		return EX_DATAERR;
	snprintf(q->account, sizeof q->account, address.domain[0] != '\0' ? "%s" : "%s@%s", value, q->domain);
	return EX_OK;
}

static int
set_language(struct quickstart *q, const char *value)
{
	if (!is_plain(value) || strlen(value) >= sizeof q->language || !ctl_language_is_known(q->data, value))
		return ctl_refuse_language(value);
	snprintf(q->language, sizeof q->language, "%s", value);
	return EX_OK;
}

static int
add_address(struct quickstart *q, const char *value)
{
	if (q->address_count == QUICKSTART_ADDRESSES_MAX ||
	    !network_parse_address(&q->addresses[q->address_count], value))
		return ctl_fail(EX_DATAERR, _("address=%.100s: write an IP address; %d of them at most"), value,
		    QUICKSTART_ADDRESSES_MAX);
	q->address_count++;
	return EX_OK;
}

static int
set_user(struct quickstart *q, const char *value)
{
	if (!is_plain(value) || strlen(value) > 32)
		return ctl_fail(EX_DATAERR, _("user=%.100s: write the name of a user of this machine"), value);
	snprintf(q->user, sizeof q->user, "%s", value);
	return EX_OK;
}

static int
set_resolver(struct quickstart *q, const char *value)
{
	struct endpoint servers[DNS_SERVERS_MAX];
	char error[SECTION_ERROR_SIZE];
	if (dns_servers_read(servers, value, error) < 0)
		return ctl_fail(EX_DATAERR, "resolver=%.200s: %s", value, error);
	q->resolver = value;
	return EX_OK;
}

static int
set_write(struct quickstart *q, const char *value)
{
	if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
		return ctl_fail(EX_DATAERR, _("write=%.100s: write yes or no"), value);
	q->write = strcmp(value, "yes") == 0;
	return EX_OK;
}

static int
set_cert(struct quickstart *q, const char *value)
{
	q->cert = value;
	return check_plain(value);
}

static int
set_key(struct quickstart *q, const char *value)
{
	q->key = value;
	return check_plain(value);
}

static const struct {
	const char *name;
	int (*set)(struct quickstart *quickstart, const char *value);
} words[] = {
	[QUICKSTART_HOSTNAME] = { "hostname", set_hostname },
	[QUICKSTART_ACCOUNT] = { "account", set_account },
	[QUICKSTART_LANGUAGE] = { "language", set_language },
	{ "address", add_address },
	{ "resolver", set_resolver },
	{ "tls-cert", set_cert },
	{ "tls-key", set_key },
	{ "user", set_user },
	{ "write", set_write },
};
enum { WORDS = sizeof words / sizeof *words };

static int
read_word(struct quickstart *q, char *word)
{
	size_t len = strcspn(word, "=");
	char name[NEAREST_MAX + 2], hint[NEAREST_HINT_SIZE], text[512];
	struct nearest search = { .word = name };
	for (size_t i = 0; i < WORDS && word[len] == '='; i++) {
		if (strlen(words[i].name) != len || strncmp(words[i].name, word, len) != 0)
			continue;
		if (i <= QUICKSTART_LANGUAGE)
			q->named[i] = true;
		return words[i].set(q, word + len + 1);
	}
	snprintf(name, sizeof name, "%.*s", (int)len, word);
	for (size_t i = 0; i < WORDS && word[len] == '='; i++)
		nearest_try(&search, words[i].name);
	nearest_hint(hint, search.best);
	snprintf(text, sizeof text,
	    _("'%.100s' is not one of hostname=NAME, account=ADDRESS, language=TAG, address=IP, resolver=IP, tls-cert=FILE, "
	      "tls-key=FILE, user=NAME and write=no"),
	    word);
	return ctl_fail(EX_USAGE, "%s%s", text, hint);
}

/* Asks until the answer is fit. An empty answer is the value that is proposed. */
static int
ask(struct quickstart *q, enum quickstart_word word, const char *question, const char *proposed)
{
	char answer[ANSWER_SIZE];
	int status;
	do {
		printable_print(stderr, "%s [%s]: ", question, proposed);
		if (fgets(answer, sizeof answer, stdin) == NULL)
			return ctl_fail(EX_NOINPUT, _("no answer; nothing was changed"));
		answer[strcspn(answer, "\n")] = '\0';
		status = words[word].set(q, *answer == '\0' ? proposed : answer);
	} while (status != EX_OK);
	return EX_OK;
}

/* The name of the host, if it is a full one, else mail.DOMAIN. */
static void
propose_hostname(struct quickstart *q)
{
	char name[ADDRESS_DOMAIN_MAX + 1] = "";
	if (gethostname(name, sizeof name - 1) != 0 || strchr(name, '.') == NULL ||
	    !address_parse_domain(q->hostname, name, strlen(name)))
		snprintf(q->hostname, sizeof q->hostname, "mail.%.*s", ADDRESS_DOMAIN_MAX - 5, q->domain);
}

/* Questions for what the command line does not name; without a terminal the proposals are taken. */
static int
complete(struct quickstart *q)
{
	char proposed[ADDRESS_TEXT_SIZE];
	bool asks = prompt_is_possible() && !q->request->json;
	int status = EX_OK;
	if (!q->named[QUICKSTART_HOSTNAME])
		propose_hostname(q);
	if (!q->named[QUICKSTART_HOSTNAME] && asks) {
		snprintf(proposed, sizeof proposed, "%s", q->hostname);
		status = ask(q, QUICKSTART_HOSTNAME, _("Name of this host in the DNS"), proposed);
	}
	snprintf(proposed, sizeof proposed, "postmaster@%s", q->domain);
	if (status == EX_OK && !q->named[QUICKSTART_ACCOUNT])
		status = asks ? ask(q, QUICKSTART_ACCOUNT, _("First account"), proposed) : set_account(q, proposed);
	if (!q->named[QUICKSTART_LANGUAGE]) {
		ftg_language_from_environment(q->language, getenv);
		q->language[strcspn(q->language, ":")] = '\0'; /* the first of its languages */
	}
	snprintf(proposed, sizeof proposed, "%s", q->language[0] != '\0' ? q->language : "en");
	if (status == EX_OK && !q->named[QUICKSTART_LANGUAGE])
		status = asks ? ask(q, QUICKSTART_LANGUAGE, _("Language of the replies"), proposed) : EX_OK;
	return status;
}

static int
make_up_password(struct quickstart *q)
{
	unsigned char octets[PASSWORD_OCTETS];
	if (getrandom(octets, sizeof octets, 0) != (ssize_t)sizeof octets)
		return ctl_fail(EX_OSERR, _("no random numbers for a password: %s"), strerror(errno));
	base64_encode(q->password, octets, sizeof octets);
	explicit_bzero(octets, sizeof octets);
	q->made_up = true;
	return EX_OK;
}

static int
read_password(struct quickstart *q)
{
	switch (q->request->password) {
	case PASSWORD_NONE: return EX_OK;
	case PASSWORD_STDIN: return prompt_read(q->password);
	case PASSWORD_PROMPT: return prompt_password(q->password, q->account);
	default: return make_up_password(q);
	}
}

int
quickstart_read(struct quickstart *q)
{
	const struct request *request = q->request;
	const char *domain = request->words[0];
	int status = EX_OK;
	if (!address_parse_domain(q->domain, domain, strlen(domain)) || strchr(q->domain, '.') == NULL)
		return ctl_fail(EX_DATAERR, _("'%.300s' is not a domain; write one such as example.org"), domain);
	for (size_t i = 1; i < request->count && status == EX_OK; i++)
		status = read_word(q, request->words[i]);
	if (status == EX_OK && (check_plain(q->config) != EX_OK || check_plain(q->data) != EX_OK))
		return EX_DATAERR;
	if (status == EX_OK && (q->cert == NULL) != (q->key == NULL))
		return ctl_fail(EX_USAGE, _("tls-cert and tls-key go together: name both files"));
	if (q->cert == NULL) {
		q->cert = QUICKSTART_CERT;
		q->key = QUICKSTART_KEY;
	}
	q->has_cert = access(q->cert, R_OK) == 0 && access(q->key, R_OK) == 0;
	if (status == EX_OK && q->write)
		status = quickstart_check_new(q);
	if (status == EX_OK)
		status = complete(q);
	return status == EX_OK && q->write ? read_password(q) : status;
}
