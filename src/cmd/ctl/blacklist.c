/* The commands of ftgatectl on the temporary blacklist of a running server. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/translate.h"
#include "cmd/ctl/ctl.h"

enum { QUESTION_MAX = 128 };

static void
print_removed(const struct request *request, unsigned long removed)
{
	/* TRANSLATORS: the number of clients that are no longer on the temporary blacklist. */
	printf(request->json ? "{\"removed\": %lu}\n" : _("removed %lu\n"), removed);
}

int
ctl_blacklist_remove(struct request *request)
{
	static char answer[CTL_ANSWER_MAX];
	char question[QUESTION_MAX];
	const char *address = request->words[0];
	if (strchr(address, '\n') != NULL || strlen(address) > QUESTION_MAX / 2)
		return ctl_fail(EX_DATAERR, _("'%.60s' is not an address; write one such as 192.0.2.1"), address);
	snprintf(question, sizeof question, "blacklist-remove %s\n", address);
	int status = ctl_ask(request, question, answer);
	if (status != EX_OK)
		return status;
	unsigned long removed = ctl_number(answer, "removed");
	if (removed == 0)
		return ctl_fail(EX_NOUSER,
		    _("%s is not on the temporary blacklist; for permanent entries: ftgatectl access list"), address);
	print_removed(request, removed);
	return EX_OK;
}

int
ctl_blacklist_clear(struct request *request)
{
	static char answer[CTL_ANSWER_MAX];
	int status = ctl_ask(request, "blacklist-clear\n", answer);
	if (status == EX_OK)
		print_removed(request, ctl_number(answer, "removed"));
	return status;
}
