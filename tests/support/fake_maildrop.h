/* A maildrop in memory, in place of the real one: the same few messages for everybody, and troubles on demand. */
#ifndef SUPPORT_FAKE_MAILDROP_H
#define SUPPORT_FAKE_MAILDROP_H

#include "port/maildrop.h"

enum { FAKE_MESSAGES_MAX = 2000 };

/* What a test sets and looks at. */
struct fake_maildrop {
	size_t messages; /* that there are: the three of fake_maildrop.c, then as many like the first */
	size_t block;    /* octets of a message that are read at a time */
	enum maildrop_result open, read, read_on, update;
	size_t opened; /* maildrops that are open now */
	size_t removed;
};

extern struct fake_maildrop fake_maildrop;

void fake_maildrop_standard(void);

#endif
