/* The catalogue of systemd's journal: what `journalctl -x` explains. */
#ifndef MSG_EXPORT_JOURNAL_H
#define MSG_EXPORT_JOURNAL_H

#include "voice.h"

/*
 * Prints an entry for each reply on standard output, in the format of the journal's catalogues (systemd.io/CATALOG): its
 * text in the language of the voice, and its explanation in that language or, if there is none, in English. Texts of DSNs
 * are left out: no event has them. In English there is also an entry for each event of the log; journalctl finds those from
 * any language.
 */
void export_journal(const struct voice *voice);

#endif
