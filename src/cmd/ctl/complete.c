/* Completion of a command line by a shell, from the tables that the help is made of. */
#include "cmd/ctl/complete.h"

#include <fcntl.h>
#include <ftgate/reply.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/text/ascii.h"
#include "cmd/ctl/ctl.h"
#include "cmd/ctl/text.h"
#include "cmd/msg/language_table.h"
#include "cmd/options.h"
#include "cmd/output/terminal.h"

enum { WORDS_MAX = 64, PLACE_SIZE = 32, LINE_SIZE = 1024 };

/* A command line without its options, and the options that name the data folder. */
struct line {
	const char *words[WORDS_MAX], *folder[5];
	size_t count, folders;
};

static void
print_all(const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		puts(words[i]);
}

static bool
is_folder_option(const char *word)
{
	return strcmp(word, "--data") == 0 || strcmp(word, "-c") == 0 || strcmp(word, "--config") == 0;
}

/* Sorts the words before the last one. Returns the option whose value that is; NULL: none. */
static const char *
read_line(const struct argp *argp, struct line *line, int count, char **words)
{
	const char *option = NULL;
	for (int i = 0; i + 1 < count; i++) {
		bool has_value = options_needs_next(argp, words[i]);
		option = NULL;
		if (has_value && i + 2 >= count) {
			option = words[i];
		} else if (has_value) {
			if (is_folder_option(words[i]) && line->folders + 2 < 5) {
				line->folder[line->folders++] = words[i];
				line->folder[line->folders++] = words[i + 1];
			}
			i++;
		} else if (words[i][0] == '-' && words[i][1] != '\0') {
			if (strncmp(words[i], "--data=", 7) == 0 || strncmp(words[i], "--config=", 9) == 0)
				line->folder[line->folders < 4 ? line->folders++ : 0] = words[i];
		} else if (line->count < WORDS_MAX) {
			line->words[line->count++] = words[i];
		}
	}
	return option;
}

/* Runs "ftgatectl NOUN list" in this one's place. */
static _Noreturn void
run_list(const struct line *line, const char *noun, int out)
{
	const char *arguments[10] = { "ftgatectl" };
	size_t count = 1;
	for (size_t i = 0; i < line->folders; i++)
		arguments[count++] = line->folder[i];
	arguments[count++] = noun;
	arguments[count++] = "list";
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	dup2(null, STDIN_FILENO);
	dup2(null, STDERR_FILENO);
	dup2(out, STDOUT_FILENO);
	execv("/proc/self/exe", (char **)(uintptr_t)arguments);
	_exit(EX_OSERR);
}

/* Prints the first word of each line that the command list of a noun prints. */
static void
print_records(const struct line *line, const char *noun)
{
	int ends[2];
	char text[LINE_SIZE];
	fflush(stdout);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return;
	pid_t child = fork();
	if (child == 0)
		run_list(line, noun, ends[1]);
	close(ends[1]);
	FILE *from = fdopen(ends[0], "r");
	while (from != NULL && fgets(text, sizeof text, from) != NULL) {
		text[strcspn(text, " \n")] = '\0';
		options_print_word(text);
	}
	if (from != NULL)
		fclose(from);
	if (child > 0)
		waitpid(child, NULL, 0);
}

/* Prints the values of an option. Returns false if it has none that are known. */
static bool
print_values(const struct line *line, const char *option)
{
	if (strcmp(option, "--format") == 0)
		print_all(output_format_names, OUTPUT_FORMATS);
	else if (strcmp(option, "--color") == 0)
		print_all(color_names, COLOR_WHENS);
	else if (strcmp(option, "--server") == 0)
		print_all(ctl_servers, CTL_SERVERS);
	else if (strcmp(option, "--domain") == 0)
		print_records(line, "domain");
	else
		return false;
	return true;
}

/* The values of a setting that are known, NULL behind the last. */
static const char *const *
find_values(const struct record_field *field)
{
	static const char *const none[] = { NULL }, *const flags[] = { "yes", "no", NULL };
	static const char *const recipients[] = { "distinct", "neutral", NULL };
	static const char *const expand[] = { "nobody", "accounts", "anyone", NULL };
	static const char *const post[] = { "anyone", "accounts", "members", NULL };
	switch (field->type) {
	case FIELD_FLAG: return flags;
	case FIELD_RECIPIENTS: return recipients;
	case FIELD_EXPAND: return expand;
	case FIELD_POST: return post;
	default: return none;
	}
}

/* Prints the settings; of the one whose name and "=" the word begins with, the values. */
static void
print_settings(enum record_kind kind, const char *word)
{
	const struct record_field *field;
	size_t len = strcspn(word, "=");
	bool is_named = word[len] == '=';
	for (size_t i = 0; (field = record_field(kind, i)) != NULL; i++) {
		if (!field->settable)
			continue;
		if (!is_named)
			printf("%s=\n", field->name);
		else if (strlen(field->name) == len && strncmp(word, field->name, len) == 0)
			for (const char *const *value = find_values(field); *value != NULL; value++)
				printf("%s=%s\n", field->name, *value);
	}
	if (strncmp(word, "language=", 9) == 0)
		language_print_translated("language=");
}

/*
 * The name of a word in the arguments of a command, of which the last is repeated: "ADDRESS" of "ADDRESS
 * [SETTING=VALUE...]".
 */
static void
find_place(char place[PLACE_SIZE], const char *arguments, size_t index)
{
	const char *at = arguments;
	for (size_t i = 0; i < index && strchr(at, ' ') != NULL; i++)
		at = strchr(at, ' ') + 1;
	at += strspn(at, "[");
	snprintf(place, PLACE_SIZE, "%.*s", (int)strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ="), at);
}

static void
print_place(const struct line *line, const struct command *command, const char *place, const char *word)
{
	static const char *const kinds[] = { "refused", "blacklist", "permitted", "relay" };
	bool is_text = strcmp(command->noun, "text") == 0;
	if (command->run == text_apply)
		return; /* shells complete its file */
	if (strcmp(place, "LANGUAGE") == 0)
		language_print_translated("");
	else if (strcmp(place, "ID") == 0 && !is_text)
		print_records(line, "queue");
	else if (strcmp(place, "ID") == 0)
		for (enum ftg_id id = 0; id < FTG_IDS; id++)
			puts(ftg_row(id)->id);
	else if (strcmp(place, "KIND") == 0)
		print_all(kinds, sizeof kinds / sizeof *kinds);
	else if (strcmp(place, "DOMAIN") == 0 || (strcmp(place, "NAME") == 0 && command->kind == RECORD_DOMAIN))
		print_records(line, "domain");
	else if (strcmp(place, "ADDRESS") == 0 && command->kind < RECORD_KINDS)
		print_records(line, record_noun(command->kind));
	else if (strcmp(place, "TARGET") == 0 || strcmp(place, "MEMBER") == 0)
		print_records(line, "account");
	else if (strcmp(place, "SETTING=VALUE") == 0 && command->kind < RECORD_KINDS)
		print_settings(command->kind, word);
}

static void
print_commands(const struct line *line)
{
	for (size_t i = 0; i < ctl_command_count; i++) {
		const struct command *command = &ctl_commands[i];
		if (line->count == 0 && (i == 0 || strcmp(command->noun, ctl_commands[i - 1].noun) != 0))
			puts(command->noun);
		else if (line->count == 1 && strcmp(line->words[0], command->noun) == 0 && *command->verb != '\0')
			puts(command->verb);
	}
}

int
ctl_complete(const struct argp *argp, int count, char **words)
{
	struct line line = { .count = 0 };
	char place[PLACE_SIZE];
	const char *option = read_line(argp, &line, count, words), *word = count > 0 ? words[count - 1] : "";
	if (option != NULL)
		return print_values(&line, option), EX_OK;
	if (*word == '-')
		options_print(argp);
	else
		print_commands(&line);
	for (size_t i = 0; i < ctl_command_count && *word != '-'; i++) {
		const struct command *command = &ctl_commands[i];
		size_t named = *command->verb == '\0' ? 1 : 2;
		if (line.count < named || strcmp(line.words[0], command->noun) != 0 ||
		    (named == 2 && strcmp(line.words[1], command->verb) != 0) || line.count - named >= command->most)
			continue;
		find_place(place, command->arguments, line.count - named);
		print_place(&line, command, place, word);
	}
	return EX_OK;
}
