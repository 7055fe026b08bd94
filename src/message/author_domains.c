/* Finds the domains of the addresses in the From fields of a message. */
#include "message/author_domains.h"

#include <string.h>

#include "base/text/ascii.h"

enum at {
	OUTSIDE,
	BEGUN, /* behind "@" */
	LABEL, /* in a label */
	GAP,   /* in white space or comments behind a label */
	DOT,   /* behind a dot */
};

static bool
is_known(const struct author_domains *authors, const char *name)
{
	for (size_t i = 0; i < authors->count; i++)
		if (strcmp(authors->names[i], name) == 0)
			return true;
	return false;
}

static void
keep(struct author_domains *authors, const char *name)
{
	if (is_known(authors, name))
		return;
	if (authors->count == AUTHOR_DOMAINS_MAX)
		authors->unclear = true;
	else
		memcpy(authors->names[authors->count++], name, strlen(name) + 1);
}

static void
end_domain(struct author_domains *authors)
{
	char name[ADDRESS_DOMAIN_MAX + 1];

	if (authors->at == OUTSIDE)
		return;
	size_t len = authors->len - (authors->at == DOT && authors->len > 1);
	authors->found = true;
	if (address_parse_domain(name, authors->domain, len))
		keep(authors, name);
	else
		authors->unclear = true;
	authors->at = OUTSIDE;
}

static void
add(struct author_domains *authors, char c)
{
	if (authors->len == sizeof authors->domain)
		authors->unclear = true;
	else
		authors->domain[authors->len++] = c;
	authors->at = c == '.' ? DOT : LABEL;
}

static void
read_space(struct author_domains *authors)
{
	if (authors->at == LABEL)
		authors->at = GAP;
}

/* An octet that neither opens nor is within a comment or a quoted text. */
static void
read_open(struct author_domains *authors, char c)
{
	bool special = strchr("()<>[]:;@\\,\"", c) != NULL;

	authors->unclear |= strchr("[]\\)", c) != NULL || (unsigned char)c < ' ' || c == 0x7F;
	if (authors->at == OUTSIDE && c != '@')
		return;
	if (special || (authors->at == GAP && c != '.'))
		end_domain(authors);
	else
		add(authors, c);
	if (c == '@') {
		authors->at = BEGUN;
		authors->len = 0;
	}
}

static void
read_closed(struct author_domains *authors, char c)
{
	authors->hidden |= c == '@';
	if (authors->escaped)
		authors->escaped = false;
	else if (c == '\\')
		authors->escaped = true;
	else if (authors->quoted)
		authors->quoted = c != '"';
	else if (c == '(')
		authors->comment++;
	else if (c == ')')
		authors->comment--;
}

static void
read_octet(struct author_domains *authors, char c)
{
	authors->hidden |= authors->equals && c == '?';
	authors->equals = c == '=';
	if (authors->comment > 0 || authors->quoted) {
		read_closed(authors, c);
	} else if (c == '(') {
		authors->comment = 1;
		read_space(authors);
	} else if (ascii_is_space(c)) {
		read_space(authors);
	} else {
		if (c == '"')
			authors->quoted = true;
		read_open(authors, c);
	}
}

void
author_domains_read(struct author_domains *authors, const char *text, size_t len, bool last)
{
	for (size_t i = 0; i < len; i++)
		read_octet(authors, text[i]);
	if (!last)
		return;
	end_domain(authors);
	authors->unclear |= authors->comment > 0 || authors->quoted || (authors->hidden && !authors->found);
	authors->comment = 0;
	authors->quoted = authors->escaped = authors->found = authors->hidden = authors->equals = false;
}
