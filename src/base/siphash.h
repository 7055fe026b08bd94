/* SipHash-2-4 (Aumasson and Bernstein, 2012): a hash whose collisions cannot be found without its key. */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/* The hash of len octets under a key, which must be random and secret if collisions must not be found. */
uint64_t siphash(const uint64_t key[2], const void *bytes, size_t len);

#endif
