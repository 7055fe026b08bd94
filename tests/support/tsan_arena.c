/*
 * Lets Criterion run under the thread sanitizer. Criterion shares an arena between its processes, at a random address
 * from 0x200000000000 to 0x7f0000000000; the sanitizer keeps most of that for itself. These two functions of the C library
 * move the arena to where the sanitizer has application memory, and there is nothing else, on x86-64.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>

#define ARENA_BEGIN  UINT64_C(0x200000000000)
#define MEMORY_BEGIN UINT64_C(0x7e8000000000)
#define MEMORY_LEN   UINT64_C(0x6000000000)

static int
is_reserved(const void *address)
{
	return (uintptr_t)address >= ARENA_BEGIN && (uintptr_t)address < MEMORY_BEGIN;
}

__attribute__((visibility("default"))) void *mmap64(
    void *address, size_t len, int protection, int flags, int file, off_t offset);

void *
mmap64(void *address, size_t len, int protection, int flags, int file, off_t offset)
{
	void *(*real)(void *, size_t, int, int, int, off_t);
	*(void **)&real = dlsym(RTLD_NEXT, "mmap64");
	if ((flags & MAP_FIXED) != 0 && (flags & MAP_SHARED) != 0 && is_reserved(address))
		address = (void *)(MEMORY_BEGIN + (uintptr_t)address % MEMORY_LEN);
	return real(address, len, protection, flags, file, offset);
}

/* Criterion asks it whether an address is free. */
__attribute__((visibility("default"))) int
mincore(void *address, size_t len, unsigned char *resident)
{
	int (*real)(void *, size_t, unsigned char *);
	*(void **)&real = dlsym(RTLD_NEXT, "mincore");
	if (!is_reserved(address))
		return real(address, len, resident);
	errno = ENOMEM;
	return -1;
}
