/* Which language each kind of text of a language is really in. */
#ifndef MSG_SPOKEN_H
#define MSG_SPOKEN_H

#include "msg.h"

enum { SPOKEN_SIZE = 48 };

/* Replies by SMTP (ASCII) and by POP3 after LANG (UTF-8), and DSNs. */
enum spoken_kind { SPOKEN_SMTP, SPOKEN_POP3, SPOKEN_NOTICES, SPOKEN_KINDS };

/*
 * Writes the tag of the language that most texts of a kind are in, and their share if it is not all of them: "de",
 * "ru-Latn", "it 93%".
 */
void spoken_write(char out[SPOKEN_SIZE], const ftg_catalog *catalog, ftg_lang language, enum spoken_kind kind);

#endif
