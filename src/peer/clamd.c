/* ClamAV's clamd: scans a message that is sent to it (INSTREAM, clamd(8)). */
#include "peer/clamd.h"

#include <string.h>

#include "peer/scan_client.h"

enum { ANSWER_MAX = 1024 };

static size_t
put_head(const struct scan_client *client, const struct scan_subject *subject, char *octets, size_t size)
{
	static const char command[] = "zINSTREAM";
	(void)client, (void)subject, (void)size;
	memcpy(octets, command, sizeof command);
	return sizeof command;
}

/* An answer ends with a NUL: one without it has been cut off. */
static bool
read_answer(
    const struct scan_client *client, const char *octets, size_t len, bool ended, struct scan_question *question)
{
	const char *end = len > 0 ? memchr(octets, '\0', len) : NULL;
	(void)client, (void)ended;
	if (end != NULL)
		question->verdict = clamd_answer_read(octets, (size_t)(end - octets), question->text);
	return end != NULL;
}

const struct scan_dialect clamd_dialect = {
	.put_head = put_head,
	.framed = true,
	.answer_max = ANSWER_MAX,
	.read_answer = read_answer,
};
