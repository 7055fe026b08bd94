/* Asks a directory that answers before the question returns, by jobs that run in line, or after turns of a loop. */
#include "ask_directory.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

unsigned ask_jobs;
void (*ask_turn)(void);
static unsigned answers;

static void
run_job(struct executor *executor, struct job *job)
{
	(void)executor;
	ask_jobs++;
	job->work(job);
	job->done(job);
}

struct executor ask_executor = { .start = run_job };

static void
count_answer(struct directory_question *question)
{
	(void)question;
	answers++;
}

static const struct directory_question asked = { .done = count_answer };

/* Waits for the answer. */
static void
await(unsigned before)
{
	while (ask_turn != NULL && answers == before)
		ask_turn();
}

static enum directory_verdict
verdict_of(const struct directory_question *question, unsigned before)
{
	await(before);
	cr_assert_eq(answers, before + 1);
	bool failed = question->verdict == DIRECTORY_FAILED || question->verdict == DIRECTORY_MISCONFIGURED;
	cr_expect_eq(question->detail[0] != '\0', failed, "%s", question->detail);
	return question->verdict;
}

static enum directory_verdict
expand(struct directory *directory, struct ask_found *found)
{
	struct expansion_question question = { .base = asked };
	const struct expansion *expansion = &question.expansion;
	unsigned before = answers;
	memcpy(question.address.local, found->local, sizeof found->local);
	memcpy(question.address.domain, found->domain.name, sizeof found->domain.name);
	directory->ops->expand(directory, &question);
	await(before);
	cr_assert_leq(expansion->count, DIRECTORY_TARGETS_MAX);
	cr_assert_leq(expansion->elsewhere_count, sizeof found->elsewhere / sizeof *found->elsewhere);
	found->count = expansion->count;
	found->elsewhere_count = expansion->elsewhere_count;
	for (size_t i = 0; i < found->count; i++)
		found->mailboxes[i] = expansion->mailboxes[i];
	for (size_t i = 0; i < found->elsewhere_count; i++)
		found->elsewhere[i] = expansion->elsewhere[i];
	cr_assert_leq(expansion->list_count, sizeof found->lists / sizeof *found->lists);
	found->list_count = expansion->list_count;
	for (size_t i = 0; i < found->list_count; i++)
		found->lists[i] = expansion->lists[i];
	memcpy(found->moved_to, expansion->moved_to, sizeof found->moved_to);
	found->left_out = expansion->left_out;
	memcpy(found->left_out_names, expansion->left_out_names, sizeof found->left_out_names);
	memcpy(found->detail, question.base.detail, sizeof found->detail);
	expansion_clear(&question.expansion);
	return verdict_of(&question.base, before);
}

enum directory_verdict
ask_recipient(struct directory *directory, const struct address *address, const char *sender, struct ask_found *found)
{
	struct recipient_question question = { .base = asked, .address = *address, .sender = sender };
	const struct recipient *recipient = &question.recipient;
	unsigned before = answers;
	directory->ops->recipient(directory, &question);
	await(before);
	*found = (struct ask_found) { .kind = recipient->kind, .domain = recipient->domain };
	memcpy(found->local, recipient->local, sizeof found->local);
	memcpy(found->language, recipient->language, sizeof found->language);
	memcpy(found->moved_to, recipient->moved_to, sizeof found->moved_to);
	memcpy(found->detail, question.base.detail, sizeof found->detail);
	found->post = recipient->post;
	found->member = recipient->member;
	enum directory_verdict verdict = verdict_of(&question.base, before);
	if (verdict != DIRECTORY_FOUND)
		return verdict;
	if (recipient->kind == RECIPIENT_ALIAS || recipient->kind == RECIPIENT_LIST)
		return expand(directory, found);
	found->count = recipient->kind == RECIPIENT_ACCOUNT;
	found->mailboxes[0] = recipient->mailbox;
	found->elsewhere_count = recipient->kind == RECIPIENT_RELAYED;
	found->elsewhere[0].address = *address;
	return verdict;
}

enum directory_verdict
ask_domain(struct directory *directory, const char *name, struct domain *domain)
{
	struct domain_question question = { .base = asked, .name = name };
	unsigned before = answers;
	directory->ops->domain(directory, &question);
	await(before);
	*domain = question.domain;
	return verdict_of(&question.base, before);
}

enum directory_verdict
ask_client(struct directory *directory, const char *address, unsigned *access)
{
	struct client_question question = { .base = asked, .address = address, .access = 99 };
	unsigned before = answers;
	directory->ops->client(directory, &question);
	await(before);
	*access = question.access;
	return verdict_of(&question.base, before);
}

enum directory_verdict
ask_sender(struct directory *directory, struct sender_question *question)
{
	unsigned before = answers;
	question->base = asked;
	directory->ops->sender(directory, question);
	return verdict_of(&question->base, before);
}

enum directory_verdict
ask_members(struct directory *directory, struct members_question *question)
{
	unsigned before = answers;
	question->base = asked;
	directory->ops->members(directory, question);
	return verdict_of(&question->base, before);
}

enum directory_verdict
ask_login(struct directory *directory, const char *name, struct account *account)
{
	struct login_question question = { .base = asked, .name = name };
	unsigned before = answers;
	directory->ops->login(directory, &question);
	await(before);
	*account = question.account;
	return verdict_of(&question.base, before);
}
