/* The directory of the fixture: who is there, and in which state. */
#include "base/text/ascii.h"
#include "smtp_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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
	};

	snprintf(recipient->moved_to, sizeof recipient->moved_to, "new@example.net");
	for (size_t i = 0; i < sizeof accounts / sizeof *accounts; i++)
		if (is_name(address->local, accounts[i].local) && strcmp(address->domain, "example.test") == 0)
			return accounts[i].verdict;
	return DIRECTORY_FOUND;
}

/* The alias exists; only its expansion finds that it leads back to itself. */
static bool
is_circle(const struct address *address)
{
	return is_name(address->local, "circle") && strcmp(address->domain, "example.test") == 0;
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

/* Those that come to alice and bob, and "crowd" and "horde", which have FIXTURE_CROWD members each; "crowded" has those of "crowd". */
static bool
is_list(const struct address *address, struct recipient *recipient)
{
	static const struct {
		const char *local;
		enum posting_right post;
	} lists[] = {
		{ "team", POSTING_ANYONE },
		{ "crowd", POSTING_ANYONE },
		{ "crowded", POSTING_ANYONE },
		{ "horde", POSTING_ANYONE },
		{ "pair", POSTING_ANYONE },
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

/* Aliases whose mail goes on to another server, and alice: "mixed" to both. */
static bool
leads_away(const struct address *address)
{
	bool away = is_name(address->local, "away") || is_name(address->local, "mixed");
	return away && strcmp(address->domain, "example.test") == 0;
}

/* A question that is answered as a job ends: at once, or late. */
struct answer {
	struct job job;
	struct directory_question *question;
	enum directory_verdict verdict;
};

static void
give_answer(struct job *job)
{
	struct answer *answer = (struct answer *)(void *)job;
	struct directory_question *question = answer->question;
	enum directory_verdict verdict = answer->verdict;

	free(answer);
	directory_answer(question, verdict);
}

static void
do_nothing(struct job *job)
{
	(void)job;
}

static void
answer(struct directory *directory, struct directory_question *question, enum directory_verdict verdict)
{
	struct smtp_fixture *fixture = (struct smtp_fixture *)(void *)((char *)directory -
	    offsetof(struct smtp_fixture, directory));
	struct answer *answer = malloc(sizeof *answer);

	if (answer == NULL)
		abort();
	*answer = (struct answer) {
		.job = { .work = do_nothing, .done = give_answer }, .question = question, .verdict = verdict
	};
	snprintf(question->detail, sizeof question->detail, "%s", verdict == DIRECTORY_FAILED ? "the disk" : "");
	fixture->asked_directory++;
	fixture->executor.start(&fixture->executor, &answer->job);
}

static bool
is_member(const char *sender)
{
	return sender != NULL && strcasecmp(sender, "alice@example.test") == 0;
}

static enum directory_verdict
find_domain(const char *name, struct domain *domain)
{
	*domain = (struct domain) { .max_message_size = 0 };
	if (strcmp(name, "broken.test") == 0)
		return DIRECTORY_FAILED;
	domain->relayed = strcmp(name, "relayed.test") == 0;
	bool hosted = domain->relayed || strcmp(name, "example.test") == 0 || strcmp(name, "example.org") == 0;
	domain->greylist = strcmp(name, "example.org") != 0;
	if (hosted)
		snprintf(domain->name, sizeof domain->name, "%s", name);
	return hosted ? DIRECTORY_FOUND : DIRECTORY_NO_DOMAIN;
}

/* The sender of a message that is refused for its sender's directory trouble has the domain broken.test. */
static enum directory_verdict
find_recipient(struct directory *directory, struct recipient_question *question)
{
	const struct address *address = &question->address;
	struct recipient *recipient = &question->recipient;
	int64_t account = 0;

	*recipient = (struct recipient) { .kind = RECIPIENT_ACCOUNT };
	enum directory_verdict found = unfit(address, recipient);
	(void)find_domain(address->domain, &recipient->domain);
	set_domain(fixture_of(directory), address, recipient);
	snprintf(recipient->local, sizeof recipient->local, "%s", address->local);
	if (found != DIRECTORY_FOUND)
		return found;
	if (recipient->domain.relayed) {
		recipient->kind = RECIPIENT_RELAYED;
		return DIRECTORY_FOUND;
	}
	if (leads_away(address) || is_circle(address)) {
		recipient->kind = RECIPIENT_ALIAS;
		return DIRECTORY_FOUND;
	}
	if (is_list(address, recipient)) {
		recipient->kind = RECIPIENT_LIST;
		recipient->member = is_member(question->sender);
		bool broken = question->sender != NULL && strstr(question->sender, "@broken.test") != NULL;
		return broken && recipient->post == POSTING_MEMBERS ? DIRECTORY_FAILED : DIRECTORY_FOUND;
	}
	found = verdict(address, &account);
	const char *domain = *address->domain != '\0' ? address->domain : account < 8 ? "example.test" : "example.org";
	recipient->mailbox.account = account;
	mailbox_set_address(&recipient->mailbox, address->local, domain);
	if (strcmp(address->domain, "example.test") == 0 && is_name(address->local, "carol"))
		recipient->mailbox.quota = (struct quota) { STAGE_QUOTA, 0 };
	if (found == DIRECTORY_FOUND)
		snprintf(recipient->domain.name, sizeof recipient->domain.name, "%s", domain);
	return found;
}

static void
recipient(struct directory *directory, struct recipient_question *question)
{
	answer(directory, &question->base, find_recipient(directory, question));
}

static void *
allocate(size_t size)
{
	void *memory = malloc(size);
	if (memory == NULL)
		abort();
	return memset(memory, 0, size);
}

static bool
is_crowd(const struct address *address)
{
	return is_name(address->local, "crowd") || is_name(address->local, "crowded") ||
	    is_name(address->local, "horde");
}

static void
expand_crowd(const struct address *list, struct expansion *found)
{
	found->mailboxes = allocate(FIXTURE_CROWD * sizeof *found->mailboxes);
	found->count = FIXTURE_CROWD;
	for (size_t i = 0; i < FIXTURE_CROWD; i++) {
		char local[32];
		snprintf(local, sizeof local, "%.5s%zu", list->local, i);
		found->mailboxes[i].list = 1;
		mailbox_set_address(&found->mailboxes[i], local, list->domain);
	}
}

/* Lists lead to alice and bob; "mixed" to alice and another server, "away" to the latter alone. */
static void
expand(struct directory *directory, struct expansion_question *question)
{
	struct expansion *found = &question->expansion;
	bool away = leads_away(&question->address);

	*found = (struct expansion) { .count = 0 };
	if (!away && !is_circle(&question->address)) {
		found->lists = allocate(sizeof *found->lists);
		found->lists[0] = question->address;
		found->list_count = 1;
	}
	if (is_crowd(&question->address)) {
		expand_crowd(&question->address, found);
	} else if (!is_circle(&question->address) && (!away || is_name(question->address.local, "mixed"))) {
		found->mailboxes = allocate(2 * sizeof *found->mailboxes);
		found->count = away ? 1 : 2;
		found->mailboxes[0].account = 1;
		found->mailboxes[1].account = 2;
		mailbox_set_address(&found->mailboxes[0], "alice", "example.test");
		mailbox_set_address(&found->mailboxes[1], "bob", "example.test");
		found->mailboxes[0].list = found->mailboxes[1].list = found->list_count > 0;
	}
	if (away) {
		found->elsewhere = allocate(sizeof *found->elsewhere);
		found->elsewhere_count = 1;
		found->elsewhere->address = (struct address) { .local = "Far", .domain = "other.example" };
	}
	((struct smtp_fixture *)(void *)((char *)directory - offsetof(struct smtp_fixture, directory)))->expansions++;
	answer(directory, &question->base, is_circle(&question->address) ? DIRECTORY_MISCONFIGURED : DIRECTORY_FOUND);
}

static enum directory_verdict
find_members(struct members_question *question)
{
	static const struct address all[] = {
		{ .local = "alice", .domain = "example.test" },
		{ .local = "j\xC3\xB6rg", .domain = "example.test" },
		{ .local = "two words", .domain = "example.test" },
	};
	static const struct {
		const char *local;
		enum expansion_right right;
		unsigned members; /* bits of those above */
	} lists[] = {
		{ "team", EXPANSION_ANYONE, 5 },
		{ "staff", EXPANSION_ACCOUNTS, 1 },
		{ "board", EXPANSION_NOBODY, 1 },
		{ "empty", EXPANSION_ANYONE, 0 },
		{ "abroad", EXPANSION_ANYONE, 7 },
	};
	const struct address *address = &question->address;
	int64_t account = 0;

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		if (!is_name(address->local, lists[i].local) || strstr("example.test", address->domain) == NULL)
			continue;
		question->right = lists[i].right;
		question->members = allocate(sizeof all);
		for (size_t j = 0; j < 3 && question->right >= question->needed; j++)
			if (lists[i].members & 1U << j)
				question->members[question->count++] = all[j];
		return DIRECTORY_FOUND;
	}
	enum directory_verdict found = verdict(address, &account);
	return found == DIRECTORY_FOUND ? DIRECTORY_NO_MAILBOX : found;
}

static void
members(struct directory *directory, struct members_question *question)
{
	question->members = NULL;
	question->count = 0;
	question->right = EXPANSION_NOBODY;
	answer(directory, &question->base, find_members(question));
}

static void
domain(struct directory *directory, struct domain_question *question)
{
	answer(directory, &question->base, find_domain(question->name, &question->domain));
}

static void
client(struct directory *directory, struct client_question *question)
{
	static const struct {
		const char *address;
		unsigned access;
	} clients[] = {
		{ "203.0.113.7", ACCESS_BLACKLIST },
		{ "203.0.113.9", ACCESS_REFUSED },
		{ "203.0.113.10", ACCESS_RELAY },
		{ "203.0.113.11", ACCESS_PERMITTED },
	};
	bool broken = strcmp(question->address, "203.0.113.8") == 0;

	question->access = 0;
	for (size_t i = 0; i < sizeof clients / sizeof *clients; i++)
		if (strcmp(question->address, clients[i].address) == 0)
			question->access = clients[i].access;
	answer(directory, &question->base, broken ? DIRECTORY_FAILED : DIRECTORY_FOUND);
}

/* Each account has aliases: its name, "-", and anything (alice-sales). */
static enum directory_verdict
find_owner(int64_t account, const struct address *address, bool *owned)
{
	int64_t owner = 0;
	struct address own = *address;

	own.local[strcspn(own.local, "-")] = '\0';
	enum directory_verdict found = verdict(&own, &owner);
	*owned = found == DIRECTORY_FOUND && owner == account;
	return found == DIRECTORY_FAILED ? found : DIRECTORY_FOUND;
}

static void
sender(struct directory *directory, struct sender_question *question)
{
	struct domain domain;
	const char *name = question->address.domain;
	enum directory_verdict found = DIRECTORY_FOUND;

	question->access = strcmp(name, "spam.example") == 0 ? ACCESS_BLACKLIST : 0;
	if (strcmp(name, "friend.example") == 0)
		question->access = ACCESS_PERMITTED;
	question->owned = false;
	question->hosted = find_domain(name, &domain) == DIRECTORY_FOUND;
	question->relayed = domain.relayed;
	if (question->account != 0)
		found = find_owner(question->account, &question->address, &question->owned);
	answer(directory, &question->base, strcmp(name, "broken.test") == 0 ? DIRECTORY_FAILED : found);
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

/* A name without a domain that is not one account's appears to be in one of the domains. */
static enum directory_verdict
choose(struct directory *directory, const struct login_question *question, struct account *account)
{
	char name[ADDRESS_MAX + 1];
	const char *domain = question->number % 2 == 0 ? "example.org" : "example.test";

	snprintf(name, sizeof name, "%.64s@%s", question->name, domain);
	enum directory_verdict found = find_login(directory, name, account);
	if (found != DIRECTORY_FOUND)
		account->scram_sha256[0] = '\0';
	return DIRECTORY_NO_MAILBOX;
}

static void
login(struct directory *directory, struct login_question *question)
{
	struct account *account = &question->account;

	*account = (struct account) { .flags = 0 };
	enum directory_verdict found = find_login(directory, question->name, account);
	if (found != DIRECTORY_FOUND)
		account->scram_sha256[0] = '\0';
	if (found != DIRECTORY_FOUND && found != DIRECTORY_FAILED && question->choose && account->local[0] != '\0' &&
	    account->domain.name[0] == '\0')
		found = choose(directory, question, account);
	answer(directory, &question->base,
	    found == DIRECTORY_AMBIGUOUS || found == DIRECTORY_NO_DOMAIN ? DIRECTORY_NO_MAILBOX : found);
}

const struct directory_ops fixture_directory_ops = {
	.client = client,
	.sender = sender,
	.recipient = recipient,
	.expand = expand,
	.members = members,
	.login = login,
	.domain = domain,
};
