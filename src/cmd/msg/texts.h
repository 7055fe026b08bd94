/* The texts of a loaded catalogue, decompiled: their fixed parts, and the form that a .po has. */
#ifndef MSG_TEXTS_H
#define MSG_TEXTS_H

#include "msg.h"

enum { TEXTS_MAX = 4096 }; /* octets of a text with its directives */

/* The number of forms of the text of an ID in a voice, which has a catalogue and a language of it: 1 if it has no plural. */
unsigned texts_forms(const struct ftg_voice *voice, enum ftg_id id);

/*
 * Finds the least count for which a form is chosen. Returns false if none of 0 to 2000 has it, or the text has no plural.
 */
bool texts_count(unsigned long *count, const struct ftg_voice *voice, enum ftg_id id, unsigned form);

/* Writes a form as in a .po: "%s", "%2$s", "%%", "${host}"; a line break is \n. Returns its octets. */
size_t texts_source(char out[TEXTS_MAX], const struct ftg_voice *voice, enum ftg_id id, unsigned form);

enum { TEXTS_LITERALS_MAX = 16 }; /* literals of a form that are returned; the rest is left out */

/* A literal: octets of the catalogue, without a NUL. */
struct literal {
	const char *octets;
	size_t len;
};

/* The literals of a form, in order, between its arguments and variables. Returns their number. */
size_t texts_literals(
    struct literal literals[TEXTS_LITERALS_MAX], const struct ftg_voice *voice, enum ftg_id id, unsigned form);

#endif
