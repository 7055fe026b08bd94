/* Shared by the files about content rules. */
#ifndef MESSAGE_CONTENT_RULES_INTERNAL_H
#define MESSAGE_CONTENT_RULES_INTERNAL_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "message/content_rules.h"

enum rule_kind { RULE_NAME, RULE_TYPE, RULE_HEADER, RULE_KINDS };

struct rule {
	enum rule_kind kind;
	char cause[24];      /* "line 12" */
	char *globs;         /* with spaces between; one, of names of fields, of a header rule */
	pcre2_code *pattern; /* of a header rule */
};

struct content_rules {
	struct rule *rules;
	size_t count;
	bool has[RULE_KINDS];
};

/* Does the text look like one of the globs? */
bool rule_globs_match(const struct rule *rule, const char *text);

#endif
