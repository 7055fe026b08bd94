/* The directory of the fixture: who is there, and in which state. */
#include "base/ascii.h"
#include "smtp_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct smtp_fixture *
fixture_of(const struct directory *directory)
{
	return (const struct smtp_fixture *)(const void *)((const char *)directory -
	    offsetof(struct smtp_fixture, directory));
}

static bool
is_name(const char *local, const char *name)
{
	return strlen(local) == strlen(name) && ascii_equal(local, name, strlen(name));
}

/* The account number of a local part at one of the domains; 0 where there is none. */
static int64_t
find_account(const char *local, const char *domain)
{
	static const struct {
		const char *local, *domain;
	} accounts[] = {
		{ "alice", "example.test" },
		{ "bob", "example.test" },
		{ "carol", "example.test" },
		{ "twin", "example.test" },
		{ "two words", "example.test" },
		{ "postmaster", "example.test" },
		{ "j\xC3\xB6rg", "example.test" },
		{ "dora", "example.org" },
		{ "twin", "example.org" },
		{ "postmaster", "example.org" },
		{ "mrose", "example.test" },
		{ "smtponly", "example.test" },
	};
	char *end;

	for (size_t i = 0; i < sizeof accounts / sizeof *accounts; i++)
		if (is_name(local, accounts[i].local) && strcmp(domain, accounts[i].domain) == 0)
			return (int64_t)i + 1;
	if (strncmp(local, "box", 3) != 0 || strcmp(domain, "example.test") != 0 || !ascii_is_digit(local[3]))
		return 0;
	long number = strtol(local + 3, &end, 10);
	return *end == '\0' ? number + 100 : 0;
}

static enum directory_verdict
verdict(const struct address *address, int64_t *account)
{
	int64_t here = find_account(address->local, "example.test");
	int64_t there = find_account(address->local, "example.org");

	if (strcmp(address->domain, "broken.test") == 0)
		return DIRECTORY_FAILED;
	if (*address->domain == '\0' && here != 0 && there != 0 && !is_name(address->local, "postmaster"))
		return DIRECTORY_AMBIGUOUS;
	if (*address->domain == '\0')
		*account = here != 0 ? here : there;
	else if (strcmp(address->domain, "example.test") == 0)
		*account = here;
	else if (strcmp(address->domain, "example.org") == 0)
		*account = there;
	else
		return DIRECTORY_NO_DOMAIN;
	return *account != 0 ? DIRECTORY_FOUND : DIRECTORY_NO_MAILBOX;
}

/* Those that are there, but take no mail. */
static enum directory_verdict
unfit(const struct address *address, struct recipient *recipient)
{
	static const struct {
		const char *local;
		enum directory_verdict verdict;
	} accounts[] = {
		{ "disabled", DIRECTORY_DISABLED },
		{ "silent", DIRECTORY_NO_PRIVILEGE },
		{ "trap", DIRECTORY_SPAMTRAP },
		{ "moved", DIRECTORY_MOVED },
		{ "circle", DIRECTORY_MISCONFIGURED },
	};

	snprintf(recipient->moved_to, sizeof recipient->moved_to, "new@example.net");
	for (size_t i = 0; i < sizeof accounts / sizeof *accounts; i++)
		if (is_name(address->local, accounts[i].local) && strcmp(address->domain, "example.test") == 0)
			return accounts[i].verdict;
	return DIRECTORY_FOUND;
}

/* Its language is known whatever becomes of the recipient. */
static void
set_domain(const struct smtp_fixture *fixture, const struct address *address, struct recipient *recipient)
{
	static const char *const names[] = { "example.test", "example.org" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(address->domain, names[i]) == 0)
			memcpy(recipient->domain.language, fixture->domain_language[i], DIRECTORY_LANGUAGE_SIZE);
}

/* Those that come to alice and bob. */
static bool
is_list(const struct address *address, struct recipient *recipient)
{
	static const struct {
		const char *local;
		enum posting_right post;
	} lists[] = {
		{ "team", POSTING_ANYONE },
		{ "crew", POSTING_ACCOUNTS },
		{ "club", POSTING_MEMBERS },
	};

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		if (is_name(address->local, lists[i].local) && strcmp(address->domain, "example.test") == 0) {
			recipient->post = lists[i].post;
			return true;
		}
	}
	return false;
}

/* Those whose mail goes on to another server. */
static bool
find_elsewhere(const struct address *address, struct recipient *recipient)
{
	static struct address elsewhere;
	bool away = is_name(address->local, "away") || is_name(address->local, "mixed");

	recipient->domain.relayed = strcmp(address->domain, "relayed.test") == 0;
	if (!recipient->domain.relayed && (!away || strcmp(address->domain, "example.test") != 0))
		return false;
	elsewhere = *address;
	if (away)
		elsewhere = (struct address) { .local = "Far", .domain = "other.example" };
	recipient->elsewhere = &elsewhere;
	recipient->elsewhere_count = 1;
	return true;
}

static enum directory_verdict
resolve(struct directory *directory, const struct address *address, struct recipient *recipient)
{
	static struct mailbox mailboxes[2];
	int64_t account = 0;
	*recipient = (struct recipient) { .count = 0 };
	enum directory_verdict found = unfit(address, recipient);

	set_domain(fixture_of(directory), address, recipient);
	if (found != DIRECTORY_FOUND)
		return found;
	found = verdict(address, &account);
	snprintf(recipient->local, sizeof recipient->local, "%s", address->local);
	snprintf(recipient->domain.name, sizeof recipient->domain.name, "%s", address->domain);
	if (find_elsewhere(address, recipient) && !is_name(address->local, "mixed"))
		return DIRECTORY_FOUND;
	bool mixed = recipient->elsewhere_count > 0;
	bool team = mixed || is_list(address, recipient);
	const char *domain = *address->domain != '\0' ? address->domain : account < 8 ? "example.test" : "example.org";
	mailboxes[0] = (struct mailbox) { .account = team ? 1 : account };
	mailboxes[1] = (struct mailbox) { .account = 2 };
	mailbox_set_address(&mailboxes[0], team ? "alice" : address->local, domain);
	mailbox_set_address(&mailboxes[1], "bob", domain);
	if (strcmp(address->domain, "example.test") == 0 && is_name(address->local, "carol"))
		mailboxes[0].quota = (struct quota) { STAGE_QUOTA, 0 };
	recipient->mailboxes = mailboxes;
	recipient->count = team && !mixed ? 2 : 1;
	snprintf(recipient->domain.name, sizeof recipient->domain.name, "%s", domain);
	return team ? DIRECTORY_FOUND : found;
}

static enum directory_verdict
expand(struct directory *directory, const struct address *address, struct expansion *expansion)
{
	static const struct address members[] = {
		{ .local = "alice", .domain = "example.test" },
		{ .local = "two words", .domain = "example.test" },
	};
	static const struct address all[] = {
		{ .local = "alice", .domain = "example.test" },
		{ .local = "j\xC3\xB6rg", .domain = "example.test" },
		{ .local = "two words", .domain = "example.test" },
	};
	static const struct {
		const char *local;
		struct expansion expansion;
	} lists[] = {
		{ "team", { EXPANSION_ANYONE, members, 2 } },
		{ "staff", { EXPANSION_ACCOUNTS, members, 1 } },
		{ "board", { EXPANSION_NOBODY, members, 1 } },
		{ "empty", { EXPANSION_ANYONE, NULL, 0 } },
		{ "abroad", { EXPANSION_ANYONE, all, 3 } },
	};
	int64_t account = 0;

	(void)directory;
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		if (is_name(address->local, lists[i].local) && strstr("example.test", address->domain) != NULL) {
			*expansion = lists[i].expansion;
			return DIRECTORY_FOUND;
		}
	}
	enum directory_verdict found = verdict(address, &account);
	return found == DIRECTORY_FOUND ? DIRECTORY_NO_MAILBOX : found;
}

static enum directory_verdict
find_member(struct directory *directory, const struct address *list, const struct address *address)
{
	(void)directory, (void)list;
	if (strcmp(address->domain, "broken.test") == 0)
		return DIRECTORY_FAILED;
	bool member = is_name(address->local, "alice") && strcmp(address->domain, "example.test") == 0;
	return member ? DIRECTORY_FOUND : DIRECTORY_NO_MAILBOX;
}

static enum directory_verdict
find_domain(struct directory *directory, const char *name, struct domain *domain)
{
	(void)directory;
	*domain = (struct domain) { .max_message_size = 0 };
	if (strcmp(name, "broken.test") == 0)
		return DIRECTORY_FAILED;
	domain->relayed = strcmp(name, "relayed.test") == 0;
	bool hosted = domain->relayed || strcmp(name, "example.test") == 0 || strcmp(name, "example.org") == 0;
	domain->greylist = strcmp(name, "example.org") != 0;
	return hosted ? DIRECTORY_FOUND : DIRECTORY_NO_DOMAIN;
}

static enum directory_verdict
find_client(struct directory *directory, const char *address, unsigned *access)
{
	(void)directory;
	static const struct {
		const char *address;
		unsigned access;
	} clients[] = {
		{ "203.0.113.7", ACCESS_BLACKLIST },
		{ "203.0.113.9", ACCESS_REFUSED },
		{ "203.0.113.10", ACCESS_RELAY },
		{ "203.0.113.11", ACCESS_PERMITTED },
	};

	*access = 0;
	for (size_t i = 0; i < sizeof clients / sizeof *clients; i++)
		if (strcmp(address, clients[i].address) == 0)
			*access = clients[i].access;
	return strcmp(address, "203.0.113.8") == 0 ? DIRECTORY_FAILED : DIRECTORY_FOUND;
}

static enum directory_verdict
find_sender(struct directory *directory, const struct address *address, unsigned *access)
{
	(void)directory;
	*access = strcmp(address->domain, "spam.example") == 0 ? ACCESS_BLACKLIST : 0;
	if (strcmp(address->domain, "friend.example") == 0)
		*access = ACCESS_PERMITTED;
	return DIRECTORY_FOUND;
}

/* The beginning of the verifiers of all accounts: no password has this key. */
#define SCRAM_KEY "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static enum directory_verdict
find_login(struct directory *directory, const char *name, struct account *account)
{
	struct address address = { 0 };
	const char *at = strrchr(name, '@');
	size_t local = at != NULL ? (size_t)(at - name) : strlen(name);

	if (local > ADDRESS_LOCAL_MAX || (at != NULL && strlen(at + 1) > ADDRESS_DOMAIN_MAX))
		return DIRECTORY_NO_MAILBOX;
	memcpy(address.local, name, local);
	memcpy(address.domain, at != NULL ? at + 1 : "", at != NULL ? strlen(at + 1) : 0);
	*account = (struct account) { .flags = ACCOUNT_SMTP | ACCOUNT_POP3 | ACCOUNT_SEND, .password = "secret" };
	enum directory_verdict found = verdict(&address, &account->mailbox.account);
	const char *home = account->mailbox.account < 8 ? "example.test" : "example.org";
	memcpy(account->local, address.local, sizeof account->local);
	if (at != NULL || found == DIRECTORY_FOUND)
		snprintf(account->domain.name, sizeof account->domain.name, "%s", at != NULL ? address.domain : home);
	snprintf(account->scram_sha256, sizeof account->scram_sha256,
	    "SCRAM-SHA-256$10000:%016lldAAAAAA==$%.43s=:%.43s=", (long long)account->mailbox.account, SCRAM_KEY,
	    SCRAM_KEY);
	memcpy(account->language, fixture_of(directory)->account_language, DIRECTORY_LANGUAGE_SIZE);
	if (is_name(address.local, "bob"))
		account->flags = 0;
	if (is_name(address.local, "box3"))
		account->flags = ACCOUNT_SMTP;
	if (is_name(address.local, "carol"))
		account->flags |= ACCOUNT_DISABLED;
	if (is_name(address.local, "dora"))
		account->password[0] = '\0';
	if (is_name(address.local, "smtponly"))
		account->flags = ACCOUNT_SMTP;
	if (is_name(address.local, "mrose"))
		snprintf(account->secret, sizeof account->secret, "tanstaaf");
	return found;
}

static enum directory_verdict
find_any_domain(struct directory *directory, uint64_t number, struct domain *domain)
{
	(void)directory;
	*domain = (struct domain) { .name = "example.test" };
	if (number % 2 == 0)
		snprintf(domain->name, sizeof domain->name, "example.org");
	return DIRECTORY_FOUND;
}

/* Each account has aliases: its name, "-", and anything (alice-sales). */
static enum directory_verdict
find_owner(struct directory *directory, int64_t account, const struct address *address)
{
	int64_t owner = 0;
	struct address own = *address;

	(void)directory;
	own.local[strcspn(own.local, "-")] = '\0';
	enum directory_verdict found = verdict(&own, &owner);
	if (found == DIRECTORY_FAILED)
		return found;
	return found == DIRECTORY_FOUND && owner == account ? DIRECTORY_FOUND : DIRECTORY_NO_MAILBOX;
}

const struct directory_ops fixture_directory_ops = { .resolve = resolve,
	.expand = expand,
	.member = find_member,
	.account = find_login,
	.any_domain = find_any_domain,
	.owns = find_owner,
	.domain = find_domain,
	.client = find_client,
	.sender = find_sender };
