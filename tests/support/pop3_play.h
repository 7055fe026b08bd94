/* Plays conversations with a POP3 session. */
#ifndef SUPPORT_POP3_PLAY_H
#define SUPPORT_POP3_PLAY_H

#include "talk.h"

/* Returns whether it went as it is written; if not, *fault says where and what instead. */
bool pop_play(const struct talk *talk, const struct talk_run *run, struct octets *fault);

#endif
