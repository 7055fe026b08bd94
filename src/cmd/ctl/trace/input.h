/* Reads lines and octets of a descriptor through a buffer of fixed size. */
#ifndef CMD_CTL_TRACE_INPUT_H
#define CMD_CTL_TRACE_INPUT_H

#include <stdbool.h>
#include <stddef.h>

enum { INPUT_SIZE = 256 * 1024, INPUT_LINE_MAX = 64 * 1024 };

struct input {
	int descriptor;
	bool ended, failed;
	size_t start, end;
	char buffer[INPUT_SIZE];
};

/* Begins to read a descriptor, which stays the caller's. */
void input_open(struct input *input, int descriptor);

/* The next line without its line feed, valid until the next call; longer lines are skipped. False at the end or an error. */
bool input_line(struct input *input, const char **text, size_t *len);

/* The next len octets, at most INPUT_LINE_MAX, valid until the next call. NULL: there are fewer. */
const char *input_octets(struct input *input, size_t len);

/* Skips octets; false if there are fewer. */
bool input_skip(struct input *input, unsigned long long len);

#endif
