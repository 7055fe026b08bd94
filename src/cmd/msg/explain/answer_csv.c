/* Prints the result as CSV: the members of JSON as columns, those of codes with the name of the profile before them. */
#include <string.h>

#include "answer.h"
#include "status.h"

static const struct column columns[] = {
	{ .name = "kind" },
	{ .name = "found_by" },
	{ .name = "language" },
	{ .name = "id" },
	{ .name = "ref" },
	{ .name = "service" },
	{ .name = "published_reply" },
	{ .name = "published_enhanced" },
	{ .name = "strict_reply" },
	{ .name = "strict_enhanced" },
	{ .name = "text" },
	{ .name = "plural" },
	{ .name = "when" },
	{ .name = "whom" },
	{ .name = "cause" },
	{ .name = "sender" },
	{ .name = "operator" },
	{ .name = "other" },
	{ .name = "nearest", .type = CELL_LIST },
	{ .name = "status" },
	{ .name = "code" },
	{ .name = "server" },
	{ .name = "code_meaning" },
	{ .name = "class" },
	{ .name = "subject" },
	{ .name = "detail" },
	{ .name = "key" },
	{ .name = "name" },
	{ .name = "meaning" },
};

enum { COLUMNS = sizeof columns / sizeof *columns };

/* The cells of a row by the names of their columns; those that are not set are empty. */
struct row {
	const char *cell[COLUMNS];
};

static void
set(struct row *row, const char *name, const char *value)
{
	for (size_t i = 0; i < COLUMNS; i++)
		if (strcmp(columns[i].name, name) == 0)
			row->cell[i] = value;
}

static void
set_reply(struct row *row, const struct hit *hit)
{
	const struct ftg_row *reply = ftg_row(hit->id);
	const struct explanation *known = explain_reply(hit->id);

	set(row, "found_by", hit->language ? "words" : "reference");
	set(row, "language", hit->language);
	set(row, "id", reply->id);
	set(row, "ref", reply->ref + 1);
	set(row, "service", service_name(reply->service));
	set(row, "published_reply", reply->code[FTG_PUBLISHED].reply);
	set(row, "published_enhanced", reply->code[FTG_PUBLISHED].status);
	set(row, "strict_reply", reply->code[FTG_STRICT].reply);
	set(row, "strict_enhanced", reply->code[FTG_STRICT].status);
	set(row, "text", reply->text[0]);
	set(row, "plural", reply->text[1]);
	set(row, "when", _(known->when));
	set(row, "whom", _(known->whom));
	set(row, "cause", _(known->cause));
	set(row, "sender", _(known->sender));
	set(row, "operator", _(known->operator));
	set(row, "other", _(known->other));
}

static void
set_none(struct row *row, const struct hit *hit, char ref[8], char nearest[16])
{
	enum ftg_id near[2];

	answer_neighbours(hit->reference, &near[0], &near[1]);
	snprintf(ref, 8, "%u.%02u", hit->reference / 100 % 10, hit->reference % 100);
	snprintf(nearest, 16, "%s%s%s", near[0] < FTG_IDS ? ftg_row(near[0])->ref + 1 : "",
	    near[0] < FTG_IDS && near[1] < FTG_IDS ? "\n" : "", near[1] < FTG_IDS ? ftg_row(near[1])->ref + 1 : "");
	set(row, "ref", ref);
	set(row, "nearest", nearest);
}

static void
set_foreign(struct row *row, const struct hit *hit)
{
	struct status_meaning meaning = { 0 };

	if (*hit->status)
		meaning = status_meaning(hit->status);
	set(row, "status", hit->status);
	set(row, "code", hit->code);
	set(row, "server", hit->server);
	set(row, "code_meaning", code_meaning(hit->code));
	set(row, "class", meaning.class);
	set(row, "subject", meaning.subject);
	set(row, "detail", meaning.detail);
	set(row, "sender", answer_advice(hit));
}

struct table *
answer_csv_open(void)
{
	return table_open(&(struct table_options) { .columns = columns, .count = COLUMNS, .format = OUTPUT_CSV });
}

void
answer_csv(struct table *table, const struct hit *hit)
{
	struct row row = { 0 };
	char ref[8], nearest[16];

	set(&row, "kind", answer_kind(hit));
	switch (hit->kind) {
	case HIT_REPLY: set_reply(&row, hit); break;
	case HIT_NONE: set_none(&row, hit, ref, nearest); break;
	case HIT_STATUS: set_foreign(&row, hit); break;
	case HIT_WORD:
		set(&row, "key", hit->word->key);
		set(&row, "name", hit->word->name);
		set(&row, "meaning", hit->word->meaning);
		break;
	}
	for (size_t i = 0; i < COLUMNS; i++)
		table_text(table, row.cell[i]);
}
