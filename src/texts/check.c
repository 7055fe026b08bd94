/* The check of own texts by the code that a server runs: each entry is compiled with the header and loaded. */
#include "texts/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum ftg_id
texts_id(const struct po_item *item)
{
	char name[64];
	if (item->context == NULL)
		return FTG_IDS;
	size_t len = strcspn(item->context, "|");
	if (len >= sizeof name)
		return FTG_IDS;
	snprintf(name, sizeof name, "%.*s", (int)len, item->context);
	enum ftg_id id = ftg_id_find(name);
	return id != FTG_IDS && strcmp(ftg_row(id)->id, name) == 0 ? id : FTG_IDS;
}

struct check {
	const struct po_file *po;
	const struct po_item *item;    /* that is loaded; NULL: all of them */
	unsigned refused[FTG_IDS + 1]; /* how often entries of an ID were refused alone */
	texts_problem_fn *call;
	void *context;
	int count;
};

static void
report(struct check *check, const struct po_item *item, const struct ftg_refusal *refusal)
{
	bool of_entry = refusal->rule == FTG_RULE_STALE || refusal->rule == FTG_RULE_UNKNOWN;
	struct texts_problem problem = {
		.item = item,
		.id = refusal->id,
		.rule = refusal->rule,
		.line = item == NULL ? 1
		    : of_entry       ? item->line
		                     : item->string_line,
		.detail = refusal->detail,
	};
	check->count++;
	check->call(check->context, &problem);
}

/* Loading one entry reports faults of the header, too; the load of all of them does that once. */
static void
on_refusal_of_item(void *context, const struct ftg_refusal *refusal)
{
	struct check *check = context;
	if (refusal->whole_file)
		return;
	report(check, check->item, refusal);
	check->refused[refusal->id]++;
}

/* Reports what the entries together are refused for: the whole file, or what breaks a rule about several of them. */
static void
on_refusal_of_all(void *context, const struct ftg_refusal *refusal)
{
	struct check *check = context;
	if (refusal->whole_file)
		report(check, NULL, refusal);
	else if (check->refused[refusal->id] > 0)
		check->refused[refusal->id]--;
	else
		report(check, refusal->id < FTG_IDS ? po_file_find(check->po, ftg_row(refusal->id)->id, NULL) : NULL,
		    refusal);
}

static int
load(struct check *check, const char *language, ftg_report *on_refusal)
{
	static const struct ftg_refusal too_large = {
		.whole_file = true,
		.id = FTG_IDS,
		.rule = FTG_RULE_FILE,
		.detail = "more entries or octets than a server reads",
	};
	struct ftg_compiled compiled = { .file = "", .language = language, .own = true };
	char *octets = po_file_compile(check->po, check->item, &compiled.len);
	if (octets == NULL && errno == EFBIG) {
		on_refusal(check, &too_large);
		return 0;
	}
	compiled.octets = octets;
	int result = octets == NULL ? -1 : ftg_catalog_check_compiled(&compiled, on_refusal, check);
	free(octets);
	return result < 0 ? -1 : 0;
}

int
texts_check_item(
    const struct po_file *po, const struct po_item *item, const char *language, texts_problem_fn *call, void *context)
{
	struct check check = { .po = po, .item = item, .call = call, .context = context };
	return load(&check, language, on_refusal_of_item) < 0 ? -1 : check.count;
}

int
texts_check(const struct po_file *po, const char *language, texts_problem_fn *call, void *context)
{
	struct check check = { .po = po, .call = call, .context = context };
	int result = 0;
	for (size_t i = 0; i < po->count && result == 0; i++) {
		check.item = &po->item[i];
		if (!po_item_is_header(check.item) && po_item_is_compiled(check.item))
			result = load(&check, language, on_refusal_of_item);
	}
	check.item = NULL;
	if (result == 0)
		result = load(&check, language, on_refusal_of_all);
	return result < 0 ? -1 : check.count;
}
