/* A library to preload: system calls below some folders fail, fall short or kill their process, as a shared plan says. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The environment names the folders, with a colon between them, and the file that holds the plan. */
#define FOLDERS "FAULTS_FOLDERS"
#define PLAN    "FAULTS_PLAN"

/* Bits of plan.calls, which test_faults.py knows too. */
enum {
	OPENAT = 1,
	WRITE = 2,
	FSYNC = 4,
	CLOSE = 8,
	LINKAT = 16,
	RENAMEAT = 32,
	MKDIRAT = 64,
	UNLINKAT = 128,
	ENCRYPT = 256, /* of OpenSSL; concerns no folder */
};

/* What strikes, if it is no errno. */
enum { SHORT = -1, KILL_BEFORE = -2, KILL_AFTER = -3 };

static struct plan {
	int32_t calls;  /* that count; 0: nothing strikes */
	int32_t before; /* calls that go well before the one that does not */
	int32_t what;
	int32_t lasts;   /* strikes from then on, not once */
	int32_t struck;  /* times */
	int32_t shown;   /* calls that have given a message its name in new/, or its envelope in the queue */
	int32_t process; /* whose calls count; 0: that of any */
} * plan;
static char folders[2 * PATH_MAX];

static void __attribute__((constructor)) open_plan(void)
{
	const char *path = getenv(PLAN), *below = getenv(FOLDERS);
	int file = path == NULL || below == NULL ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
	if (file < 0)
		return;
	snprintf(folders, sizeof folders, "%s", below);
	plan = mmap(NULL, sizeof *plan, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (plan == MAP_FAILED)
		abort();
	syscall(SYS_close, file);
}

static bool
is_below(int file)
{
	char link[64], target[PATH_MAX];
	snprintf(link, sizeof link, "/proc/self/fd/%d", file);
	long len = syscall(SYS_readlinkat, AT_FDCWD, link, target, sizeof target);
	for (const char *folder = folders, *end; *folder != '\0'; folder = *end == ':' ? end + 1 : end) {
		end = strchrnul(folder, ':');
		if (len >= end - folder && memcmp(target, folder, (size_t)(end - folder)) == 0)
			return true;
	}
	return false;
}

static bool
is_planned(int call)
{
	return plan != NULL && (__atomic_load_n(&plan->calls, __ATOMIC_ACQUIRE) & call) != 0 &&
	    (plan->process == 0 || plan->process == getpid());
}

/* Counts a call, and tells what strikes it; 0: nothing. */
static int
strike(int call, int file)
{
	int error = errno, what = 0;
	if (is_planned(call) && (call == ENCRYPT || is_below(file))) {
		int before = __atomic_fetch_sub(&plan->before, 1, __ATOMIC_ACQ_REL);
		if (before == 0 || (before < 0 && plan->lasts)) {
			__atomic_add_fetch(&plan->struck, 1, __ATOMIC_RELEASE);
			what = plan->what;
		}
	}
	if (what == KILL_BEFORE)
		kill(getpid(), SIGKILL);
	errno = error;
	return what;
}

/* The call has been made, or has failed with an error instead. */
static long
end(int what, long result)
{
	if (what == KILL_AFTER)
		kill(getpid(), SIGKILL);
	return result;
}

static long
failed(int what)
{
	errno = what;
	return -1;
}

static int
open_at(int at, const char *path, int flags, unsigned mode)
{
	int what = strike(OPENAT, at);
	return (int)(what > 0 ? failed(what) : end(what, syscall(SYS_openat, at, path, flags, mode)));
}

int
openat(int at, const char *path, int flags, ...)
{
	va_list arguments;
	va_start(arguments, flags);
	unsigned mode = flags & O_CREAT ? va_arg(arguments, unsigned) : 0;
	va_end(arguments);
	return open_at(at, path, flags, mode);
}

int openat64(int at, const char *path, int flags, ...) __attribute__((alias("openat")));

ssize_t
write(int file, const void *octets, size_t len)
{
	int what = strike(WRITE, file);
	if (what == SHORT)
		len = (len + 1) / 2;
	return what > 0 ? failed(what) : end(what, syscall(SYS_write, file, octets, len));
}

int
fsync(int file)
{
	int what = strike(FSYNC, file);
	return (int)(what > 0 ? failed(what) : end(what, syscall(SYS_fsync, file)));
}

/* As Linux does it, a close that fails has closed. */
int
close(int file)
{
	int what = strike(CLOSE, file);
	long result = end(what, syscall(SYS_close, file));
	return (int)(what > 0 ? failed(what) : result);
}

static void
note_shown(const char *path, long result)
{
	const char *end = strrchr(path, '.');
	bool shows = strstr(path, "/new/") != NULL || (end != NULL && strcmp(end, ".envelope") == 0);
	if (plan != NULL && result == 0 && shows && (plan->process == 0 || plan->process == getpid()))
		__atomic_add_fetch(&plan->shown, 1, __ATOMIC_RELEASE);
}

int
linkat(int from, const char *old, int to, const char *new, int flags)
{
	int what = strike(LINKAT, to);
	if (what > 0)
		return (int)failed(what);
	long result = syscall(SYS_linkat, from, old, to, new, flags);
	note_shown(new, result);
	return (int)end(what, result);
}

int
renameat(int from, const char *old, int to, const char *new)
{
	int what = strike(RENAMEAT, to);
	if (what > 0)
		return (int)failed(what);
	long result = syscall(SYS_renameat2, from, old, to, new, 0);
	note_shown(new, result);
	return (int)end(what, result);
}

int
mkdirat(int at, const char *path, mode_t mode)
{
	int what = strike(MKDIRAT, at);
	return (int)(what > 0 ? failed(what) : end(what, syscall(SYS_mkdirat, at, path, mode)));
}

int
unlinkat(int at, const char *path, int flags)
{
	int what = strike(UNLINKAT, at);
	return (int)(what > 0 ? failed(what) : end(what, syscall(SYS_unlinkat, at, path, flags)));
}

/* Of OpenSSL: 0 is a failure that lasts. */
int SSL_write_ex(void *connection, const void *octets, size_t len, size_t *written);

int
SSL_write_ex(void *connection, const void *octets, size_t len, size_t *written)
{
	int (*next)(void *, const void *, size_t, size_t *);
	*(void **)&next = dlsym(RTLD_NEXT, "SSL_write_ex");
	return strike(ENCRYPT, -1) != 0 || next == NULL ? 0 : next(connection, octets, len, written);
}
