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

/* The table of CSV, without a row; NULL: memory is out. table_close() ends it. */
struct table *answer_csv_open(void);

/* A row of it. */
void answer_csv(struct table *table, const struct hit *hit);

/* What was found: "reply", "no such reference" and so on, for programs. */
const char *answer_kind(const struct hit *hit);

/* The advice that holds for any server, by the first digit of the code; NULL for response codes of POP3. */
const char *answer_advice(const struct hit *hit);

/* The replies before and after a reference that no reply has; FTG_IDS if there is none on that side of its class. */
void answer_neighbours(unsigned reference, enum ftg_id *before, enum ftg_id *after);

#endif
