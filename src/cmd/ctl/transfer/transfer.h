/* Shared by import and export. */
#ifndef CMD_CTL_TRANSFER_TRANSFER_H
#define CMD_CTL_TRANSFER_TRANSFER_H

#include "cmd/ctl/ctl.h"
#include "cmd/ctl/transfer/file.h"
#include "cmd/ctl/transfer/hash.h"

/* A row of a file as a record: its values point into the row, or into its hash job. */
struct transfer_record {
	struct import_row row;
	const char *name[2];
	struct record_put put;
	struct hash_job *job; /* a password that must be hashed; NULL: none */
};

enum { TRANSFER_FAULT_SIZE = 1024 };

/* What is wrong with a record: its column, or "", and a sentence with the cure. */
struct transfer_fault {
	const char *column;
	char text[TRANSFER_FAULT_SIZE];
};

/*
 * Finds the field of each column and checks what the directory does not: passwords, which are put into the form that is
 * stored. *plain is set to a password that must be hashed, or NULL. Returns false with the fault.
 */
bool transfer_read_record(const struct import_file *file, enum record_kind kind, struct transfer_record *record,
    const char **plain, struct transfer_fault *fault);

/* The languages that settings name: each is looked for once. */
struct transfer_languages {
	const char *data;
	char known[64][36];
	size_t count;
};
bool transfer_language_is_known(struct transfer_languages *languages, const char *tag);

#endif
