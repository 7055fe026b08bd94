/* How the text of a reply in a language stands. */
#include "state.h"

#include <string.h>

#include "cmd/msg/texts.h"

const char *
state_name(enum text_state state)
{
	static const char *const names[STATES] = { "translated", "own", "stale", "refused", "missing" };
	return names[state];
}

enum text_state
state_of(const struct site *site, const struct site_language *language, enum ftg_id id, enum ftg_rule *rule)
{
	const struct site_refusal *refusal = site_refusal(site, language, id);
	struct ftg_voice voice = site_voice(site, language, FTG_UTF8);
	if (refusal != NULL && refusal->rule == FTG_RULE_STALE)
		return STATE_STALE;
	if (refusal != NULL) {
		*rule = refusal->rule;
		return STATE_REFUSED;
	}
	if (ftg_voice_origin(&voice, id) == FTG_FROM_OVERLAY)
		return STATE_OWN;
	return strcmp(ftg_voice_spoken(&voice, id), language->tag) == 0 ? STATE_TRANSLATED : STATE_MISSING;
}

size_t
state_wire(char *out, const struct site *site, const struct site_language *language, enum ftg_id id,
    enum ftg_encoding encoding)
{
	enum { SEVERAL = 5 };
	static const struct ftg_vars vars = { .value = { [FTG_VAR_HOST] = "mx.example.org",
		                                  [FTG_VAR_CLIENT] = "192.0.2.25",
		                                  [FTG_VAR_CONTACT] = "postmaster@example.org" } };
	struct ftg_voice voice = site_voice(site, language, encoding);
	struct ftg_reply reply = row_sample(id, SEVERAL);
	if (encoding == FTG_ASCII && voice_encoding(&voice, id) != FTG_ASCII)
		return 0;
	voice.vars = &vars;
	size_t len = ftg_render(out, &voice, &reply), kept = 0;
	for (size_t i = 0; i < len; i++)
		if (out[i] != '\r')
			out[kept++] = out[i];
	return kept > 0 && out[kept - 1] == '\n' ? kept - 1 : kept;
}

size_t
state_octets(const struct site *site, const struct site_language *language, enum ftg_id id)
{
	char source[TEXTS_MAX];
	struct ftg_voice voice = site_voice(site, language, FTG_UTF8);
	size_t longest = 0;
	for (unsigned form = 0; form < texts_forms(&voice, id); form++) {
		size_t len = texts_source(source, &voice, id, form);
		longest = len > longest ? len : longest;
	}
	return longest;
}
