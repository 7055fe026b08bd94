/* The list of commands and settings in the help of ftgatectl. */
#include <stdio.h>
#include <stdlib.h>

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
		fprintf(out, "  %s%s%s %s\n      %s\n", command->noun, *command->verb == '\0' ? "" : " ", command->verb,
		    *command->arguments == '\0' ? "" : _(command->arguments), _(command->help));
	}
	put_settings(out, RECORD_DOMAIN, _("Settings of a domain:"));
	put_settings(out, RECORD_ACCOUNT, _("Settings of an account:"));
	put_settings(out, RECORD_LIST, _("Settings of a list:"));
	put_settings(out, RECORD_ACCESS, _("Settings of an access entry:"));
	fprintf(out, "\n%s\n  refused, relay          %s\n  blacklist, permitted    %s\n", _("Kinds of access:"),
	    _("of networks"), _("of networks, and of senders' addresses and domains"));
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}
