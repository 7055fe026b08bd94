/* The size of the surrogate of a message in a file. Blocks. */
#ifndef STORE_SURROGATE_SIZE_H
#define STORE_SURROGATE_SIZE_H

#include <stdint.h>

/*
 * Counts the octets of the surrogate (RFC 6858) of the message in a file, with CRLF line ends and without stuffed dots; 0 if
 * it needs none. Returns 0, or -1 with errno.
 */
int surrogate_size(int file, uint64_t *size);

#endif
