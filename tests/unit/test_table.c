/* The table of replies against messages.tsv, the published buffer with the codes decided on: column by column. */
#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "catalog/table.h"

enum { PUBLISHED_ROWS = 94, COLUMNS = 12 };

enum column {
	REF,
	ID,
	SERVICE,
	REPLY,
	ENHANCED,
	STRICT_REPLY,
	STRICT_ENHANCED,
	ARGUMENTS,
	TEXT,
	NOTE,
	PUBLISHED,
	RAISED
};

static char cell[PUBLISHED_ROWS][COLUMNS][512];

/* Replaces each occurrence. */
static void
substitute(char *text, const char *from, const char *to)
{
	char result[512];
	for (char *at; (at = strstr(text, from)) != NULL;) {
		snprintf(result, sizeof(result), "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
		snprintf(text, sizeof(result), "%s", result);
	}
}

/* The typography of the buffer that SMTP cannot carry; "-" is an empty cell. */
static void
normalise(char *text)
{
	substitute(text, "\xE2\x80\x99", "'");
	substitute(text, "\xE2\x80\x93", "-");
	substitute(text, "\xC2\xA0", " ");
	substitute(text, "  ", " ");
	if (strcmp(text, "-") == 0)
		text[0] = '\0';
}

static void
read_rows(void)
{
	char line[4096];
	size_t row = 0;
	FILE *in = fopen(TESTS_DIR "/support/messages.tsv", "r");
	cr_assert_not_null(in);
	cr_assert_not_null(fgets(line, sizeof(line), in));
	for (; fgets(line, sizeof(line), in) != NULL; row++) {
		char *at = line;
		cr_assert_lt(row, PUBLISHED_ROWS);
		line[strcspn(line, "\n")] = '\0';
		for (size_t column = 0; column < COLUMNS; column++) {
			cr_assert_not_null(at, "row %zu is short of columns", row);
			char *value = strsep(&at, "\t");
			snprintf(cell[row][column], sizeof(cell[row][column]), "%s", value);
			normalise(cell[row][column]);
		}
	}
	cr_assert_eq(row, PUBLISHED_ROWS);
	fclose(in);
}

TestSuite(table, .init = read_rows);

Test(table, holds_the_published_ids_in_published_order)
{
	for (size_t i = 0; i < PUBLISHED_ROWS; i++) {
		cr_expect_str_eq(ftg_row((enum ftg_id)i)->id, cell[i][ID]);
		cr_expect_eq(ftg_id_find(cell[i][ID]), i);
	}
}

Test(table, extension_rows_follow_the_published_rows)
{
	for (unsigned i = PUBLISHED_ROWS; i < FTG_IDS; i++) {
		const struct ftg_row *row = ftg_row((enum ftg_id)i);
		bool smtp = strncmp(row->id, "FTG_SMTP_", 9) == 0, pop3 = strncmp(row->id, "FTG_POP_", 8) == 0;
		bool notice = strncmp(row->id, "FTG_NOTICE_", 11) == 0 && row->service == FTG_DSN;
		cr_expect(
		    (smtp && row->ref[1] == '6') || (pop3 && row->ref[1] == '7') || (notice && row->ref[1] == '8'),
		    "%s %s", row->id, row->ref);
		for (unsigned other = 0; other < i; other++)
			cr_expect_str_neq(row->ref, ftg_row((enum ftg_id)other)->ref);
	}
}

Test(table, has_the_published_references)
{
	for (size_t i = 0; i < PUBLISHED_ROWS; i++) {
		cr_expect_eq(ftg_row((enum ftg_id)i)->ref[0], '#');
		cr_expect_str_eq(ftg_row((enum ftg_id)i)->ref + 1, cell[i][REF]);
	}
}

Test(table, has_each_row_in_its_service)
{
	static const char *const names[] = { "mailbox", "secpol", "smtp", "pop3" };
	for (size_t i = 0; i < PUBLISHED_ROWS; i++)
		cr_expect_str_eq(names[ftg_row((enum ftg_id)i)->service], cell[i][SERVICE]);
}

Test(table, has_the_codes_of_both_profiles)
{
	for (size_t i = 0; i < PUBLISHED_ROWS; i++) {
		const struct ftg_code *code = ftg_row((enum ftg_id)i)->code;
		cr_expect_str_eq(code[FTG_PUBLISHED].reply, cell[i][REPLY], "%s", cell[i][ID]);
		cr_expect_str_eq(code[FTG_PUBLISHED].status, cell[i][ENHANCED], "%s", cell[i][ID]);
		cr_expect_str_eq(code[FTG_STRICT].reply, cell[i][STRICT_REPLY], "%s", cell[i][ID]);
		cr_expect_str_eq(code[FTG_STRICT].status, cell[i][STRICT_ENHANCED], "%s", cell[i][ID]);
	}
}

Test(table, has_the_kinds_of_arguments)
{
	static const char *const names[FTG_ARG_KINDS] = { "", "banner", "path", "address", "ip", "text", "reason",
		"count", "challenge", "name", "tag" };
	for (size_t i = 0; i < PUBLISHED_ROWS; i++) {
		char listed[64];
		const enum ftg_arg_kind *args = ftg_row((enum ftg_id)i)->args;
		snprintf(listed, sizeof(listed), "%s%s%s", names[args[0]], args[1] != FTG_ARG_NONE ? "," : "",
		    names[args[1]]);
		cr_expect_str_eq(listed, cell[i][ARGUMENTS], "%s", cell[i][ID]);
	}
}

Test(table, has_the_english_texts)
{
	for (size_t i = 0; i < PUBLISHED_ROWS; i++) {
		char both[512];
		const char *const *text = ftg_row((enum ftg_id)i)->text;
		snprintf(both, sizeof(both), "%s%s%s", text[0], text[1] != NULL ? " | " : "",
		    text[1] != NULL ? text[1] : "");
		cr_expect_str_eq(both, cell[i][TEXT], "%s", cell[i][ID]);
	}
}

Test(table, has_english_texts_in_printable_ascii)
{
	for (unsigned id = 0; id < FTG_IDS; id++) {
		for (const char *c = ftg_row((enum ftg_id)id)->text[0]; *c != '\0'; c++)
			cr_expect(*c >= 0x20 && *c <= 0x7E, "%s", ftg_row((enum ftg_id)id)->id);
	}
}

Test(table, has_as_many_directives_as_arguments)
{
	for (unsigned id = 0; id < FTG_IDS; id++) {
		const struct ftg_row *row = ftg_row((enum ftg_id)id);
		bool second = row->args[1] != FTG_ARG_NONE && row->args[1] != FTG_ARG_TIMESTAMP;
		int wanted = (row->args[0] != FTG_ARG_NONE) + second, shown = 0;
		bool hidden = row->args[0] == FTG_ARG_CHALLENGE || row->args[0] == FTG_ARG_TAG;
		for (const char *c = row->text[0]; (c = strchr(c, '%')) != NULL; c++)
			shown++;
		cr_expect_eq(shown, hidden ? 0 : wanted, "%s", row->id);
	}
}

/* The published line with each directive as its own value, less what the buffer prints and the wire has not. */
static void
expected_line(char line[512], size_t row)
{
	snprintf(line, 512, "%s", cell[row][PUBLISHED]);
	char *end = strrchr(line, ')');
	if (end != NULL)
		end[1] = '\0'; /* #4.49, #4.53: a stray character behind the reference */
	if (row == ERR_SMTP_334)
		snprintf(line, 512, "334 ");
	if (row == ERR_SMTP_ACCESSDENIED)
		substitute(line, "(%s)", "(#2.02)");
	/* RFC 5321 4.2: the host is the first word. */
	substitute(line, "2.2.0 ready", "2.2.0 host.example ready");
	substitute(line, "2.2.1 Service", "2.2.1 host.example Service");
	if (ftg_row((enum ftg_id)row)->service == FTG_SECPOL) {
		substitute(line, "(", "");
		substitute(line, ")", "");
	}
}

static size_t
published_line(char *line, size_t row)
{
	static const struct ftg_vars vars = { .value = { [FTG_VAR_HOST] = "host.example" } };
	struct ftg_voice voice = { .vars = &vars };
	struct ftg_reply reply = ftg_reply_reason((enum ftg_id)row, "%s", 2, ERR_SECPOL_BLACK);
	if (ftg_row(reply.id)->args[0] == FTG_ARG_COUNT)
		reply = ftg_reply_count(reply.id, 1);
	if (reply.id == ERR_SMTP_334)
		reply = ftg_reply_text(reply.id, "", 0);
	size_t len = ftg_render(line, &voice, &reply);
	line[len] = '\0';
	return len;
}

Test(table, renders_the_published_lines)
{
	for (size_t row = 0; row < PUBLISHED_ROWS; row++) {
		char line[FTG_REPLY_MAX + 1], expected[512];
		size_t len = published_line(line, row);
		expected_line(expected, row);
		substitute(expected, "only n message", "only 1 message");
		if (ftg_row((enum ftg_id)row)->service == FTG_SMTP || ftg_row((enum ftg_id)row)->service == FTG_POP3) {
			cr_assert_str_eq(line + len - 2, "\r\n");
			line[len - 2] = '\0';
		}
		cr_expect_str_eq(line, expected);
	}
}

Test(table, finds_an_id_in_any_case_and_no_other_name)
{
	for (unsigned id = 0; id < FTG_IDS; id++) {
		char name[64];
		snprintf(name, sizeof(name), "%s", ftg_row((enum ftg_id)id)->id);
		for (char *c = name; *c != '\0'; c++)
			*c = (char)tolower((unsigned char)*c);
		cr_expect_eq(ftg_id_find(name), id);
		strncat(name, "x", sizeof(name) - strlen(name) - 1);
		cr_expect_eq(ftg_id_find(name), FTG_IDS);
		name[strlen(name) - 2] = '\0';
		cr_expect_neq(ftg_id_find(name), id);
	}
	cr_expect_eq(ftg_id_find(""), FTG_IDS);
	cr_expect_eq(ftg_id_find("ERR_SMTP_ADDRESS_DOMAIN"), FTG_IDS);
	cr_expect_eq(ftg_id_find("FTG_IDS"), FTG_IDS);
}

Test(table, name_with_a_nul_is_unknown)
{
	static const char name[] = "ERR_SMTP_OK\0and more than any ID has";
	cr_expect_eq(table_find(name, strlen(name)), ERR_SMTP_OK);
	for (size_t len = strlen(name) + 1; len < sizeof(name); len++)
		cr_expect_eq(table_find(name, len), FTG_IDS, "%zu", len);
}

Test(table, names_variables_and_bounds_arguments)
{
	cr_expect_str_eq(ftg_var_name(FTG_VAR_HOST), "host");
	cr_expect_str_eq(ftg_var_name(FTG_VAR_HELP), "help");
	cr_expect_str_eq(ftg_var_name(FTG_VARS), "");
	cr_expect_eq(ftg_arg_max(FTG_ARG_NONE), 0);
	cr_expect_geq(ftg_arg_max(FTG_ARG_ADDRESS), 254);
	cr_expect_eq(ftg_arg_max(FTG_ARG_KINDS), 0);
}

Test(table, gives_each_text_its_own_number_in_a_catgets_catalogue)
{
	int set[FTG_IDS], number[FTG_IDS];
	for (unsigned id = 0; id < FTG_IDS; id++) {
		number[id] = ftg_catgets_number((enum ftg_id)id, &set[id]);
		cr_expect_eq(number[id] == 0, id == ERR_SMTP_334);
		for (unsigned other = 0; other < id; other++)
			cr_expect(set[other] != set[id] || number[other] != number[id]);
	}
	cr_expect(set[ERR_SMTP_REJECT_PTR] == 4 && number[ERR_SMTP_REJECT_PTR] == 47);
	cr_expect(set[ERR_POP_CONCURRENT] == 1 && number[ERR_POP_CONCURRENT] == 205);
}

Test(table, names_and_cures_each_rule)
{
	for (unsigned rule = 0; rule < FTG_RULES; rule++) {
		cr_expect_neq(ftg_rule_name((enum ftg_rule)rule)[0], '\0');
		cr_expect_neq(ftg_rule_cure((enum ftg_rule)rule)[0], '\0');
	}
	cr_expect_str_eq(ftg_rule_name(FTG_RULES), "");
	cr_expect_str_eq(ftg_rule_cure(FTG_RULES), "");
}
