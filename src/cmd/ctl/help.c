/* The list of commands and settings in the help of ftgatectl. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/translate.h"
#include "base/text/wrap.h"
#include "cmd/ctl/ctl.h"

enum {
	MARGIN = 78, /* octets of a line: argp(3) counts these, and breaks longer lines without an indent */
	HELP_INDENT = 6,
	COMMAND_INDENT = 8,
	SETTING_INDENT = 21,
	KIND_INDENT = 26,
};

/* Writes the parts as a line. */
static void
put_parts(FILE *out, int indent, const char *before, const char *text)
{
	char *line = NULL;
	if (asprintf(&line, "%s%s", before, text) >= 0)
		wrap_write_hanging(out, line, strlen(line), MARGIN, indent);
	free(line);
}

static void
put_settings(FILE *out, enum record_kind kind, const char *title)
{
	const struct record_field *field;
	char name[64];
	fprintf(out, "\n%s\n", title);
	for (size_t i = 0; (field = record_field(kind, i)) != NULL; i++)
		if (field->settable) {
			snprintf(name, sizeof name, "  %-18s ", field->name);
			put_parts(out, SETTING_INDENT, name, _(field->help));
		}
}

/* The command whose help is asked for: a noun, or noun and verb; NULL: all. */
static const char *about_noun, *about_verb;

void
ctl_help_about(int argc, char **argv)
{
	for (int i = 1; i < argc && about_noun == NULL; i++)
		for (size_t k = 0; k < ctl_command_count; k++)
			if (strcmp(argv[i], ctl_commands[k].noun) == 0) {
				about_noun = ctl_commands[k].noun;
				if (i + 1 < argc && strcmp(argv[i + 1], ctl_commands[k].verb) == 0)
					about_verb = ctl_commands[k].verb;
			}
}

static bool
is_shown(const struct command *command)
{
	return (about_noun == NULL || strcmp(about_noun, command->noun) == 0) &&
	    (about_verb == NULL || strcmp(about_verb, command->verb) == 0);
}

/* Settings, if a command is shown that changes records of the kind. */
static void
put_settings_of(FILE *out, enum record_kind kind, const char *title)
{
	if (about_noun == NULL || strcmp(about_noun, record_noun(kind)) == 0)
		put_settings(out, kind, title);
}

static void
put_command(FILE *out, const struct command *command)
{
	char name[64];
	bool has_arguments = *command->arguments != '\0';
	snprintf(name, sizeof name, "  %s%s%s%s", command->noun, *command->verb == '\0' ? "" : " ", command->verb,
	    has_arguments ? " " : "");
	put_parts(out, COMMAND_INDENT, name, has_arguments ? _(command->arguments) : "");
	put_parts(out, HELP_INDENT, "      ", _(command->help));
}

static void
put_kinds(FILE *out)
{
	fprintf(out, "\n%s\n", _("Kinds of access:"));
	put_parts(out, KIND_INDENT, "  refused, relay          ", _("of networks"));
	put_parts(
	    out, KIND_INDENT, "  blacklist, permitted    ", _("of networks, and of senders' addresses and domains"));
}

char *
ctl_help(void)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	if (out == NULL)
		return NULL;
	fprintf(out, "%s\n", _("Commands:"));
	for (size_t i = 0; i < ctl_command_count; i++) {
		const struct command *command = &ctl_commands[i];
		if (!is_shown(command))
			continue;
		put_command(out, command);
	}
	put_settings_of(out, RECORD_DOMAIN, _("Settings of a domain:"));
	put_settings_of(out, RECORD_ACCOUNT, _("Settings of an account:"));
	put_settings_of(out, RECORD_LIST, _("Settings of a list:"));
	put_settings_of(out, RECORD_ACCESS, _("Settings of an access entry:"));
	if (about_noun == NULL || strcmp(about_noun, record_noun(RECORD_ACCESS)) == 0)
		put_kinds(out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}
