/* What the parts of a maildrop share: opening, reading, removing. */
#ifndef STORE_MAILDROP_INTERNAL_H
#define STORE_MAILDROP_INTERNAL_H

#include "message/surrogate.h"
#include "port/maildrop.h"
#include "store/mail_folder.h"
#include "store/maildrop/list.h"
#include "store/wire.h"

/* A message that is being read. */
struct reading {
	size_t number;
	int file;      /* -1: none is */
	uint64_t left; /* octets of the file that are not read yet */
	struct wire wire;
	char *octets;                /* of the block */
	struct surrogate *surrogate; /* that is sent in place of the message; NULL: the message itself is */
	size_t taken;                /* of its octets */
};

/* Progress of the UPDATE state. */
struct removal {
	size_t removed;             /* messages */
	long long messages, octets; /* of them, that counted towards the quota */
	size_t missing;             /* not where they were, in this round */
	size_t left;
	unsigned rounds;
	bool touched[DROP_FOLDERS];
};

struct maildrop {
	struct job job;
	struct executor *executor;
	bool (*step)(struct maildrop *maildrop); /* a part of the work; returns whether there is more to do */
	bool busy;
	bool more;      /* result of the step */
	bool listed;    /* the list is read, and the known sizes are recalled */
	bool refreshed; /* once in a login */
	enum maildrop_result result;
	int error;
	void (*done)(void *context, enum maildrop_result result);
	void *context;
	enum maildrop_form form;
	struct mail_folder *mail;
	int folder; /* of all mail: its descriptor */
	int lock;   /* -1: none */
	struct drop_list list;
	struct maildrop_total all, total; /* total: without those marked */
	size_t at;                        /* the message that the next step begins with */
	size_t uncounted;                 /* messages, of the list, when it had recalled the sizes */
	struct reading reading;
	struct maildrop_block block;
	struct removal removal;
	char path[]; /* of the Maildir */
};

/* Starts a job that runs a step as long as there is more to do. Others get a turn of the thread in between. */
void maildrop_start(struct maildrop *maildrop, bool (*step)(struct maildrop *maildrop),
    void (*done)(void *context, enum maildrop_result result), void *context);

/* Notes errno as the end of the work. Returns false: there is no more to do. */
bool maildrop_fail(struct maildrop *maildrop);

struct drop_message *maildrop_message(const struct maildrop *maildrop, size_t number);

#endif
