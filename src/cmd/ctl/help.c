/* The list of commands and settings in the help of ftgatectl. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/translate.h"
#include "cmd/ctl/ctl.h"

static void
put_settings(FILE *out, enum record_kind kind, const char *title)
{
	const struct record_field *field;
	fprintf(out, "\n%s\n", title);
	for (size_t i = 0; (field = record_field(kind, i)) != NULL; i++)
		if (field->settable)
			fprintf(out, "  %-18s %s\n", field->name, _(field->help));
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
		fprintf(out, "  %s%s%s %s\n      %s\n", command->noun, *command->verb == '\0' ? "" : " ", command->verb,
		    *command->arguments == '\0' ? "" : _(command->arguments), _(command->help));
	}
	put_settings_of(out, RECORD_DOMAIN, _("Settings of a domain:"));
	put_settings_of(out, RECORD_ACCOUNT, _("Settings of an account:"));
	put_settings_of(out, RECORD_LIST, _("Settings of a list:"));
	put_settings_of(out, RECORD_ACCESS, _("Settings of an access entry:"));
	if (about_noun == NULL || strcmp(about_noun, record_noun(RECORD_ACCESS)) == 0)
		fprintf(out, "\n%s\n  refused, relay          %s\n  blacklist, permitted    %s\n",
		    _("Kinds of access:"), _("of networks"), _("of networks, and of senders' addresses and domains"));
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}
