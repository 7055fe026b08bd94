/* The source of a message catalogue for gencat(1). */
#include "cmd/msg/export/format.h"
#include "cmd/msg/texts.h"

static void
print_quoted(const char *text, size_t n)
{
	putchar('"');
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '\n')
			fputs("\\n", stdout);
		else
			printf(text[i] == '"' || text[i] == '\\' ? "\\%c" : "%c", text[i]);
	}
	fputs("\"\n", stdout);
}

static void
print_message(const struct ftg_voice *speak, enum ftg_id id, int number)
{
	char text[TEXTS_MAX];
	unsigned forms = texts_forms(speak, id);
	size_t n = texts_source(text, speak, id, forms - 1);

	printf("$ %s\n%d ", ftg_row(id)->id, number);
	print_quoted(text, n);
}

/* gencat requires the messages of a set in the order of their numbers. */
static void
print_set(const struct ftg_voice *speak, int set)
{
	int last = 0, next;

	printf("\n$set %d\n", set);
	do {
		enum ftg_id found = FTG_IDS;

		next = 0;
		for (enum ftg_id id = 0; id < FTG_IDS; id++) {
			int own, number = ftg_catgets_number(id, &own);

			if (number > last && own == set && (next == 0 || number < next)) {
				next = number;
				found = id;
			}
		}
		if (found != FTG_IDS)
			print_message(speak, found, next);
		last = next;
	} while (next > 0);
}

bool
export_catgets(const struct export *export)
{
	const struct ftg_voice *speak = &export->voice.speak;

	printf("$ codeset=UTF-8\n"
	       "$ Replies of ftgate, language %s. Compile it with: gencat ftgate.cat FILE\n"
	       "$ Of plural forms the last stands here: catgets has none.\n"
	       "$quote \"\n",
	    ftg_catalog_tag(speak->catalog, speak->language));
	for (int set = 1; set <= 9; set++) {
		bool used = false;

		for (enum ftg_id id = 0; id < FTG_IDS && !used; id++) {
			int own;

			used = ftg_catgets_number(id, &own) > 0 && own == set;
		}
		if (used)
			print_set(speak, set);
	}
	return true;
}
