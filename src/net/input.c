/* Octets from a client that its session has not taken yet. They may hold passwords: all copies are wiped. */
#include "net/input.h"

#include <stdlib.h>
#include <string.h>

const char *
input_octets(const struct input *input)
{
	return input->octets + input->at;
}

size_t
input_len(const struct input *input)
{
	return input->end - input->at;
}

int
input_keep(struct input *input, const char *octets, size_t len)
{
	if (len == 0)
		return 0;
	input->octets = malloc(len);
	if (input->octets == NULL)
		return -1;
	memcpy(input->octets, octets, len);
	input->at = 0;
	input->end = len;
	return 0;
}

void
input_consume(struct input *input, size_t len)
{
	input->at += len;
	if (input->at == input->end)
		input_clear(input);
}

void
input_clear(struct input *input)
{
	if (input->octets != NULL)
		explicit_bzero(input->octets, input->end);
	free(input->octets);
	input->octets = NULL;
	input->at = input->end = 0;
}
