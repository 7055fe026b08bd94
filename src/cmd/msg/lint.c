/* ftgate-msg lint: checks catalogues, each in a process of its own. */
#include "lint.h"
#include "language_table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CPU_SECONDS = 20 };

struct request {
	struct lint_options options;
	bool werror;
	char **files;
	size_t count;
};

static enum lint_format
parse_format(const char *name, struct argp_state *state)
{
	static const char *const names[] = {
		[LINT_TEXT] = "text",
		[LINT_JSON] = "json",
		[LINT_CSV] = "csv",
		[LINT_GITHUB] = "github",
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i], name) == 0)
			return (enum lint_format)i;
	argp_error(state, _("there is no format '%s'; use text, json, csv or github"), name);
	return LINT_TEXT;
}

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case 'p': request->options.partial = true; return 0;
	case 'f': request->options.format = parse_format(arg, state); return 0;
	case 'w': request->werror = true; return 0;
	case ARGP_KEY_ARGS:
		request->files = state->argv + state->next;
		request->count = (size_t)(state->argc - state->next);
		return 0;
	case ARGP_KEY_NO_ARGS: argp_error(state, "%s", _("a file is missing")); return EINVAL;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static bool
ends_in(const char *path, const char *ending)
{
	size_t n = strlen(path), m = strlen(ending);

	return n > m && strcmp(path + n - m, ending) == 0;
}

/* Whether the file can be read and is small enough. False with errno. */
static bool
readable(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	bool known = fd >= 0 && fstat(fd, &st) == 0;

	if (fd >= 0)
		close(fd);
	if (!known)
		return false;
	errno = !S_ISREG(st.st_mode) ? EINVAL : EFBIG;
	return S_ISREG(st.st_mode) && st.st_size <= LINT_SIZE_MAX;
}

const char *
lint_language(const struct lint *lint)
{
	return lint->language ? lint->language : "";
}

/* An operator's own catalogue has only the texts that the operator changes. */
static bool
is_own(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strncmp(slash ? slash + 1 : path, "ftgate-local", strlen("ftgate-local")) == 0;
}

_Noreturn static void
check(const char *path, const struct lint_options *options, struct tally *tally)
{
	struct rlimit limit = { CPU_SECONDS, CPU_SECONDS };
	struct lint lint = { .path = path, .options = *options, .tally = tally };

	setrlimit(RLIMIT_CPU, &limit);
	lint.own = is_own(path);
	lint.options.partial = options->partial || lint.own;
	lint.template = ends_in(path, ".pot");
	lint.language = language_of_path(path);
	if (ends_in(path, ".mo") || ends_in(path, ".gmo"))
		lint_mo(&lint);
	else
		lint_po(&lint);
	lint_report(&lint);
	_exit(0);
}

bool
lint_file(const char *path, const struct lint_options *options, struct tally *tally)
{
	struct tally *shared;
	pid_t child;

	if (!readable(path))
		return false;
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return false;
	fflush(NULL);
	child = fork();
	if (child == 0)
		check(path, options, shared);
	while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
		continue;
	*tally = *shared;
	munmap(shared, sizeof *shared);
	return child > 0;
}

static void
add(struct tally *sum, const struct tally *tally)
{
	sum->errors += tally->errors;
	sum->warnings += tally->warnings;
	sum->printed += tally->printed;
}

static int
check_all(const struct request *request, struct tally *sum)
{
	int status = MSG_FINE;

	for (size_t i = 0; i < request->count; i++) {
		struct tally tally = { 0 };
		struct lint_options options = request->options;

		options.continued = sum->printed > 0;
		if (!lint_file(request->files[i], &options, &tally)) {
			complain_errno(request->files[i]);
			status = MSG_TROUBLE;
			continue;
		}
		if (!tally.done) {
			complain(_("%s: the check did not finish"), request->files[i]);
			tally.errors++;
		}
		add(sum, &tally);
	}
	if (status == MSG_FINE && (sum->errors > 0 || (request->werror && sum->warnings > 0)))
		status = MSG_FINDINGS;
	return status;
}

static void
print_summary(enum lint_format format, size_t files, const struct tally *sum)
{
	if (format == LINT_JSON) {
		printf("],\n\"files\":%zu,\"errors\":%u,\"warnings\":%u}\n", files, sum->errors, sum->warnings);
		return;
	}
	if (format == LINT_CSV)
		return;
	printf(ngettext("%zu file: ", "%zu files: ", files), files);
	printf(ngettext("%u error, ", "%u errors, ", sum->errors), sum->errors);
	printf(ngettext("%u warning\n", "%u warnings\n", sum->warnings), sum->warnings);
}

int
msg_lint(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "partial", 'p', NULL, 0,
		    N_("entries may be missing; implied for ftgate-local.po, and if most entries have no text"), 0 },
		{ "format", 'f', N_("FORMAT"), 0,
		    N_("text (the default), json, csv, or github: annotations of a GitHub workflow"), 0 },
		{ "werror", 'w', NULL, 0, N_("exit with 1 also for warnings"), 0 },
		{ 0 },
	};
	static const char doc[] = N_(
	    "Checks translations before a server does, by the code that a server runs, and for what a translator would "
	    "want to know. Each finding is FILE:LINE: error|warning|note: ID: RULE: what is wrong, and its cure.\n\n"
	    "A server refuses a text with an error, alone, and sends the next best; a warning is worth a look. Exit "
	    "status: 0 no errors, 1 errors, 2 misuse, or a file cannot be read.");
	static const struct argp argp = { options, parse, N_("FILE..."), doc, NULL, NULL, TOOLS_DOMAIN };
	struct request request = { 0 };
	struct tally sum = { 0 };
	int status;

	options_parse(&argp, argc, argv, 0, &request);
	if (request.options.format != LINT_TEXT)
		charset_write_data();
	if (request.options.format == LINT_JSON)
		printf("{\"findings\":[");
	if (request.options.format == LINT_CSV)
		lint_print_names();
	status = check_all(&request, &sum);
	print_summary(request.options.format, request.count, &sum);
	return status;
}
