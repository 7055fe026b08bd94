/* Replaces the own texts of a folder by a generation from the database, if all of it passes the check. */
#ifndef TEXTS_ADOPT_H
#define TEXTS_ADOPT_H

#include "port/texts.h"
#include "port/texts_state.h"

enum {
	TEXTS_PARTS_MAX = 1024,             /* sources of a generation */
	TEXTS_TOTAL_MAX = 16 * 1024 * 1024, /* octets of all of them */
};

/* A source of a generation. All of it is checked. */
struct texts_part {
	char *domain;   /* "": of the server */
	char *language; /* a locale name */
	char *source;   /* len octets, and a NUL */
	size_t len;
};

struct texts_set {
	struct texts_generation generation;
	struct texts_part *part;
	size_t count;
	const char *fault; /* English: why the database cannot have it; NULL: no fault is known */
};

/* Frees the parts and their texts. */
void texts_set_free(struct texts_set *set);

enum texts_adoption {
	TEXTS_ADOPTED, /* all are in place, and the state of the folder says so */
	TEXTS_REFUSED, /* a text is refused that was not refused before: only the state changes, which records it */
	TEXTS_BUSY,    /* another process changes the texts, or has changed them: read the state again */
	TEXTS_FAILED,  /* errno has the cause; some texts may be in place, and the next try places the rest */
};

struct texts_listener {
	/* A text of the generation is refused: "ERR_SMTP_OK", or "-", by the name of a rule, and why. */
	void (*refused)(
	    void *context, const struct texts_part *part, const char *id, const char *rule, const char *detail);
	/* Texts of the folder that are from no database are replaced; they are kept as a version. */
	void (*replaced)(void *context, const char *domain, const char *language);
	void *context;
};

/*
 * Adopts a generation in a folder whose state was *state; *state gets the new state. Texts of the folder that are not
 * in the generation are removed. Those that are replaced or removed are kept as versions. Blocks.
 */
enum texts_adoption texts_adopt(
    const char *folder, const struct texts_set *set, struct texts_state *state, const struct texts_listener *listener);

#endif
