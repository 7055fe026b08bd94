/* Prints what `ftgate-msg explain` has found, for people or as JSON. */
#ifndef MSG_ANSWER_H
#define MSG_ANSWER_H

#include "find.h"

/* For people, wrapped to the terminal. */
void answer_text(const struct hit *hit);

/* One JSON object, without a comma after it. */
void answer_json(const struct hit *hit);

#endif
