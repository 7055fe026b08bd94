/* Fuzzes the reading of content rules, and holds what can be read against a message. */
#include "message/content_rules.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
count_fault(void *context, const char *file, unsigned line, const char *fault)
{
	(void)file, (void)line;
	if (strlen(fault) == 0)
		abort();
	++*(unsigned *)context;
}

static int
make_file(const void *bytes, size_t len)
{
	int file = memfd_create("file", 0);
	if (file < 0 || write(file, bytes, len) != (ssize_t)len)
		abort();
	return file;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char message[] =
	    "Subject: a =?utf-8?q?b=C3=A4?= aaaaaaaaaaaaaaaaaaaaaaa\nContent-Type: multipart/mixed; "
	    "boundary=b\n\n--b\nContent-Type: a/b; name=c.exe\n\n--b--\n";
	struct content_finding finding;
	unsigned faults = 0;
	char path[32];
	int file = make_file(data, size);
	snprintf(path, sizeof path, "/proc/self/fd/%d", file);
	struct content_rules *rules = content_rules_read(path, count_fault, &faults);
	close(file);
	if ((rules == NULL) != (faults > 0))
		abort();
	if (rules == NULL)
		return 0;
	file = make_file(message, sizeof message - 1);
	content_rules_look(rules, file, &finding);
	close(file);
	if (finding.verdict == CONTENT_FAILED || (finding.cause == NULL) != (finding.verdict == CONTENT_CLEAN))
		abort();
	content_rules_free(rules);
	return 0;
}
