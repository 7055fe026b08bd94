/* Follows aliases and lists to the mailboxes, here and elsewhere, that their mail goes to. */
#include "directory/expand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/text_set.h"
#include "directory/recipient.h"

/* An address on the way: the alias that is expanded, or a target of an alias. */
struct target {
	struct address address;
	int64_t alias;  /* its number once it is known to be one; else 0 */
	size_t parent;  /* index of the alias that leads here */
	unsigned depth; /* 0: the alias that is expanded */
	unsigned list;  /* number of the first list on the way; 0: none yet */
};

/* An array that grows. */
struct array {
	size_t count, room;
};

struct alias_expansion {
	struct lookup *lookup;
	struct expansion_question *question;
	struct target *targets;
	struct array target_array, mailbox_array, elsewhere_array, list_array;
	struct text_set seen; /* mailboxes and addresses elsewhere */
};

/* Room for one more; NULL when memory is out. */
static void *
grow(void *items, struct array *array, size_t size)
{
	if (array->count < array->room)
		return items;
	size_t wanted = array->room == 0 ? 8 : 2 * array->room;
	void *grown = reallocarray(items, wanted, size);
	if (grown != NULL)
		array->room = wanted;
	return grown;
}

static const char *
trouble(const struct lookup *lookup)
{
	return lookup->ops->trouble(lookup);
}

static enum directory_verdict
fail(struct directory_question *question, const char *detail)
{
	snprintf(question->detail, sizeof question->detail, "%s", detail);
	return DIRECTORY_FAILED;
}

static enum directory_verdict
no_memory(struct alias_expansion *expansion)
{
	return fail(&expansion->question->base, "memory is out");
}

/* Names the fault that an operator must correct. */
static enum directory_verdict
misconfigured(struct directory_question *base, const struct address *address, const char *detail)
{
	snprintf(base->detail, sizeof base->detail, "%.64s@%.100s: %s", address->local, address->domain, detail);
	return DIRECTORY_MISCONFIGURED;
}

static enum directory_verdict
too_many(struct directory_question *base, const struct address *address)
{
	return misconfigured(base, address, "it leads to too many addresses");
}

/* The same mailbox again: one that is reached without a list is no member of one. */
static enum directory_verdict
note_mailbox(struct expansion *found, const char *address, unsigned list)
{
	for (size_t i = 0; list == 0 && i < found->count; i++)
		if (strcmp(found->mailboxes[i].address, address) == 0)
			found->mailboxes[i].list = 0;
	return DIRECTORY_FOUND;
}

static enum directory_verdict
add_mailbox(struct alias_expansion *expansion, size_t index, const struct mailbox *mailbox)
{
	struct expansion *found = &expansion->question->expansion;
	const unsigned list = expansion->targets[index].list;
	int added = text_set_add(&expansion->seen, mailbox->address, strlen(mailbox->address));
	void *grown = added > 0 ? grow(found->mailboxes, &expansion->mailbox_array, sizeof *mailbox) : NULL;
	if (added == 0)
		return note_mailbox(found, mailbox->address, list);
	if (grown == NULL)
		return no_memory(expansion);
	found->mailboxes = grown;
	found->mailboxes[found->count] = *mailbox;
	found->mailboxes[found->count].list = list;
	found->count = ++expansion->mailbox_array.count;
	return DIRECTORY_FOUND;
}

static enum directory_verdict
note_elsewhere(struct expansion *found, const struct address *address, unsigned list)
{
	for (size_t i = 0; list == 0 && i < found->elsewhere_count; i++)
		if (strcmp(found->elsewhere[i].address.domain, address->domain) == 0 &&
		    strcmp(found->elsewhere[i].address.local, address->local) == 0)
			found->elsewhere[i].list = 0;
	return DIRECTORY_FOUND;
}

/* Its domain is not hosted here, or is relayed. */
static enum directory_verdict
add_elsewhere(struct alias_expansion *expansion, size_t index, const struct address *address, bool relayed)
{
	struct expansion *found = &expansion->question->expansion;
	const unsigned list = expansion->targets[index].list;
	char text[ADDRESS_TEXT_SIZE];
	address_write(text, address->local, address->domain);
	int added = text_set_add(&expansion->seen, text, strlen(text));
	void *grown = added > 0 ? grow(found->elsewhere, &expansion->elsewhere_array, sizeof *found->elsewhere) : NULL;
	if (added == 0)
		return note_elsewhere(found, address, list);
	if (grown == NULL)
		return no_memory(expansion);
	found->elsewhere = grown;
	found->elsewhere[found->elsewhere_count] = (struct expansion_target) { *address, list, relayed };
	found->elsewhere_count = ++expansion->elsewhere_array.count;
	return DIRECTORY_FOUND;
}

static struct target *
add_target(struct alias_expansion *expansion, size_t parent, unsigned depth)
{
	void *grown = grow(expansion->targets, &expansion->target_array, sizeof *expansion->targets);
	if (grown == NULL)
		return NULL;
	expansion->targets = grown;
	struct target *target = &expansion->targets[expansion->target_array.count++];
	*target = (struct target) { .parent = parent, .depth = depth };
	target->list = depth > 0 ? expansion->targets[parent].list : 0;
	return target;
}

/* Has the way to a target led through that alias? */
static bool
is_behind(const struct alias_expansion *expansion, size_t index, int64_t alias)
{
	while (expansion->targets[index].depth > 0) {
		index = expansion->targets[index].parent;
		if (expansion->targets[index].alias == alias)
			return true;
	}
	return false;
}

/* What becomes of the targets that are read. */
struct reading {
	struct alias_expansion *expansion;
	size_t parent;
	unsigned depth;
};

static bool
take_target(void *context, const char *local, const char *domain)
{
	const struct reading *reading = context;
	struct alias_expansion *expansion = reading->expansion;
	struct target *target = expansion->target_array.count < DIRECTORY_TARGETS_MAX
	    ? add_target(expansion, reading->parent, reading->depth)
	    : NULL;
	if (target == NULL)
		return false;
	snprintf(target->address.local, sizeof target->address.local, "%s", local);
	snprintf(target->address.domain, sizeof target->address.domain, "%s", domain);
	return true;
}

/* Reads the targets of an alias. */
static enum directory_verdict
read_targets(struct alias_expansion *expansion, size_t parent, unsigned depth)
{
	struct reading reading = { expansion, parent, depth };
	struct lookup *lookup = expansion->lookup;
	switch (lookup->ops->targets(lookup, expansion->targets[parent].alias, take_target, &reading)) {
	case DIRECTORY_FOUND: return DIRECTORY_FOUND;
	case DIRECTORY_FAILED: return fail(&expansion->question->base, trouble(lookup));
	default: break; /* it was not read to its end */
	}
	if (expansion->target_array.count < DIRECTORY_TARGETS_MAX)
		return no_memory(expansion);
	return too_many(&expansion->question->base, &expansion->targets[0].address);
}

/* Adds the targets of an alias to those that are visited. */
static enum directory_verdict
follow(struct alias_expansion *expansion, size_t index, int64_t alias)
{
	const struct address address = expansion->targets[index].address;
	unsigned depth = expansion->targets[index].depth + 1;
	size_t before = expansion->target_array.count;
	expansion->targets[index].alias = alias;
	if (is_behind(expansion, index, alias))
		return misconfigured(&expansion->question->base, &address, "this alias leads to itself");
	if (depth > DIRECTORY_DEPTH_MAX)
		return misconfigured(&expansion->question->base, &address, "too many aliases lead to each other");
	enum directory_verdict verdict = read_targets(expansion, index, depth);
	if (verdict == DIRECTORY_FOUND && expansion->target_array.count == before)
		return misconfigured(&expansion->question->base, &address, "it has no targets");
	return verdict;
}

static enum directory_verdict
visit_account(struct alias_expansion *expansion, size_t index, const struct account *account)
{
	struct expansion *found = &expansion->question->expansion;
	enum directory_verdict verdict = recipient_account_verdict(account);
	if (found->moved_to[0] == '\0')
		memcpy(found->moved_to, account->moved_to, sizeof found->moved_to);
	return verdict == DIRECTORY_FOUND ? add_mailbox(expansion, index, &account->mailbox) : verdict;
}

static enum directory_verdict visit(struct alias_expansion *expansion, size_t index);

/* A postmaster without an account is the one of the setting, who exists; else it has a mailbox all the same. */
static enum directory_verdict
visit_postmaster(struct alias_expansion *expansion, size_t index, const struct address *address)
{
	struct mailbox postmaster;
	switch (recipient_find_postmaster(expansion->lookup, &expansion->targets[index].address)) {
	case DIRECTORY_FOUND: return visit(expansion, index);
	case DIRECTORY_NO_MAILBOX: break;
	default: return fail(&expansion->question->base, trouble(expansion->lookup));
	}
	if (recipient_postmaster_mailbox(expansion->lookup, address, &postmaster) != DIRECTORY_FOUND)
		return fail(&expansion->question->base, trouble(expansion->lookup));
	return add_mailbox(expansion, index, &postmaster);
}

/* A list on the way: those behind it are its members, unless they are those of one before it. False when memory is out. */
static bool
note_list(struct alias_expansion *expansion, size_t index, const struct alias *alias, const char *domain)
{
	struct expansion *found = &expansion->question->expansion;
	if (!alias->list || expansion->targets[index].list != 0)
		return true;
	void *grown = grow(found->lists, &expansion->list_array, sizeof *found->lists);
	if (grown == NULL)
		return false;
	found->lists = grown;
	struct address *list = &found->lists[found->list_count];
	*list = (struct address) { .null = false };
	memcpy(list->local, alias->local, sizeof list->local);
	snprintf(list->domain, sizeof list->domain, "%s", domain);
	found->list_count = ++expansion->list_array.count;
	expansion->targets[index].list = (unsigned)found->list_count;
	return true;
}

/* An address without an account may be an alias, or the postmaster. A missing target is an error of the configuration. */
static enum directory_verdict
visit_other(struct alias_expansion *expansion, size_t index, const struct address *address)
{
	struct alias alias = { .number = 0 };
	enum directory_verdict verdict = lookup_alias(expansion->lookup, address, &alias);
	if (verdict == DIRECTORY_FOUND && !note_list(expansion, index, &alias, address->domain))
		return no_memory(expansion);
	if (expansion->list_array.count > DIRECTORY_LISTS_MAX)
		return misconfigured(
		    &expansion->question->base, &expansion->targets[0].address, "it leads to too many lists");
	if (verdict == DIRECTORY_FOUND)
		return follow(expansion, index, alias.number);
	if (verdict == DIRECTORY_FAILED)
		return fail(&expansion->question->base, trouble(expansion->lookup));
	if (lookup_is_postmaster(address->local))
		return visit_postmaster(expansion, index, address);
	if (index == 0)
		return verdict;
	return misconfigured(
	    &expansion->question->base, address, "an alias leads to this address, which does not exist");
}

static enum directory_verdict
visit(struct alias_expansion *expansion, size_t index)
{
	struct address address;
	struct account account;
	enum directory_verdict verdict = recipient_complete(
	    expansion->lookup, &expansion->targets[index].address, &address);
	if (verdict == DIRECTORY_FAILED)
		return fail(&expansion->question->base, trouble(expansion->lookup));
	expansion->targets[index].address = address;
	verdict = lookup_account(expansion->lookup, address.domain, address.local, false, &account);
	if (verdict == DIRECTORY_FAILED)
		return fail(&expansion->question->base, trouble(expansion->lookup));
	if (account.domain.relayed || (verdict == DIRECTORY_NO_DOMAIN && index > 0))
		return add_elsewhere(expansion, index, &address, account.domain.relayed);
	if (verdict == DIRECTORY_FOUND)
		return visit_account(expansion, index, &account);
	return verdict == DIRECTORY_NO_MAILBOX ? visit_other(expansion, index, &address) : verdict;
}

/* Notes a target that gets no mail, for the log. */
static void
note_left_out(struct alias_expansion *expansion, const struct address *address, enum directory_verdict verdict)
{
	static const char *const causes[] = {
		[DIRECTORY_AMBIGUOUS] = "ambiguous",
		[DIRECTORY_DISABLED] = "disabled",
		[DIRECTORY_MOVED] = "moved",
		[DIRECTORY_NO_PRIVILEGE] = "no-privilege",
		[DIRECTORY_SPAMTRAP] = "spamtrap",
	};
	struct expansion *found = &expansion->question->expansion;
	char text[ADDRESS_TEXT_SIZE], name[ADDRESS_TEXT_SIZE + 32];
	bool known = verdict < sizeof causes / sizeof *causes && causes[verdict] != NULL;
	address_write(text, address->local, address->domain);
	if (text_set_add(&expansion->seen, text, strlen(text)) == 0)
		return;
	int len = snprintf(name, sizeof name, "%s%s %s", found->left_out++ > 0 ? ", " : "", text,
	    known ? causes[verdict] : "no-mailbox");
	if (strlen(found->left_out_names) + (size_t)len < sizeof found->left_out_names)
		memcpy(found->left_out_names + strlen(found->left_out_names), name, (size_t)len + 1);
}

static enum directory_verdict
visit_all(struct alias_expansion *expansion)
{
	const struct expansion *found = &expansion->question->expansion;
	enum directory_verdict unfit = DIRECTORY_FOUND;
	for (size_t i = 0; i < expansion->target_array.count; i++) {
		enum directory_verdict verdict = visit(expansion, i);
		if (verdict == DIRECTORY_FAILED || verdict == DIRECTORY_MISCONFIGURED)
			return verdict;
		if (verdict != DIRECTORY_FOUND)
			note_left_out(expansion, &expansion->targets[i].address, verdict);
		if (unfit == DIRECTORY_FOUND)
			unfit = verdict;
	}
	return found->count > 0 || found->elsewhere_count > 0 ? DIRECTORY_FOUND : unfit;
}

enum directory_verdict
expansion_find(struct lookup *lookup, struct expansion_question *question)
{
	struct alias_expansion expansion = { .lookup = lookup, .question = question };
	struct target *first = add_target(&expansion, 0, 0);
	question->expansion = (struct expansion) { .count = 0 };
	enum directory_verdict verdict = DIRECTORY_FAILED;
	if (first == NULL) {
		(void)no_memory(&expansion);
	} else {
		first->address = question->address;
		verdict = visit_all(&expansion);
	}
	if (verdict == DIRECTORY_FAILED || verdict == DIRECTORY_MISCONFIGURED)
		expansion_clear(&question->expansion);
	free(expansion.targets);
	text_set_clear(&expansion.seen);
	return verdict;
}

/* The members that are read. */
struct member_reading {
	struct members_question *question;
	struct array array;
};

static bool
take_member(void *context, const char *local, const char *domain)
{
	struct member_reading *reading = context;
	struct members_question *question = reading->question;
	void *grown = reading->array.count < DIRECTORY_TARGETS_MAX
	    ? grow(question->members, &reading->array, sizeof *question->members)
	    : NULL;
	if (grown == NULL)
		return false;
	question->members = grown;
	struct address *member = &question->members[reading->array.count++];
	*member = (struct address) { .null = false };
	snprintf(member->local, sizeof member->local, "%s", local);
	snprintf(member->domain, sizeof member->domain, "%s", domain);
	return true;
}

static enum directory_verdict
read_members(struct lookup *lookup, int64_t alias, struct members_question *question)
{
	struct member_reading reading = { .question = question };
	enum directory_verdict verdict = lookup->ops->targets(lookup, alias, take_member, &reading);
	question->count = reading.array.count;
	if (verdict == DIRECTORY_FOUND)
		return DIRECTORY_FOUND;
	if (verdict != DIRECTORY_FAILED && question->count == DIRECTORY_TARGETS_MAX)
		return too_many(&question->base, &question->address);
	return fail(&question->base, verdict == DIRECTORY_FAILED ? trouble(lookup) : "memory is out");
}

enum directory_verdict
members_find(struct lookup *lookup, struct members_question *question)
{
	struct address whole;
	struct domain domain;
	struct alias alias = { .right = EXPANSION_NOBODY };
	question->members = NULL;
	question->count = 0;
	enum directory_verdict verdict = recipient_complete(lookup, &question->address, &whole);
	if (verdict == DIRECTORY_FOUND)
		verdict = lookup->ops->domain(lookup, whole.domain, &domain);
	if (verdict == DIRECTORY_FOUND)
		verdict = lookup_alias(lookup, &whole, &alias);
	question->right = alias.right;
	if (verdict == DIRECTORY_FOUND && alias.right >= question->needed)
		verdict = read_members(lookup, alias.number, question);
	if (verdict == DIRECTORY_FAILED || verdict == DIRECTORY_MISCONFIGURED)
		members_clear(question);
	if (verdict == DIRECTORY_FAILED && question->base.detail[0] == '\0')
		return fail(&question->base, trouble(lookup));
	return verdict;
}
