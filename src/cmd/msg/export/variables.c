/* The variables of texts, which are empty in an export if nothing is known to put there. */
#include <string.h>

#include "cmd/msg/export/format.h"

/* Whether the text of a reply changes with the value of a variable. */
static bool
has_variable(const struct ftg_voice *speak, const struct ftg_reply *reply, enum ftg_var var)
{
	char empty[FTG_REPLY_MAX], filled[FTG_REPLY_MAX];
	struct ftg_vars vars = *speak->vars;
	struct ftg_voice filling = *speak;
	filling.link = FTG_LINK_NEVER; /* it is not the text's */
	filling.vars = &vars;
	size_t empty_len = ftg_render(empty, &filling, reply);
	vars.value[var] = "x";
	size_t len = ftg_render(filled, &filling, reply);
	return len != empty_len || memcmp(empty, filled, len) != 0;
}

void
export_warn_of_variables(const struct ftg_voice *speak, const struct ftg_reply *reply)
{
	for (enum ftg_var var = 0; var < FTG_VARS; var++)
		if (speak->vars->value[var] == NULL && has_variable(speak, reply, var))
			complain(_("%s: ${%s} in its text is empty here: there is no value for it"),
			    ftg_row(reply->id)->id, ftg_var_name(var));
}
