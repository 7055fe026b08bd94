/* The answer to EXPN, in parts. */
#include "smtp/members.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE = ADDRESS_TEXT_SIZE + 32 };

struct members {
	size_t left;
	const char *next; /* local part and domain of the next member, each with its NUL */
	char texts[];
};

static size_t
octets_of(const struct address *member)
{
	return strlen(member->local) + strlen(member->domain) + 2;
}

struct members *
members_new(const struct address *members, size_t count)
{
	size_t octets = 0;

	for (size_t i = 0; i < count; i++)
		octets += octets_of(&members[i]);
	struct members *copy = calloc(1, sizeof *copy + octets);
	if (copy == NULL)
		return NULL;
	char *at = copy->texts;
	for (size_t i = 0; i < count; i++) {
		at = stpcpy(at, members[i].local) + 1;
		at = stpcpy(at, members[i].domain) + 1;
	}
	copy->left = count;
	copy->next = copy->texts;
	return copy;
}

void
members_free(struct members *members)
{
	free(members);
}

void
members_send_line(struct session_outlet *outlet, const char *status, const char *local, const char *domain, bool last)
{
	char line[LINE_SIZE], text[ADDRESS_TEXT_SIZE];

	address_write(text, local, domain);
	int len = snprintf(line, sizeof line, "250%c%s<%s>\r\n", last ? ' ' : '-', status, text);
	outlet->send(outlet, line, (size_t)len);
}

bool
members_send(struct members *members, struct session_outlet *outlet, const char *status)
{
	for (size_t sent = 0; sent < MEMBERS_PART && members->left > 0; sent++) {
		const char *local = members->next, *domain = local + strlen(local) + 1;
		members->next = domain + strlen(domain) + 1;
		members->left--;
		members_send_line(outlet, status, local, domain, members->left == 0);
	}
	return members->left > 0;
}
