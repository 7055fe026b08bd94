/* System calls that fail on purpose: a test program linked with --wrap for each of them. */
#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int __real_openat(int folder, const char *path, int flags, ...);
ssize_t __real_write(int file, const void *bytes, size_t len);
int __real_fsync(int file);
int __real_close(int file);
int __real_linkat(int from, const char *old, int to, const char *new, int flags);
int __real_renameat(int from, const char *old, int to, const char *new);
int __wrap_openat(int folder, const char *path, int flags, ...);
ssize_t __wrap_write(int file, const void *bytes, size_t len);
int __wrap_fsync(int file);
int __wrap_close(int file);
int __wrap_linkat(int from, const char *old, int to, const char *new, int flags);
int __wrap_renameat(int from, const char *old, int to, const char *new);

static enum fault_call chosen = FAULT_CALLS;
static int countdown, chosen_error, struck;
static unsigned long longest;
static char trace[4096];
static size_t traced;

void
fault_set(enum fault_call call, int nth, int error)
{
	chosen = call;
	countdown = nth;
	chosen_error = error;
	struck = 0;
}

void
fault_shorten_writes(unsigned long octets)
{
	longest = octets;
}

int
fault_struck(void)
{
	return struck;
}

const char *
fault_trace(void)
{
	static char last[sizeof trace];
	memcpy(last, trace, traced);
	last[traced] = '\0';
	traced = 0;
	return last;
}

/* Notes a call, and tells whether it is to fail. */
static bool
strikes(enum fault_call call)
{
	if (traced < sizeof trace - 1)
		trace[traced++] = "owsclr"[call];
	if (call != chosen || countdown-- != 0)
		return false;
	struck++;
	errno = chosen_error;
	return true;
}

int
__wrap_openat(int folder, const char *path, int flags, ...)
{
	va_list arguments;
	va_start(arguments, flags);
	unsigned mode = flags & O_CREAT ? va_arg(arguments, unsigned) : 0;
	va_end(arguments);
	return strikes(FAULT_OPENAT) ? -1 : __real_openat(folder, path, flags, mode);
}

ssize_t
__wrap_write(int file, const void *bytes, size_t len)
{
	if (strikes(FAULT_WRITE))
		return -1;
	return __real_write(file, bytes, longest > 0 && len > longest ? longest : len);
}

int
__wrap_fsync(int file)
{
	return strikes(FAULT_FSYNC) ? -1 : __real_fsync(file);
}

/* As Linux does it, a close that fails has closed. */
int
__wrap_close(int file)
{
	bool fails = strikes(FAULT_CLOSE);
	int error = errno;
	int result = __real_close(file);
	errno = error;
	return fails ? -1 : result;
}

int
__wrap_linkat(int from, const char *old, int to, const char *new, int flags)
{
	return strikes(FAULT_LINKAT) ? -1 : __real_linkat(from, old, to, new, flags);
}

int
__wrap_renameat(int from, const char *old, int to, const char *new)
{
	return strikes(FAULT_RENAMEAT) ? -1 : __real_renameat(from, old, to, new);
}
