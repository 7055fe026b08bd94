/* The options of a command line. */
#include "cmd/options.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/ascii.h"
#include "base/text/nearest.h"
#include "base/text/printable.h"
#include "base/text/translate.h"

void
options_each(const struct argp *argp, option_fn *call, void *context)
{
	const struct argp_option *option = argp->options;
	for (; option != NULL && (option->name != NULL || option->key != 0 || option->doc != NULL); option++)
		if (!(option->flags & OPTION_DOC))
			call(context, option, argp->argp_domain);
	for (const struct argp_child *child = argp->children; child != NULL && child->argp != NULL; child++)
		options_each(child->argp, call, context);
}

/* A word of the command line, and what is known of it. */
struct search {
	const char *word;
	size_t len; /* octets of the name in the word */
	struct nearest nearest;
	bool found, takes_value, has_h;
};

static bool
needs_value(const struct argp_option *option)
{
	return option->arg != NULL && !(option->flags & OPTION_ARG_OPTIONAL);
}

/* Long options can be shortened, as getopt_long(3) allows. */
static void
match(void *context, const struct argp_option *option, const char *domain)
{
	struct search *search = context;
	(void)domain;
	search->has_h = search->has_h || option->key == 'h';
	if (search->word[1] != '-') {
		if (option->key == search->word[1] && search->word[2] == '\0')
			search->takes_value = needs_value(option);
	} else if (option->name != NULL) {
		nearest_try(&search->nearest, option->name);
		if (strncmp(option->name, search->word + 2, search->len) != 0)
			return;
		search->found = true;
		search->takes_value = needs_value(option) && search->word[2 + search->len] == '\0';
	}
}

static void
find_option(const struct argp *argp, struct search *search)
{
	static const struct argp_option added[] = { { "help", 0, NULL, 0, NULL, 0 }, { "usage", 0, NULL, 0, NULL, 0 },
		{ "version", 0, NULL, 0, NULL, 0 } };
	options_each(argp, match, search);
	for (size_t i = 0; i < sizeof added / sizeof *added; i++)
		match(search, &added[i], NULL);
}

/* Finds the option that a word names, which may be shortened or followed by "=" and its value. */
static void
find_word(const struct argp *argp, struct search *search, char name[NEAREST_MAX + 2])
{
	bool is_long = search->word[1] == '-';
	search->len = is_long ? strcspn(search->word + 2, "=") : 0;
	snprintf(name, NEAREST_MAX + 2, "%.*s", (int)search->len, is_long ? search->word + 2 : "");
	search->nearest.word = name;
	find_option(argp, search);
}

bool
options_needs_next(const struct argp *argp, const char *word)
{
	char name[NEAREST_MAX + 2];
	struct search search = { .word = word };
	if (word[0] == '-' && word[1] != '\0')
		find_word(argp, &search, name);
	return search.takes_value;
}

/* Reports an option that is near to one that there is. Of others getopt says that they are unknown. */
static void
refuse(const struct argp *argp, const struct search *search)
{
	char hint[NEAREST_HINT_SIZE], best[NEAREST_MAX + 3], *name = program_invocation_short_name;
	if (search->nearest.best == NULL)
		return;
	snprintf(best, sizeof best, "--%s", search->nearest.best);
	nearest_hint(hint, best);
	/* TRANSLATORS: an option; "; did you mean '--json'?" */
	printable_print(stderr, _("%s: unknown option '%s'%s\n"), name, search->word, hint);
	argp_help(argp, stderr, ARGP_HELP_SEE, name);
	exit(argp_err_exit_status);
}

static bool completes;

void
options_complete(void)
{
	completes = true;
}

void
options_print_word(const char *word)
{
	static const char plain[] = "@._-+=:#";
	bool is_catch_all = strncmp(word, "*@", 2) == 0;
	bool is_plain = is_catch_all || (unsigned char)*word >= 0x80 || ascii_is_alnum(*word) || *word == '_';
	for (const char *c = word + is_catch_all; *c != '\0' && is_plain; c++)
		is_plain = (unsigned char)*c >= 0x80 || ascii_is_alnum(*c) || strchr(plain, *c) != NULL;
	if (is_plain)
		puts(word);
}

static void
print_option(void *context, const struct argp_option *option, const char *domain)
{
	(void)context;
	(void)domain;
	if (option->name != NULL && !(option->flags & OPTION_HIDDEN))
		printf("--%s%s\n", option->name, needs_value(option) ? "=" : "");
}

void
options_print(const struct argp *argp)
{
	options_each(argp, print_option, NULL);
	puts("--help\n--usage\n--version");
}

static const struct argp *common;

void
options_add(const struct argp *options)
{
	common = options;
}

static error_t
pass_input(int key, char *argument, struct argp_state *state)
{
	(void)argument;
	if (key != ARGP_KEY_INIT)
		return ARGP_ERR_UNKNOWN;
	state->child_inputs[0] = state->input;
	state->child_inputs[1] = NULL;
	return 0;
}

static void
parse_all(const struct argp *argp, int argc, char **argv, unsigned flags, void *input)
{
	static char help[] = "--help";
	if (completes) {
		options_print(argp);
		exit(EXIT_SUCCESS);
	}
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		char name[NEAREST_MAX + 2];
		struct search search = { .word = argv[i] };
		if (argv[i][0] != '-' || argv[i][1] == '\0')
			continue;
		find_word(argp, &search, name);
		if (strcmp(argv[i], "-h") == 0 && !search.has_h)
			argv[i] = help;
		else if (argv[i][1] == '-' && !search.found)
			refuse(argp, &search);
		i += search.takes_value;
	}
	argp_parse(argp, argc, argv, flags, NULL, input);
}

void
options_parse(const struct argp *argp, int argc, char **argv, unsigned flags, void *input)
{
	const struct argp_child both[] = { { argp, 0, NULL, 0 }, { common, 0, NULL, -1 }, { 0 } };
	const struct argp whole = { .parser = pass_input, .children = both, .argp_domain = argp->argp_domain };
	parse_all(common != NULL ? &whole : argp, argc, argv, flags, input);
}
