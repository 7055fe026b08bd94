/* Plays conversations with a POP3 session. */
#ifndef TESTS_POP_PLAY_H
#define TESTS_POP_PLAY_H

#include "talk.h"

/* Returns whether it went as it is written; if not, *fault says where and what instead. */
bool pop_play(const struct talk *talk, const struct talk_run *run, struct octets *fault);

#endif
