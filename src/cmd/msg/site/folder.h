/* The folder of an exported site: files appear whole, and those of an earlier export that are no longer wanted go. */
#ifndef MSG_SITE_FOLDER_H
#define MSG_SITE_FOLDER_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* The file that marks a folder as an export, and lists the names of its files. */
#define FOLDER_MARK ".ftgate-site"

enum { FOLDER_FILES_MAX = 1024, FOLDER_NAME_MAX = 64, FOLDER_DRAFT_MAX = FOLDER_NAME_MAX + 8 };

struct folder {
	const char *path;
	int descriptor;
	char old[FOLDER_FILES_MAX][FOLDER_NAME_MAX], made[FOLDER_FILES_MAX][FOLDER_NAME_MAX];
	size_t old_count, made_count; /* old: of an earlier export, and each that this one began */
	FILE *file;                   /* that is being written; NULL: none */
	char name[FOLDER_NAME_MAX];
	char draft[FOLDER_DRAFT_MAX]; /* its name until it is whole */
	unsigned long octets;         /* of all files */
};

/*
 * Opens a folder for writing; makes it if it does not exist. Else it must be empty or an export. Returns false after an error
 * message. folder_close() in any case.
 */
bool folder_open(struct folder *folder, const char *path);

/* Begins a file. Returns its stream, which folder_end() closes, or NULL after an error message. */
FILE *folder_begin(struct folder *folder, const char *name);

/* Ends the file: it replaces an older one of its name. Returns false after an error message; the older one then stays. */
bool folder_end(struct folder *folder);

/*
 * Ends the export: removes files and drafts of an earlier one that this one did not write, but not a folder of such a name.
 * Returns false after an error message for each that cannot be removed; the others are.
 */
bool folder_finish(struct folder *folder);

/* Frees what is open; a file that was not ended is removed. */
void folder_close(struct folder *folder);

#endif
