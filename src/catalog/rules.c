/* The names and cures of the rules. */
#include <ftgate/catalog.h>

static const struct {
	const char *name;
	const char *cure;
} rules[FTG_RULES] = {
#define RULE(ID, NAME, CURE) [ID] = { NAME, CURE },
#include <ftgate/rules.def>
#undef RULE
};

const char *
ftg_rule_name(enum ftg_rule rule)
{
	return (unsigned)rule < FTG_RULES ? rules[rule].name : "";
}

const char *
ftg_rule_cure(enum ftg_rule rule)
{
	return (unsigned)rule < FTG_RULES ? rules[rule].cure : "";
}
