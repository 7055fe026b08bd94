/* Conversation files: what a client sends, and what it must be answered. Their form is told in talk/README.md. */
#ifndef SUPPORT_TALK_H
#define SUPPORT_TALK_H

#include "smtp_fixture.h"

enum talk_way {
	TALK_WHOLE,     /* what stands before an answer comes at once */
	TALK_PIECES,    /* in pieces of so many octets */
	TALK_SPLIT,     /* in two, split at that octet */
	TALK_PIPELINED, /* everything at once, answers are compared at the end; not for files that change things midway */
};

struct talk_run {
	enum ftg_profile profile;
	enum talk_way way;
	size_t at;
	bool late; /* jobs end later */
};

enum talk_kind { SENT, SAID, DELIVERED, LOGGED, QUEUED, SET };

struct talk_step {
	enum talk_kind kind;
	bool profiles[FTG_PROFILES];
	unsigned line;
	unsigned times;
	struct octets octets; /* SET: name and value, each with its NUL */
};

struct talk {
	struct talk_step *steps;
	size_t count;
	size_t room;
	bool profiles[FTG_PROFILES]; /* that it is for */
	bool has_midway;             /* something is set or done after the first octet */
	size_t longest;              /* octets that come at once */
	char fault[256];             /* why the file cannot be read; "" */
};

/* Reads a file; talk->fault says whether it is one. */
void talk_read(struct talk *talk, const char *path);
void talk_free(struct talk *talk);

/* Plays a conversation. Returns whether it went as it is written; if not, *fault says where and what instead. */
bool talk_play(const struct talk *talk, const struct talk_run *run, struct octets *fault);

#endif
