/* Recognises the software or service that wrote a reply by its words. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "foreign.h"
#include "scan.h"

enum { LOOK_MAX = 256 * 1024 }; /* octets of a text that are looked at */

struct words {
	const char *server;
	const char *words;
};

static const struct words servers[] = {
#define SERVER(name, words) { name, words },
#define WRITER(name, words)
#include "servers.def"
#undef SERVER
#undef WRITER
};

static const struct words writers[] = {
#define SERVER(name, words)
#define WRITER(name, words) { name, words },
#include "servers.def"
#undef SERVER
#undef WRITER
};

/* Phrases by which a bounce says that the reply is another server's. */
static const char *const quotations[] = { " said: ", "remote host said", "while talking to",
	"smtp error from remote mail", "remote server returned", "the response from the remote server",
	"the response was:", "remote-mta: dns;" };

/* Lower-case letters and single blanks, so that neither case nor line ends matter. qmail logs "_" for a blank. */
static size_t
put_lower(char *out, const char *text, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		if (!isspace((unsigned char)text[i]) && text[i] != '_')
			out[len++] = (char)tolower((unsigned char)text[i]);
		else if (len > 0 && out[len - 1] != ' ')
			out[len++] = ' ';
	}
	return len;
}

static bool
has(const char *text, size_t n, const char *words)
{
	return memmem(text, n, words, strlen(words)) != NULL;
}

static const char *
find(const struct words *table, size_t rows, const char *text, size_t n)
{
	for (size_t i = 0; i < rows; i++)
		if (has(text, n, table[i].words))
			return table[i].server;
	return NULL;
}

static bool
quotes(const char *text, size_t n)
{
	for (size_t i = 0; i < sizeof quotations / sizeof *quotations; i++)
		if (has(text, n, quotations[i]))
			return true;
	return false;
}

/* qmail and its patches write a status as "(#5.1.1)", at the end of the words. */
static bool
has_qmail_status(const char *text, size_t n)
{
	const char *end = text + n, *p = text;

	while ((p = memmem(p, (size_t)(end - p), "(#", 2)) != NULL) {
		size_t octets = scan_status(text, p + 2, end);

		if (octets > 0 && p + 2 + octets < end && p[2 + octets] == ')')
			return true;
		p += 2;
	}
	return false;
}

const char *
foreign_server(const char *text, size_t n)
{
	const char *server;
	char *lower;

	if (n > LOOK_MAX)
		n = LOOK_MAX;
	lower = malloc(n + 1);
	if (!lower)
		return NULL;
	n = put_lower(lower, text, n);
	server = find(servers, sizeof servers / sizeof *servers, lower, n);
	if (!server && has_qmail_status(lower, n))
		server = "qmail";
	if (!server && !quotes(lower, n))
		server = find(writers, sizeof writers / sizeof *writers, lower, n);
	free(lower);
	return server;
}
