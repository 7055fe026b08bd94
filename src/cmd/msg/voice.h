/* The options that choose the words of a reply, and the catalogue for them. */
#ifndef MSG_VOICE_H
#define MSG_VOICE_H

#include <limits.h>

#include "base/address/dns_name.h"
#include "base/system/program.h"
#include "draft.h"
#include "msg.h"

struct voice {
	const char *preference; /* --lang, else the environment */
	const char *locale;     /* --locale, else the folder of the program */
	const char *overlay;    /* --overlay, or NULL */
	const char *po;         /* --po, a .po to use instead of the compiled one, or NULL */
	enum ftg_profile profile;
	enum ftg_encoding encoding;
	enum ftg_audience audience; /* --user */
	char domain[DNS_NAME_SIZE]; /* --domain, in its A-label form; empty: none */
	struct ftg_vars vars;
	bool asked; /* --lang was given */
	char environment[FTG_PREFERENCE_MAX];
	char folder[PATH_MAX];

	struct draft draft; /* filled by voice_open(), if there is a --po */
	ftg_catalog *catalog;
	struct ftg_voice speak;
};

/* For the children of a command's argp; their input is a struct voice. */
extern const struct argp voice_argp;         /* all options */
extern const struct argp voice_folders_argp; /* only those about folders and own texts */

/* Sets the defaults, with the language of the environment. */
void voice_init(struct voice *voice);

/* Loads the catalogue. Returns false after an error message if that fails. Only reports refused texts. */
bool voice_open(struct voice *voice);

/* The encoding of a reply in a voice: a DSN row is part of a message, not a line of a protocol, and has all letters. */
enum ftg_encoding voice_encoding(const struct ftg_voice *speak, enum ftg_id id);

/*
 * The tag of the language in which a reply is sent, if that is not the language asked for: "en" if this has no text, or no
 * text in the encoding. NULL if it is.
 */
const char *voice_spoken(const struct voice *voice, enum ftg_id id);

/* Frees the catalogue. */
void voice_close(struct voice *voice);

#endif
