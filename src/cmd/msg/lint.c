/* ftgate-msg lint: checks catalogues, each in a process of its own. */
#include "lint.h"

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
	bool partial;
	bool werror;
	char **files;
	size_t count;
};

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct request *request = state->input;

	(void)arg;
	switch (key) {
	case 'p': request->partial = true; return 0;
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

/* The language in a path, LL/LC_MESSAGES/DOMAIN.po or LL.po; NULL if there is none. The caller frees it. */
static char *
language_of(const char *path)
{
	static const char folder[] = "/LC_MESSAGES/";
	const char *end = strstr(path, folder), *start = path;
	char *language;

	for (const char *p = path; *p && p != end; p++)
		if (*p == '/')
			start = p + 1;
	language = strndup(start, end ? (size_t)(end - start) : strcspn(start, "."));
	/* ast.po is Asturian, but bad.po and old.po are names of files. */
	if (language && ((!end && strcspn(language, "_@") != 2) || !ftg_language_valid(language))) {
		free(language);
		language = NULL;
	}
	return language;
}

/* An operator's own catalogue has only the texts that the operator changes. */
static bool
is_own(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strncmp(slash ? slash + 1 : path, "ftgate-local", strlen("ftgate-local")) == 0;
}

_Noreturn static void
check(const char *path, bool partial, bool quiet, struct tally *tally)
{
	struct rlimit limit = { CPU_SECONDS, CPU_SECONDS };
	struct lint lint = { .path = path, .quiet = quiet, .tally = tally };

	setrlimit(RLIMIT_CPU, &limit);
	lint.partial = partial || is_own(path);
	lint.template = ends_in(path, ".pot");
	lint.language = language_of(path);
	if (ends_in(path, ".mo") || ends_in(path, ".gmo"))
		lint_mo(&lint);
	else
		lint_po(&lint);
	lint_report(&lint);
	_exit(0);
}

bool
lint_file(const char *path, bool partial, bool quiet, struct tally *tally)
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
		check(path, partial, quiet, shared);
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
}

static int
check_all(const struct request *request, struct tally *sum)
{
	int status = MSG_FINE;

	for (size_t i = 0; i < request->count; i++) {
		struct tally tally = { 0 };

		if (!lint_file(request->files[i], request->partial, false, &tally)) {
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
print_summary(size_t files, const struct tally *sum)
{
	printf(ngettext("%zu file: ", "%zu files: ", files), files);
	printf(ngettext("%u error, ", "%u errors, ", sum->errors), sum->errors);
	printf(ngettext("%u warning\n", "%u warnings\n", sum->warnings), sum->warnings);
}

int
msg_lint(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "partial", 'p', NULL, 0,
		    N_("entries may be missing, as in an operator's own file; implied for ftgate-local.po"), 0 },
		{ "werror", 'w', NULL, 0, N_("exit with 1 also for warnings"), 0 },
		{ 0 },
	};
	static const char doc[] = N_(
	    "Checks translations before a server does: gettext's own checks, and every rule that a text must keep. Each "
	    "finding is FILE:LINE: error|warning: ID: RULE: what is wrong, and its cure.\n\n"
	    "A server refuses a text with an error, alone, and sends the next best; a warning is worth a look. Exit "
	    "status: 0 no errors, 1 errors, 2 misuse, or a file cannot be read.");
	static const struct argp argp = { options, parse, N_("FILE..."), doc, NULL, NULL, TOOLS_DOMAIN };
	struct request request = { 0 };
	struct tally sum = { 0 };
	int status;

	argp_parse(&argp, argc, argv, 0, NULL, &request);
	status = check_all(&request, &sum);
	print_summary(request.count, &sum);
	return status;
}
