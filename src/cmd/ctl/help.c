/* The list of commands and settings in the help of ftgatectl. */
#include <stdio.h>
#include <stdlib.h>

#include "cmd/ctl/ctl.h"

static void
put_settings(FILE *out, enum record_kind kind, const char *noun)
{
	const struct record_field *field;
	fprintf(out, "\nSettings of %s:\n", noun);
	for (size_t i = 0; (field = record_field(kind, i)) != NULL; i++)
		if (field->settable)
			fprintf(out, "  %-18s %s\n", field->name, field->help);
}

char *
ctl_help(void)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	if (out == NULL)
		return NULL;
	fputs("Commands:\n", out);
	for (size_t i = 0; i < ctl_command_count; i++) {
		const struct command *command = &ctl_commands[i];
		fprintf(out, "  %s%s%s %s\n      %s\n", command->noun, *command->verb == '\0' ? "" : " ", command->verb,
		    command->arguments, command->help);
	}
	put_settings(out, RECORD_DOMAIN, "a domain");
	put_settings(out, RECORD_ACCOUNT, "an account");
	put_settings(out, RECORD_LIST, "a list");
	put_settings(out, RECORD_ACCESS, "an access entry");
	fputs("\nKinds of access:\n"
	      "  refused, relay          of networks\n"
	      "  blacklist, permitted    of networks, and of senders' addresses and domains\n",
	    out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}
