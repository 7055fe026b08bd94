/* Writes a configuration as a file that sets the same. */
#include <stdio.h>
#include <string.h>

#include "base/text/ascii.h"
#include "config/config.h"
#include "config/quantity.h"

/*
 * May a value stand without quotes? Words, addresses and paths may; text that YAML could parse as another type may not.
 */
static bool
is_plain(const char *text)
{
	for (const char *at = text; *at != '\0'; at++)
		if (!ascii_is_alnum(*at) && strchr("_./+=@", *at) == NULL &&
		    (at == text || strchr("-:*", *at) == NULL || (*at == ':' && at[1] == '\0')))
			return false;
	return *text != '\0';
}

/* In double quotes, as YAML escapes (1.1, section 5.7). UTF-8 is not escaped. */
static void
write_quoted(FILE *to, const char *text)
{
	fputc('"', to);
	for (const char *at = text; *at != '\0'; at++) {
		if (*at == '"' || *at == '\\')
			fprintf(to, "\\%c", *at);
		else if (ascii_is_control(*at))
			fprintf(to, "\\x%02X", (unsigned)*at);
		else
			fputc(*at, to);
	}
	fputc('"', to);
}

static void
write_text(FILE *to, const char *text)
{
	if (is_plain(text))
		fputs(text, to);
	else
		write_quoted(to, text);
}

static void
write_word(FILE *to, const char *words, unsigned number)
{
	for (; number > 0; number--)
		words += strcspn(words, " ") + 1;
	fprintf(to, "%.*s", (int)strcspn(words, " "), words);
}

static void
write_quantity(FILE *to, enum setting_kind kind, int64_t value)
{
	char text[QUANTITY_SIZE];
	quantity_write(text, kind == SETTING_TIME ? UNIT_TIME : kind == SETTING_SIZE ? UNIT_SIZE : UNIT_COUNT, value);
	fputs(text, to);
}

static const char *
text_of(const struct setting *setting, const void *values)
{
	const char *text;
	memcpy(&text, (const char *)values + setting->offset, sizeof text);
	return text;
}

static void
write_value(FILE *to, const struct setting *setting, const void *values)
{
	const void *member = (const char *)values + setting->offset;
	switch (setting->kind) {
	case SETTING_SWITCH: fputs(*(const bool *)member ? "yes" : "no", to); break;
	case SETTING_WORD: write_word(to, setting->words, *(const unsigned char *)member); break;
	case SETTING_CHOICE:
	case SETTING_TEXT: write_text(to, text_of(setting, values)); break;
	default: write_quantity(to, setting->kind, *(const int64_t *)member); break;
	}
}

/* A text that is not set is NULL; a number that is not set may be below what a file may say. */
static bool
is_set(const struct setting *setting, const void *values)
{
	const void *member = (const char *)values + setting->offset;
	switch (setting->kind) {
	case SETTING_SWITCH:
	case SETTING_WORD: return true;
	case SETTING_CHOICE:
	case SETTING_TEXT: return text_of(setting, values) != NULL;
	default: return *(const int64_t *)member >= setting->least;
	}
}

/* Writes the settings that have a value, with the first of them behind lead and the others behind indent. */
static void
write_settings(FILE *to, const struct section *section, const void *values, const char *lead, const char *indent)
{
	for (unsigned i = 0; i < section->count; i++) {
		const struct setting *setting = &section->settings[i];
		if (!is_set(setting, values))
			continue;
		fprintf(to, "%s%s: ", lead, setting->name);
		write_value(to, setting, values);
		fputc('\n', to);
		lead = indent;
	}
}

static void
write_list(FILE *to, const struct config *config, const struct section *section)
{
	const char *items;
	unsigned count;
	memcpy(&items, (const char *)config + section->offset, sizeof items);
	memcpy(&count, (const char *)config + section->number, sizeof count);
	if (count > 0)
		fprintf(to, "%s:\n", section->name);
	for (unsigned i = 0; i < count; i++)
		write_settings(to, section, items + i * section->item, "  - ", "    ");
}

void
config_write(FILE *to, const struct config *config)
{
	write_settings(to, &section_server, config, "", "");
	for (unsigned i = 0; i < section_count; i++) {
		const struct section *section = &sections[i];
		if (section->item != 0) {
			write_list(to, config, section);
			continue;
		}
		fprintf(to, "%s:\n", section->name);
		write_settings(to, section, (const char *)config + section->offset, "  ", "  ");
	}
}
