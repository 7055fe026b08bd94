/* ftgate-msg new: a translation to begin with, whose header is filled in. */
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "language_table.h"
#include "pot.h"

#include "msg.h"

struct request {
	const char *language;
	const char *translator;
	const struct language_row *row;
};

static void
set_language(struct request *request, const char *language, struct argp_state *state)
{
	if (request->language)
		argp_usage(state);
	if (!ftg_language_valid(language) || strpbrk(language, ".-"))
		argp_error(
		    state, _("'%s' is not the name of a language; examples are nl, pt_BR and sr@latin"), language);
	request->language = language;
	request->row = language_find(language);
}

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case 't': request->translator = arg; return 0;
	case ARGP_KEY_ARG: set_language(request, arg, state); return 0;
	case ARGP_KEY_NO_ARGS: argp_error(state, "%s", _("a language is missing")); return EINVAL;
	default: return ARGP_ERR_UNKNOWN;
	}
}

/* NAME <ADDRESS> of the user, as far as the system knows them; else what a template has there. */
static const char *
translator(const struct request *request, char *room, size_t size)
{
	const struct passwd *user = getpwuid(getuid());
	const char *name = user ? user->pw_gecos : "", *address = getenv("EMAIL");
	int n = (int)strcspn(name, ",");

	if (request->translator)
		return request->translator;
	snprintf(room, size, "%.*s <%s>", n > 0 ? n : 9, n > 0 ? name : "FULL NAME",
	    address && *address ? address : "EMAIL@ADDRESS");
	return room;
}

/* Prints a header field. Control characters in a name from outside become question marks. */
static void
print_field_line(const char *name, const char *value)
{
	printf("\"%s: ", name);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			putchar('\\');
		putchar((unsigned char)*value < 0x20 || *value == 0x7F ? '?' : *value);
	}
	printf("\\n\"\n");
}

static void
print_title(const struct request *request, const char *author, int year)
{
	printf("# Replies of ftgate in %s%s.\n", request->row->english,
	    strcmp(request->row->name, request->language) != 0 && strchr(request->language, '@') ? " (Latin script)"
	                                                                                         : "");
	printf("# This file is distributed under the same license as ftgate.\n# ");
	for (; *author; author++)
		putchar((unsigned char)*author < 0x20 || *author == 0x7F ? '?' : *author);
	printf(", %d.\n#\n", year);
}

static void
print_header(const struct request *request)
{
	char date[32] = "", room[256];
	const char *author = translator(request, room, sizeof room);
	time_t now = time(NULL);
	struct tm local;

	localtime_r(&now, &local);
	strftime(date, sizeof date, "%Y-%m-%d %H:%M%z", &local);
	print_title(request, author, local.tm_year + 1900);
	printf("msgid \"\"\nmsgstr \"\"\n");
	print_field_line("Project-Id-Version", "ftgate " FTG_VERSION);
	print_field_line("Report-Msgid-Bugs-To", "https://github.com/ftgate/ftgate/issues");
	print_field_line("PO-Revision-Date", date);
	print_field_line("Last-Translator", author);
	print_field_line("Language-Team", request->row->english);
	print_field_line("Language", request->language);
	print_field_line("MIME-Version", "1.0");
	print_field_line("Content-Type", "text/plain; charset=UTF-8");
	print_field_line("Content-Transfer-Encoding", "8bit");
	print_field_line("Plural-Forms", request->row->plural_forms);
}

int
msg_new(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "translator", 't', N_("NAME <ADDRESS>"), 0,
		    N_("who translates; default: the name of the user, and the variable EMAIL of the environment"), 0 },
		{ 0 },
	};
	static const char doc[] = N_(
	    "Prints a translation to begin with: all entries, and a header with the plural rule of the language. LANGUAGE is "
	    "the name of a locale: nl, pt_BR, sr@latin.");
	static const struct argp argp = { options, parse, N_("LANGUAGE"), doc, NULL, NULL, TOOLS_DOMAIN };
	struct request request = { 0 };

	options_parse(&argp, argc, argv, 0, &request);
	charset_write_data();
	if (!request.row) {
		complain_of_word(language_nearest(request.language),
		    _("the plural rule of '%s' is not known; begin with po/ftgate.pot"), request.language);
		return MSG_FINDINGS;
	}
	print_header(&request);
	pot_print_entries((unsigned)strtoul(strchr(request.row->plural_forms, '=') + 1, NULL, 10));
	return MSG_FINE;
}
