/* What each reply means, for people who get one. */
#include "explain/explain.h"

#include <assert.h>

#include "base/text/translate.h"

static const struct explanation explanations[FTG_IDS] = {
#define EXPLAIN(id, when, whom, cause, sender, operator, other) [id] = { when, whom, cause, sender, operator, other },
#include "explain.def"
#undef EXPLAIN
};

#define EXPLAIN(...) +1
static_assert(0
#include "explain.def"
        == FTG_IDS,
    "explain.def has a row for each reply");
#undef EXPLAIN

const struct explanation *
explain_reply(enum ftg_id id)
{
	assert(id < FTG_IDS);
	return &explanations[id];
}

static const char *const reasons[FTG_IDS] = {
#define REASON(id, name) [id] = #name,
#include "reasons.def"
#undef REASON
};

const char *
explain_reason(enum ftg_id id)
{
	assert(id < FTG_IDS);
	return reasons[id];
}
