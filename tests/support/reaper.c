/*
 * Runs a command and, when it has ended, kills every process that it started and left: reaper [--with-caller] COMMAND...
 *
 *     caller - outer reaper - inner reaper - COMMAND - its servers and their workers
 *
 * If COMMAND is killed, the inner reaper adopts its children (PR_SET_CHILD_SUBREAPER) and kills them. If the inner reaper
 * is killed, the outer one does that. If the outer reaper is killed, the inner one gets SIGTERM (PR_SET_PDEATHSIG) and
 * kills everything. With --with-caller the outer reaper gets SIGTERM when its caller dies. The exit status, or the
 * signal, is that of COMMAND. COMMAND gets a TMPDIR of its own, which is removed too, and FTGATE_REAPER in its environment.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STATUS_USAGE = 64, STATUS_OS = 71, STATUS_NOT_FOUND = 127 };

static sigset_t caller_mask;
static char folder[PATH_MAX]; /* TMPDIR of the command */

static void
fail(const char *what)
{
	fprintf(stderr, "reaper: %s: %s\n", what, strerror(errno));
	exit(STATUS_OS);
}

/* Kills a process if it is a child of this one, and reports it if `report` is set and it is not a zombie. */
static void
kill_child(pid_t pid, bool report)
{
	char path[64], line[512], state;
	int parent;

	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return; /* it has ended */
	size_t len = fread(line, 1, sizeof line - 1, file);
	fclose(file);
	line[len] = '\0';
	/* pid (name) state parent ...; the name may hold any octet. */
	const char *name_end = strrchr(line, ')');
	if (name_end == NULL || sscanf(name_end, ") %c %d", &state, &parent) != 2 || parent != getpid())
		return;
	if (report && state != 'Z')
		fprintf(stderr, "reaper: killed a process that was left: %.*s\n", (int)(name_end + 1 - line), line);
	kill(pid, SIGKILL);
}

static void
kill_children(bool report)
{
	DIR *processes = opendir("/proc");
	if (processes == NULL)
		fail("/proc");
	for (struct dirent *entry; (entry = readdir(processes)) != NULL;)
		if (isdigit((unsigned char)entry->d_name[0]))
			kill_child((pid_t)strtol(entry->d_name, NULL, 10), report);
	closedir(processes);
}

/* Gives processes that are about to end a moment to do so. */
static void
await_children(void)
{
	const struct timespec moment = { .tv_nsec = 10 * 1000 * 1000 };
	for (int i = 0; i < 20 && waitpid(-1, NULL, WNOHANG) >= 0; i++)
		nanosleep(&moment, NULL);
}

/* Kills children until none is left; the children of each that ends become children of this process. */
static void
kill_all(bool report)
{
	if (report)
		await_children();
	do
		kill_children(report);
	while (waitpid(-1, NULL, 0) >= 0 || errno == EINTR);
}

/* Makes a folder that programs under other users can enter; what tests put there has rights of its own. */
static void
make_folder(void)
{
	const char *parent = getenv("TMPDIR");
	snprintf(folder, sizeof folder, "%s/ftgate-XXXXXX", parent != NULL ? parent : "/tmp");
	if (mkdtemp(folder) == NULL || chmod(folder, 0755) < 0 || setenv("TMPDIR", folder, 1) < 0)
		fail(folder);
}

static int
remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status, (void)type, (void)walk;
	remove(path);
	return 0;
}

/* Waits until a child ends, or SIGTERM comes. Returns the wait status of the child, or that of a death by SIGTERM. */
static int
wait_for(pid_t child, const sigset_t *signals)
{
	for (;;) {
		if (sigwaitinfo(signals, NULL) == SIGTERM)
			return SIGTERM;
		pid_t ended;
		int status;
		while ((ended = waitpid(-1, &status, WNOHANG)) > 0)
			if (ended == child)
				return status;
	}
}

/* Ends as the child did. */
_Noreturn static void
end_as(int status)
{
	if (WIFSIGNALED(status)) {
		setrlimit(RLIMIT_CORE, &(struct rlimit) { 0 });
		signal(WTERMSIG(status), SIG_DFL);
		sigset_t none;
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		raise(WTERMSIG(status));
	}
	exit(WEXITSTATUS(status));
}

/* Clears the arguments that ps and pkill -f show, so that killing a test by its name does not kill its reapers too. */
static void
hide_arguments(char *argv[])
{
	for (size_t i = 1; argv[i] != NULL; i++)
		memset(argv[i], 0, strlen(argv[i]));
}

/* Forks. Returns in the child, which gets `parent_death` when this process dies; this process ends with the child. */
static void
supervise(int parent_death, bool report, char *argv[])
{
	sigset_t signals;
	pid_t parent = getpid();

	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		fail("cannot adopt orphans");
	pid_t child = fork();
	if (child < 0)
		fail("fork");
	if (child == 0) {
		if (prctl(PR_SET_PDEATHSIG, parent_death) < 0)
			fail("prctl");
		if (getppid() != parent)
			_exit(STATUS_OS);
		return;
	}
	hide_arguments(argv);
	int status = wait_for(child, &signals);
	kill_all(report);
	nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	end_as(status);
}

int
main(int argc, char *argv[])
{
	bool with_caller = argc > 1 && strcmp(argv[1], "--with-caller") == 0;
	char **command = argv + 1 + with_caller;
	/* A terminal sends SIGINT and SIGQUIT to the command too; the reapers end after it. */
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction interrupt, quit;

	if (argc < 2 + with_caller) {
		fprintf(stderr, "usage: reaper [--with-caller] COMMAND [ARGUMENT...]\n");
		return STATUS_USAGE;
	}
	if (sigprocmask(SIG_SETMASK, NULL, &caller_mask) < 0 || sigaction(SIGINT, &ignore, &interrupt) < 0 ||
	    sigaction(SIGQUIT, &ignore, &quit) < 0)
		fail("signals");
	if (with_caller && prctl(PR_SET_PDEATHSIG, SIGTERM) < 0)
		fail("prctl");
	if (setenv("FTGATE_REAPER", "1", 1) < 0)
		fail("setenv");
	make_folder();
	supervise(SIGTERM, false, argv);
	supervise(SIGKILL, true, argv);
	sigaction(SIGINT, &interrupt, NULL);
	sigaction(SIGQUIT, &quit, NULL);
	sigprocmask(SIG_SETMASK, &caller_mask, NULL);
	execvp(command[0], command);
	fprintf(stderr, "reaper: %s: %s\n", command[0], strerror(errno));
	return STATUS_NOT_FOUND;
}
