/* Reads the rules for forbidden content. */
#include "message/content_rules.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/file.h"
#include "base/text/ascii.h"
#include "base/text/glob.h"
#include "base/text/translate.h"
#include "message/content_rules_internal.h"
#include "message/mime_field.h"

enum { FAULT_SIZE = 256 };

struct reading {
	const char *path;
	config_report *report;
	void *context;
	unsigned line, faults;
	struct content_rules *rules;
};

static void __attribute__((format(printf, 2, 3))) fault(struct reading *reading, const char *format, ...)
{
	char text[FAULT_SIZE];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	reading->faults++;
	reading->report(reading->context, reading->path, reading->line, text);
}

/* Takes a word off the text, and the blanks behind it. */
static char *
take_word(char **text)
{
	char *word = *text;
	size_t len = strcspn(word, " \t");
	*text = word + len + strspn(word + len, " \t");
	word[len] = '\0';
	return word;
}

static void
read_globs(struct reading *reading, struct rule *rule, char *text)
{
	rule->globs = strdup(text);
	if (rule->globs == NULL)
		fault(reading, _("memory is out"));
	else if (*text == '\0')
		fault(reading, _("there is no pattern after '%s'; write one such as *.exe or application/zip"),
		    rule->kind == RULE_NAME ? "name" : "type");
}

static void
compile(struct reading *reading, struct rule *rule, const char *pattern, size_t len, uint32_t options)
{
	int error;
	PCRE2_SIZE at;
	PCRE2_UCHAR why[FAULT_SIZE / 2];
	options |= PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C;
	rule->pattern = pcre2_compile((PCRE2_SPTR)pattern, len, options, &error, &at, NULL);
	if (rule->pattern != NULL)
		return;
	pcre2_get_error_message(error, why, sizeof why);
	fault(reading, _("octet %zu of the pattern /%.60s/: %s"), (size_t)at + 1, pattern, (const char *)why);
}

static void
read_header(struct reading *reading, struct rule *rule, char *text)
{
	read_globs(reading, rule, take_word(&text));
	char *end = strrchr(text, '/');
	if (*text != '/' || end == text) {
		fault(reading, _("'%.40s' is not a pattern; write header Subject /PATTERN/, or /PATTERN/i"), text);
		return;
	}
	*end = '\0';
	if (end[1] != '\0' && strcmp(end + 1, "i") != 0)
		fault(reading, _("'%.40s' behind the pattern should be i, or nothing"), end + 1);
	else
		compile(reading, rule, text + 1, strlen(text + 1), end[1] == 'i' ? PCRE2_CASELESS : 0);
}

static const struct kind {
	const char *name;
	void (*read)(struct reading *reading, struct rule *rule, char *text);
} kinds[RULE_KINDS] = {
	[RULE_NAME] = { "name", read_globs },
	[RULE_TYPE] = { "type", read_globs },
	[RULE_HEADER] = { "header", read_header },
};

static struct rule *
add_rule(struct reading *reading, enum rule_kind kind)
{
	struct content_rules *rules = reading->rules;
	if (rules->count == CONTENT_RULES_MAX) {
		fault(reading, _("more than %d rules: put patterns of a kind in one line"), CONTENT_RULES_MAX);
		return NULL;
	}
	struct rule *grown = reallocarray(rules->rules, rules->count + 1, sizeof *grown);
	if (grown == NULL) {
		fault(reading, _("memory is out"));
		return NULL;
	}
	rules->rules = grown;
	rules->has[kind] = true;
	struct rule *rule = &grown[rules->count++];
	*rule = (struct rule) { .kind = kind };
	snprintf(rule->cause, sizeof rule->cause, "line %u", reading->line);
	return rule;
}

static void
read_line(struct reading *reading, char *line)
{
	char *text = line + strspn(line, " \t");
	size_t len = strlen(text);
	while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
		text[--len] = '\0';
	if (*text == '\0' || *text == '#')
		return;
	const char *word = take_word(&text);
	for (enum rule_kind kind = 0; kind < RULE_KINDS; kind++) {
		if (strcmp(word, kinds[kind].name) != 0)
			continue;
		struct rule *rule = add_rule(reading, kind);
		if (rule != NULL)
			kinds[kind].read(reading, rule, text);
		return;
	}
	fault(reading, _("there is no rule '%.40s'; write name, type or header"), word);
}

static void
read_lines(struct reading *reading, FILE *file)
{
	char line[CONTENT_LINE_MAX + 2];
	while (reading->faults < 20 && fgets(line, sizeof line, file) != NULL) {
		reading->line++;
		if (strlen(line) > CONTENT_LINE_MAX) {
			fault(reading, _("the line is longer than %d octets; make two of it"), CONTENT_LINE_MAX);
			return;
		}
		read_line(reading, line);
	}
	reading->line = 0;
	if (ferror(file))
		fault(reading, "%s", strerror(errno));
}

struct content_rules *
content_rules_read(const char *path, config_report *report, void *context)
{
	struct reading reading = { .path = path, .report = report, .context = context };
	const char *why;
	FILE *file = file_open(path, &why);
	reading.rules = calloc(1, sizeof *reading.rules);
	mime_field_prepare();
	if (file == NULL)
		fault(&reading, "%s", why);
	else if (reading.rules == NULL)
		fault(&reading, _("memory is out"));
	else
		read_lines(&reading, file);
	if (file != NULL)
		fclose(file);
	if (reading.faults == 0)
		return reading.rules;
	content_rules_free(reading.rules);
	return NULL;
}

void
content_rules_free(struct content_rules *rules)
{
	if (rules == NULL)
		return;
	for (size_t i = 0; i < rules->count; i++) {
		free(rules->rules[i].globs);
		pcre2_code_free(rules->rules[i].pattern);
	}
	free(rules->rules);
	free(rules);
}

bool
rule_globs_match(const struct rule *rule, const char *text)
{
	size_t len = strlen(text);
	for (const char *glob = rule->globs; *glob != '\0';) {
		size_t glob_len = strcspn(glob, " \t");
		if (glob_match(glob, glob_len, text, len))
			return true;
		glob += glob_len + strspn(glob + glob_len, " \t");
	}
	return false;
}
