/* The options that choose the words of a reply: language, encoding, codes, folders, variables. */
#include "voice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/address/idna.h"
#include "cmd/output/charset.h"
#include "language_table.h"

enum { KEY_HOST = 0x200 };

static const struct argp_option folder_options[] = {
	{ "overlay", 'o', N_("DIR"), 0, N_("locale folder with catalogues of your own (ftgate-local)"), 0 },
	{ "locale", 'L', N_("DIR"), 0, N_("locale folder of the translations (ftgate)"), 0 },
	{ "user", 'U', NULL, 0, N_("own texts as spoken to users who have logged in"), 0 },
	{ "domain", 'D', N_("DOMAIN"), 0, N_("own texts of a domain, in its folder @DOMAIN of the overlay, first"), 0 },
	{ 0 },
};

static const struct argp_option options[] = {
	{ "lang", 'l', N_("LIST"), 0,
	    N_("languages, of which the first with a catalogue is used: de_AT:fr; default: the environment"), 0 },
	{ "po", 'P', N_("FILE"), 0, N_("a .po to use instead of the compiled catalogue of its language"), 0 },
	{ "utf8", 'u', NULL, 0, N_("print all letters, as after POP3 LANG or UTF8; default: ASCII"), 0 },
	{ "profile", 'p', N_("CODES"), 0, N_("published (the default) or strict codes"), 0 },
	{ "host", KEY_HOST, N_("NAME"), 0, N_("the server's host name"), 0 },
	{ "var", 'v', N_("NAME=VALUE"), 0, N_("value of a variable such as contact; can be repeated"), 0 },
	{ 0 },
};

static void
set_variable(struct voice *voice, const char *setting, struct argp_state *state)
{
	size_t n = strcspn(setting, "=");

	for (int v = 0; v < FTG_VARS; v++) {
		const char *name = ftg_var_name((enum ftg_var)v);

		if (setting[n] == '=' && strlen(name) == n && strncmp(name, setting, n) == 0) {
			voice->vars.value[v] = charset_decode_word(setting + n + 1);
			return;
		}
	}
	argp_error(state, _("'%s' sets no variable; use host, client, session, time, contact or help"), setting);
}

static enum ftg_profile
profile_find(const char *name, struct argp_state *state)
{
	if (strcmp(name, "strict") == 0)
		return FTG_STRICT;
	if (strcmp(name, "published") != 0)
		argp_error(state, _("there are no codes '%s'; use published or strict"), name);
	return FTG_PUBLISHED;
}

static const char *
folder(const char *path, struct argp_state *state)
{
	struct stat st;

	if (stat(path, &st) != 0)
		argp_failure(state, MSG_TROUBLE, errno, "%s", path);
	else if (!S_ISDIR(st.st_mode))
		argp_failure(state, MSG_TROUBLE, ENOTDIR, "%s", path);
	return path;
}

static void
use_domain(struct voice *voice, const char *arg, struct argp_state *state)
{
	const char *domain = charset_decode_word(arg);
	if (!idna_to_ascii(voice->domain, domain) || !dns_name_is_valid(voice->domain, strlen(voice->domain)))
		argp_error(state, _("'%s' is not the name of a domain, such as example.org"), domain);
}

static error_t
parse_folder(int key, char *arg, struct argp_state *state)
{
	struct voice *voice = state->input;

	switch (key) {
	case 'o': voice->overlay = folder(arg, state); return 0;
	case 'L': voice->locale = folder(arg, state); return 0;
	case 'U': voice->audience = FTG_USERS; return 0;
	case 'D': use_domain(voice, arg, state); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

const struct argp voice_folders_argp = { folder_options, parse_folder, NULL, NULL, NULL, NULL, TOOLS_DOMAIN };

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct voice *voice = state->input;

	switch (key) {
	case ARGP_KEY_INIT: state->child_inputs[0] = voice; return 0;
	case 'l':
		voice->preference = arg;
		voice->asked = true;
		return 0;
	case 'P': voice->po = arg; return 0;
	case 'u': voice->encoding = FTG_UTF8; return 0;
	case 'p': voice->profile = profile_find(arg, state); return 0;
	case KEY_HOST: voice->vars.value[FTG_VAR_HOST] = charset_decode_word(arg); return 0;
	case 'v': set_variable(voice, arg, state); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child folders[] = { { &voice_folders_argp, 0, NULL, 0 }, { 0 } };
const struct argp voice_argp = { options, parse, NULL, NULL, folders, NULL, TOOLS_DOMAIN };

void
voice_init(struct voice *voice)
{
	*voice = (struct voice) { .profile = FTG_PUBLISHED, .encoding = FTG_ASCII };
	ftg_language_from_environment(voice->environment, getenv);
	voice->preference = voice->environment;
	program_locale_folder(voice->folder);
	voice->locale = voice->folder;
}

static void
complain_of(void *context, const struct ftg_refusal *refusal)
{
	(void)context;
	complain("%s: %s: %s: %s", refusal->file, refusal->id < FTG_IDS ? ftg_row(refusal->id)->id : "-",
	    ftg_rule_name(refusal->rule), refusal->detail);
}

/* The language of a preference. If --lang has no match and English is used instead, reports that. */
static ftg_lang
choose(const struct voice *voice)
{
	ftg_lang language = *voice->preference ? ftg_catalog_find(voice->catalog, voice->preference) : FTG_ENGLISH;

	if (language >= 0)
		return language;
	if (voice->asked)
		complain_of_word(language_nearest(voice->preference),
		    _("there is no catalogue for '%s'; this is English"), voice->preference);
	return ftg_catalog_find(voice->catalog, "en");
}

enum ftg_encoding
voice_encoding(const struct ftg_voice *speak, enum ftg_id id)
{
	return ftg_row(id)->service == FTG_DSN ? FTG_UTF8 : speak->encoding;
}

const char *
voice_spoken(const struct voice *voice, enum ftg_id id)
{
	const struct ftg_voice *speak = &voice->speak;
	struct ftg_voice voice_of_row = *speak;

	voice_of_row.encoding = voice_encoding(speak, id);
	const char *spoken = ftg_voice_spoken(&voice_of_row, id);

	return !row_has_text(id) || strcmp(spoken, ftg_catalog_tag(speak->catalog, speak->language)) == 0 ? NULL
	                                                                                                  : spoken;
}

bool
voice_open(struct voice *voice)
{
	if (voice->po && !draft_read(&voice->draft, voice->po))
		return false;
	if (voice->po && !voice->asked)
		voice->preference = voice->draft.language;
	const char *preferences[] = { *voice->preference ? voice->preference : NULL, NULL };
	struct ftg_sources sources = {
		.locale = voice->locale,
		.overlay = voice->overlay,
		.preferences = preferences,
		.profile = voice->profile,
		.draft = voice->po ? &voice->draft.compiled : NULL,
	};

	voice->catalog = ftg_catalog_open(&sources, complain_of, NULL);
	if (!voice->catalog) {
		complain_errno(voice->locale);
		return false;
	}
	voice->speak = (struct ftg_voice) {
		.catalog = voice->catalog,
		.language = choose(voice),
		.encoding = voice->encoding,
		.vars = &voice->vars,
		.audience = voice->audience,
		.domain = *voice->domain ? ftg_catalog_domain(voice->catalog, voice->domain) : 0,
	};
	if (*voice->domain && voice->speak.domain == 0)
		complain(_("there are no own texts of '%s'; these are those of the server"), voice->domain);
	return true;
}

void
voice_close(struct voice *voice)
{
	ftg_catalog_free(voice->catalog);
	voice->catalog = NULL;
	draft_free(&voice->draft);
}
