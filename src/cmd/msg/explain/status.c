/* The meanings of codes: an enhanced status code has class, subject and detail. */
#include "status.h"

#include <stdlib.h>
#include <string.h>

static const char *
class_meaning(char digit)
{
	switch (digit) {
	case '2': return _("success");
	case '4': return _("a failure that may pass: the sending server tries again");
	default: return _("a lasting failure: sending the same again does not help");
	}
}

static const char *
subject_meaning(unsigned long subject)
{
	static const char *const meanings[] = {
		N_("nothing more is said"),
		N_("the address"),
		N_("the mailbox"),
		N_("the mail system"),
		N_("the network and the way there"),
		N_("the mail protocol"),
		N_("the content of the message"),
		N_("security or policy"),
	};

	return subject < sizeof meanings / sizeof *meanings ? _(meanings[subject])
	                                                    : _("a subject that is not registered");
}

/* NULL if the detail is 0 or not registered. */
static const char *
detail_meaning(unsigned long subject, unsigned long detail)
{
	static const struct {
		unsigned subject, detail;
		const char *meaning;
	} details[] = {
#define STATUS(subject, detail, meaning) { subject, detail, meaning },
#include "status.def"
#undef STATUS
	};

	for (size_t i = 0; i < sizeof details / sizeof *details; i++)
		if (details[i].subject == subject && details[i].detail == detail)
			return _(details[i].meaning);
	return NULL;
}

struct status_meaning
status_meaning(const char *status)
{
	char *end;
	unsigned long subject = strtoul(status + 2, &end, 10);
	unsigned long detail = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;

	return (struct status_meaning) {
		.class = class_meaning(*status),
		.subject = subject_meaning(subject),
		.detail = detail_meaning(subject, detail),
	};
}

const char *
code_meaning(const char *code)
{
	static const struct {
		const char *code, *meaning;
	} codes[] = {
#define CODE(code, meaning) { code, meaning },
#include "codes.def"
#undef CODE
	};

	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (strcmp(codes[i].code, code) == 0)
			return _(codes[i].meaning);
	return NULL;
}
