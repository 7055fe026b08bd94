/* SipHash-2-4 (Aumasson and Bernstein, 2012): a hash that nobody without its key can make collide. */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t siphash(const uint64_t key[2], const void *bytes, size_t len);

#endif
