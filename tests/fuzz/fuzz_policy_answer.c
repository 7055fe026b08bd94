/* Fuzzes the reader of what policy services answer; the same octets as a value of a question. */
#include "port/policy_service.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
answer(const char *octets, size_t len)
{
	struct service_answer answer;
	service_answer_read(&answer, octets, len);
	if (strnlen(answer.text, sizeof answer.text) == sizeof answer.text)
		abort();
	for (const unsigned char *at = (const unsigned char *)answer.text; *at != '\0'; at++)
		if (*at < ' ' || *at == 0x7F)
			abort();
	if (answer.spf && answer.action != SERVICE_REJECT && answer.action != SERVICE_DEFER)
		abort();
}

/* An attribute and the empty line are two ends of line, whatever the attribute holds. */
static void
question(const char *octets, size_t len)
{
	static struct service_request request;
	request.len = 0;
	request.overflow = false;
	service_put_octets(&request, "helo_name", octets, len);
	if (!service_end(&request))
		return;
	const char *lf = memchr(request.text, '\n', request.len);
	if (lf != request.text + request.len - 2 || memchr(request.text, '\0', request.len) != NULL)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	answer((const char *)data, size);
	question((const char *)data, size);
	return 0;
}
