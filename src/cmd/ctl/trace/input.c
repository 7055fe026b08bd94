/* Reads lines and octets of a descriptor through a buffer of fixed size. */
#include "cmd/ctl/trace/input.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void
input_open(struct input *input, int descriptor)
{
	input->descriptor = descriptor;
	input->ended = input->failed = false;
	input->start = input->end = 0;
}

/* Reads more behind what is in the buffer, which is moved to its start. False if nothing more comes. */
static bool
fill(struct input *input)
{
	ssize_t got = 0;
	memmove(input->buffer, input->buffer + input->start, input->end - input->start);
	input->end -= input->start;
	input->start = 0;
	if (!input->ended)
		while ((got = read(input->descriptor, input->buffer + input->end, INPUT_SIZE - input->end)) < 0 &&
		    errno == EINTR)
			continue;
	input->failed = input->failed || got < 0;
	input->ended = got <= 0;
	input->end += got > 0 ? (size_t)got : 0;
	return got > 0;
}

/* Reads until the buffer has a line feed behind so many octets, is full or the input has ended. NULL: no line feed. */
static const char *
find_end(struct input *input)
{
	size_t seen = 0;
	for (;;) {
		const char *from = input->buffer + input->start + seen;
		const char *end = memchr(from, '\n', input->end - input->start - seen);
		seen = input->end - input->start;
		if (end != NULL || seen > INPUT_LINE_MAX || !fill(input))
			return end;
	}
}

bool
input_line(struct input *input, const char **text, size_t *len)
{
	bool skipping = false;
	for (;;) {
		const char *end = find_end(input);
		size_t start = input->start, left = input->end - start;
		if (end == NULL && !input->ended) {
			input->start = input->end;
			skipping = true;
			continue;
		}
		*text = input->buffer + start;
		*len = end != NULL ? (size_t)(end - *text) : left;
		input->start = end != NULL ? start + *len + 1 : input->end;
		if (!skipping && *len <= INPUT_LINE_MAX && (end != NULL || left > 0))
			return true;
		if (end == NULL)
			return false;
		skipping = false;
	}
}

const char *
input_octets(struct input *input, size_t len)
{
	while (input->end - input->start < len)
		if (!fill(input))
			return NULL;
	input->start += len;
	return input->buffer + input->start - len;
}

bool
input_skip(struct input *input, unsigned long long len)
{
	while (len > 0) {
		size_t there = input->end - input->start, step = there < len ? there : (size_t)len;
		input->start += step;
		len -= step;
		if (len > 0 && !fill(input))
			return false;
	}
	return true;
}
