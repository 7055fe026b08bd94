/* ftgate.conf(5): each setting of the tables once, with its kind, limits and default, and no other. */
#include "config/quantity.h"
#include "config/section.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { FACTS_SIZE = 200, ENTRIES_MAX = 400, PAGE_SIZE = 1 << 18 };

/* A setting of the page: what stands in parentheses behind its name. */
struct entry {
	const struct section *section;
	char name[40];
	char facts[FACTS_SIZE];
};

static struct entry entries[ENTRIES_MAX];
static unsigned count;

/* A title that is the name of a section begins it; other titles hold settings outside of any section. */
static const struct section *
section_of_title(const char *title)
{
	const struct section *found = section_find(title);
	return found != NULL ? found : &section_server;
}

static void
read_page(void)
{
	static char page[PAGE_SIZE];
	const struct section *section = NULL;
	FILE *file = fopen(TESTS_DIR "/../man/ftgate.conf.5", "r");
	cr_assert_not_null(file);
	page[fread(page, 1, sizeof page - 1, file)] = '\0';
	fclose(file);
	count = 0;
	for (char *rest = page, *line; (line = strsep(&rest, "\n")) != NULL;) {
		struct entry *entry = &entries[count];
		if (strncmp(line, ".Sh ", 4) == 0)
			section = strcmp(line, ".Sh SETTINGS") == 0 ? &section_server : NULL;
		else if (section != NULL && strncmp(line, ".Ss ", 4) == 0)
			section = section_of_title(line + 4);
		else if (section != NULL && sscanf(line, ".It Cm %39s Pq %199[^\n]", entry->name, entry->facts) == 2) {
			entry->section = section;
			count++;
			cr_assert_lt(count, ENTRIES_MAX);
		}
	}
}

static void
put_words(char facts[FACTS_SIZE], const char *words)
{
	for (size_t len; (len = strcspn(words, " ")) > 0; words += len + (words[len] == ' ')) {
		const char *after = words[len] == '\0' ? "" : strchr(words + len + 1, ' ') == NULL ? " or " : ", ";
		size_t used = strlen(facts);
		snprintf(facts + used, FACTS_SIZE - used, "%.*s%s", (int)len, words, after);
	}
}

static void
put_quantity(char facts[FACTS_SIZE], const struct setting *setting)
{
	static const char *const kinds[] = { "number", "size", "time" };
	static const enum unit units[] = { UNIT_COUNT, UNIT_SIZE, UNIT_TIME };
	const enum unit unit = units[setting->kind];
	char least[QUANTITY_SIZE], most[QUANTITY_SIZE], standard[QUANTITY_SIZE] = "";
	quantity_write(least, unit, setting->least);
	quantity_write(most, unit, setting->most);
	if (setting->standard >= setting->least)
		quantity_write(standard, unit, setting->standard);
	snprintf(facts, FACTS_SIZE, "%s from %s to %s; default %s", kinds[setting->kind], least, most, standard);
}

/* What the facts of the page must begin with, and whether that is all of them. */
static bool
put_facts(char facts[FACTS_SIZE], const struct setting *setting)
{
	facts[0] = '\0';
	switch (setting->kind) {
	case SETTING_SWITCH:
		snprintf(facts, FACTS_SIZE, "yes or no; default %s", setting->standard ? "yes" : "no");
		return true;
	case SETTING_WORD:
		put_words(facts, setting->words);
		snprintf(facts + strlen(facts), FACTS_SIZE - strlen(facts), "; default %.*s",
		    (int)strcspn(setting->words, " "), setting->words);
		return true;
	case SETTING_CHOICE:
		put_words(facts, setting->words);
		snprintf(facts + strlen(facts), FACTS_SIZE - strlen(facts), "; default ");
		return false;
	case SETTING_TEXT: return false;
	default: put_quantity(facts, setting); return setting->standard >= setting->least;
	}
}

static void
expect_facts(const struct section *section, const struct setting *setting, const char *found)
{
	char facts[FACTS_SIZE];
	if (put_facts(facts, setting))
		cr_expect_str_eq(found, facts, "%s %s", section->name, setting->name);
	else
		cr_expect_eq(strncmp(found, facts, strlen(facts)), 0, "%s %s: '%s', not '%s...'", section->name,
		    setting->name, found, facts);
	if (setting->kind == SETTING_TEXT)
		cr_expect_not_null(strstr(found, section_is_needed(setting) ? "; required" : "; default "),
		    "%s %s: '%s'", section->name, setting->name, found);
}

static void
expect_section(const struct section *section)
{
	for (unsigned i = 0; i < section->count; i++) {
		unsigned found = 0;
		for (unsigned k = 0; k < count; k++)
			if (entries[k].section == section && strcmp(entries[k].name, section->settings[i].name) == 0) {
				expect_facts(section, &section->settings[i], entries[k].facts);
				found++;
			}
		cr_expect_eq(found, 1, "%s %s stands %u times in ftgate.conf(5)", section->name,
		    section->settings[i].name, found);
	}
}

Test(settings_page, each_setting_stands_once_with_its_kind_limits_and_default)
{
	read_page();
	expect_section(&section_server);
	for (unsigned i = 0; i < section_count; i++)
		expect_section(&sections[i]);
}

Test(settings_page, each_entry_is_a_setting)
{
	read_page();
	cr_expect_gt(count, 50);
	for (unsigned k = 0; k < count; k++)
		cr_expect_not_null(section_setting(entries[k].section, entries[k].name), "%s %s is no setting",
		    entries[k].section->name, entries[k].name);
}
