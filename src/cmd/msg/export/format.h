/* The formats of ftgate-msg export, and what their writers get from the command line. */
#ifndef MSG_EXPORT_FORMAT_H
#define MSG_EXPORT_FORMAT_H

#include "cmd/msg/voice.h"

/* What a format takes from the command line. */
enum {
	EXPORT_ONE_LANGUAGE = 1,   /* it has one language: the first of --lang, else that of the environment */
	EXPORT_NEEDS_LANGUAGE = 2, /* the same, but --lang must be given */
	EXPORT_LANGUAGES = 4,      /* it has all languages, or those of --lang */
	EXPORT_NEEDS_FOLDER = 8,   /* the argument DIR must be given: the folder for its files */
	EXPORT_LINKS = 16,         /* it links to pages about the replies: --help-url may be given */
	EXPORT_SINCE = 32,         /* it can be compared with an earlier export */
	EXPORT_SENDERS = 128,      /* it can leave out what the operator can do: --for-senders may be given */
	EXPORT_CONTACT = 64,       /* it fills variables in: --contact may be given */
};

/* A command line that fits the format. The writers only read it. */
struct export
{
	struct voice voice;    /* opened; the encoding is FTG_UTF8. With EXPORT_LANGUAGES its language is English */
	const char *languages; /* with EXPORT_LANGUAGES: those of --lang, with colons between them; NULL: all */
	const char *folder;    /* with EXPORT_NEEDS_FOLDER: it need not exist yet; else NULL */
	const char *url;       /* with EXPORT_LINKS: --help-url, or NULL; as FTG_VAR_HELP */
	const char *contact;   /* with EXPORT_CONTACT: --contact, or NULL; as FTG_VAR_CONTACT */
	bool for_senders;      /* with EXPORT_SENDERS: --for-senders */
	const char *since;     /* with EXPORT_SINCE: the folder of an earlier export, or NULL */
};

/*
 * The writers: export_catgets() and so on. Each writes its format on standard output, or into the folder. Returns false after
 * an error message if something cannot be read or written; the caller reports errors of standard output.
 */
#define FORMAT(name, writer, needs, help) bool export_##writer(const struct export *export);
#include "cmd/msg/export/formats.def"
#undef FORMAT

/*
 * Warns the user of each variable in a text that the export leaves empty. speak has the variables of the export; reply has
 * the arguments of the row.
 */
void export_warn_of_variables(const struct ftg_voice *speak, const struct ftg_reply *reply);

/* Prints the name of each format, a line each. */
void export_print_names(void);

#endif
