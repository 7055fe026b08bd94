/* Announces to the directory the recipients of RCPT commands that have arrived but not run yet. */
#include <string.h>

#include "smtp/internal.h"
#include "smtp/lookup_state.h"

enum { AHEAD_MAX = 100 }; /* commands */

static unsigned
less(unsigned number, unsigned by)
{
	return number > by ? number - by : 0;
}

/*
 * Returns how many more RCPT commands no limit stops, whatever the answers are. None after the postmaster: the policy
 * lets that recipient pass, and may refuse others before the directory is asked.
 */
static unsigned
most_ahead(const struct smtp_session *s)
{
	const struct smtp_config *config = s->config;
	unsigned most = less(config->max_recipients, s->envelope.rcpts + 1);

	if (policy_is_postmaster(&s->lookup->recipient.address))
		return 0;
	if (config->max_unknown != 0 && s->envelope.rcpts == 0 && less(config->max_unknown, s->unknown + 1) < most)
		most = less(config->max_unknown, s->unknown + 1);
	return most < AHEAD_MAX ? most : AHEAD_MAX;
}

/*
 * Returns the octets of the command at the start, with its CRLF, if it is RCPT;
 * 0: no more commands are to be looked at.
 */
static size_t
expect_next(struct smtp_session *s, const char *bytes, size_t len)
{
	struct directory *directory = s->config->directory;
	struct line_reader reader = { .limit = SMTP_LINE_MAX };
	struct address address;
	struct line line;

	if (len > SMTP_LINE_MAX)
		len = SMTP_LINE_MAX;
	if (memmem(bytes, len, "\r\n", 2) == NULL)
		return 0;
	size_t taken = line_read(&reader, bytes, len, &line);
	if (line.status != LINE_READY || !command_names_recipient(s, (struct span) { line.text, line.len }, &address))
		return 0;
	directory->ops->expect(directory, &address);
	return taken;
}

void
smtp_session_look_ahead(struct smtp_session *s, const char *bytes, size_t len)
{
	if (s->lookup == NULL || !s->lookup->rcpt_waits || s->config->directory->ops->expect == NULL)
		return;
	size_t at = 0, *ahead = &s->lookup->ahead, seen = *ahead < len ? *ahead : len;
	for (unsigned left = most_ahead(s); left > 0 && at < len; left--) {
		const char *end = at < seen ? memchr(bytes + at, '\n', seen - at) : NULL;
		size_t taken = end != NULL ? (size_t)(end - bytes) + 1 - at : expect_next(s, bytes + at, len - at);
		if (taken == 0)
			break;
		at += taken;
	}
	if (at > *ahead)
		*ahead = at;
}
