/* Sizes of messages and surrogates that names do not tell: counted once, and kept in a file of the Maildir. Blocks. */
#ifndef STORE_MAILDROP_SIZES_H
#define STORE_MAILDROP_SIZES_H

#include "store/maildrop/list.h"

#define DROP_SIZES_NAME "ftgate-pop3.cache"

/*
 * The file holds, in the order of octets of the host, struct sizes_head and then a struct sizes_record for each message,
 * ordered by hash. One that is missing, damaged or too large remembers nothing; it can lie about nothing but sizes.
 */
enum { DROP_SIZES_MAX = 64 << 20 };

#define DROP_SIZES_MAGIC UINT64_C(0x6674676174650002) /* "ftgate", and the number of the form */

struct sizes_head {
	uint64_t magic;
	uint64_t sum; /* hash of the records */
};

struct sizes_record {
	uint64_t hash; /* of the UNIQUE of the message */
	uint64_t size;
	uint64_t surrogate; /* the size of its surrogate; 0: it needs none */
};

/* Sets the sizes that the file has. Returns how many messages still lack one. */
size_t drop_sizes_recall(struct drop_list *list, int maildir);

/* Replaces the file by one with the sizes of all messages whose names lack one. May fail. */
void drop_sizes_remember(const struct drop_list *list, int maildir);

/* The sizes of one message. */
struct drop_count {
	uint64_t size; /* given, or DROP_UNTOLD; and the result */
	uint64_t surrogate;
	uint64_t read; /* octets of the file that were read, and of the surrogate that were made */
};

/*
 * Counts a message of that name in a folder, and its surrogate. If the size is known, only the header is read, unless there
 * is a surrogate. Returns 0, or -1 with errno.
 */
int drop_sizes_count(int folder, const char *name, struct drop_count *count);

/* The part of drop_sizes_recall() that reads what the file holds. The content is aligned as the structs are. */
void drop_sizes_take(struct drop_list *list, const void *content, size_t len);

#endif
