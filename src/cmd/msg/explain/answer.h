/* Prints what `ftgate-msg explain` has found, for people or as JSON. */
#ifndef MSG_ANSWER_H
#define MSG_ANSWER_H

#include "find.h"

/* For people, wrapped to the terminal. */
void answer_text(const struct hit *hit);

/* What a row is, in a few words: "SMTP". Static, in the language of the user. */
const char *answer_service(enum ftg_service service);

/* Calls field() with each label and its text, in the language of the user: codes, English text, explanation. */
void answer_fields(enum ftg_id id, void (*field)(const char *label, const char *text));

/* One JSON object, without a comma after it. */
void answer_json(const struct hit *hit);

#endif
