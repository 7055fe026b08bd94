/* The options that choose how a reply is said, and the catalogue that they ask for. */
#ifndef MSG_VOICE_H
#define MSG_VOICE_H

#include <limits.h>

#include "base/program.h"
#include "msg.h"

struct voice {
	const char *preference; /* --lang, else the environment */
	const char *locale;     /* --locale, else the folder of the program */
	const char *overlay;    /* --overlay, or NULL */
	enum ftg_profile profile;
	enum ftg_encoding encoding;
	struct ftg_vars vars;
	bool asked; /* --lang was given */
	char environment[FTG_PREFERENCE_MAX];
	char folder[PATH_MAX];

	ftg_catalog *catalog; /* filled by voice_open() */
	struct ftg_voice speak;
};

/* For the children of a command's argp; their input is a struct voice. */
extern const struct argp voice_argp;         /* all options */
extern const struct argp voice_folders_argp; /* --overlay and --locale alone */

void voice_init(struct voice *voice);

/* Loads the catalogue. False, with a complaint, where that fails; refused texts are complained of, no more. */
bool voice_open(struct voice *voice);
void voice_close(struct voice *voice);

#endif
