/* ftgate-msg list: the table of the replies as text, TSV or JSON. */
#include <stdlib.h>
#include <string.h>

#include "base/text/text_buffer.h"
#include "msg.h"

typedef void print_row(const struct ftg_row *row);

struct format {
	const char *name;
	const char *before, *between, *after;
	print_row *print;
};

static const char *
or_dash(const char *text)
{
	return *text ? text : "-";
}

static void
print_text(const struct ftg_row *row)
{
	char code[32];

	snprintf(code, sizeof code, "%s %s", row->code[FTG_PUBLISHED].reply, row->code[FTG_PUBLISHED].status);
	printf("%s  %-27s  %-10s  %s\n", row->ref, row->id, code, row->text[0]);
}

static void
print_tsv(const struct ftg_row *row)
{
	printf("%s\t%s\t%s", row->ref + 1, row->id, service_name(row->service));
	for (int p = 0; p < FTG_PROFILES; p++)
		printf("\t%s\t%s", or_dash(row->code[p].reply), or_dash(row->code[p].status));
	printf("\t%s", or_dash(row->text[0]));
	if (row->text[1])
		printf(" | %s", row->text[1]);
	putchar('\n');
}

/* Prints a member of an object, with a comma before it; "" becomes null. */
static void
print_member(const char *name, const char *value)
{
	printf(", \"%s\": ", name);
	print_json(value && *value ? value : NULL);
}

static void
print_object(const struct ftg_row *row)
{
	printf("  {\"ref\": ");
	print_json(row->ref + 1);
	print_member("id", row->id);
	print_member("service", service_name(row->service));
	print_member("reply", row->code[FTG_PUBLISHED].reply);
	print_member("enhanced", row->code[FTG_PUBLISHED].status);
	print_member("strict_reply", row->code[FTG_STRICT].reply);
	print_member("strict_enhanced", row->code[FTG_STRICT].status);
	printf(", \"args\": [");
	for (size_t i = 0; i < row_arity(row); i++)
		printf("%s\"%s\"", i > 0 ? ", " : "", kind_name(row->args[i]));
	printf("]");
	print_member("text", row->text[0]);
	print_member("plural", row->text[1]);
	printf("}");
}

static const struct column columns[] = {
	{ .name = "ref" },
	{ .name = "id" },
	{ .name = "service" },
	{ .name = "reply" },
	{ .name = "enhanced" },
	{ .name = "strict_reply" },
	{ .name = "strict_enhanced" },
	{ .name = "args", .type = CELL_LIST },
	{ .name = "text" },
	{ .name = "plural" },
};

/* The fields of JSON; the kinds of the arguments have a line feed between them. */
static bool
print_csv(void)
{
	struct table *table = table_open(&(struct table_options) {
	    .columns = columns, .count = sizeof columns / sizeof *columns, .format = OUTPUT_CSV });

	for (enum ftg_id id = 0; id < FTG_IDS; id++) {
		const struct ftg_row *row = ftg_row(id);
		char args[FTG_ARGS_MAX * 16] = "";
		struct text_buffer buffer = { args, sizeof args, 0 };

		for (size_t i = 0; i < row_arity(row); i++)
			text_buffer_put(&buffer, "%s%s", i > 0 ? "\n" : "", kind_name(row->args[i]));
		table_text(table, row->ref + 1);
		table_text(table, row->id);
		table_text(table, service_name(row->service));
		for (int p = 0; p < FTG_PROFILES; p++) {
			table_text(table, row->code[p].reply);
			table_text(table, row->code[p].status);
		}
		table_list(table, args);
		table_text(table, row->text[0]);
		table_text(table, row->text[1]);
	}
	return table_close(table);
}

static const struct format formats[] = {
	{ "text", "", "", "", print_text },
	{ "tsv", "ref\tid\tservice\treply\tenhanced\tstrict_reply\tstrict_enhanced\ttext\n", "", "", print_tsv },
	{ "csv", "", "", "", NULL },
	{ "json", "[\n", ",\n", "\n]\n", print_object },
};

static const struct format *
format_find(const char *name)
{
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	return NULL;
}

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	const struct format **format = state->input;

	switch (key) {
	case 'f':
		*format = format_find(arg);
		if (!*format)
			argp_error(state, _("there is no format '%s'; use text, tsv, csv or json"), arg);
		return 0;
	case ARGP_KEY_ARG: argp_usage(state); return EINVAL;
	default: return ARGP_ERR_UNKNOWN;
	}
}

int
msg_list(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "format", 'f', N_("FORMAT"), 0, N_("text (the default), tsv, csv or json"), 0 },
		{ 0 },
	};
	static const char doc[] = N_("Prints the table of the replies: reference, ID, codes and English text.\n\n"
	                             "TSV has the columns ref, id, service, reply, enhanced, strict_reply, "
	                             "strict_enhanced and text, with - for nothing; plural forms are joined by ' | '. "
	                             "JSON also has the kinds of the arguments.");
	static const struct argp argp = { options, parse, NULL, doc, NULL, NULL, TOOLS_DOMAIN };
	const struct format *format = &formats[0];

	options_parse(&argp, argc, argv, 0, &format);
	if (format != &formats[0])
		charset_write_data();
	if (!format->print)
		return print_csv() ? MSG_FINE : MSG_TROUBLE;
	fputs(format->before, stdout);
	for (enum ftg_id id = 0; id < FTG_IDS; id++) {
		fputs(id > 0 ? format->between : "", stdout);
		format->print(ftg_row(id));
	}
	fputs(format->after, stdout);
	return MSG_FINE;
}
