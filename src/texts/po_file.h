/* A .po in memory: its entries, their places, and changes that keep everything else octet for octet. */
#ifndef TEXTS_PO_FILE_H
#define TEXTS_PO_FILE_H

#include <stdbool.h>
#include <stddef.h>

enum {
	PO_FILE_MAX = 1024 * 1024, /* octets of a file */
	PO_FORMS_MAX = 10,         /* plural forms of an entry (msgstr[0] to msgstr[9]) */
};

/* An entry that is not obsolete (#~). Offsets are those of octets in the file; the strings are decoded and end with a NUL. */
struct po_item {
	size_t begin;             /* of its own comments: those that no empty line parts from it */
	size_t keys;              /* of its first keyword */
	size_t strings;           /* of its first msgstr */
	size_t end;               /* behind the line feed of its last string */
	size_t line, string_line; /* of the first keyword and of the first msgstr, from 1 */
	bool fuzzy;               /* #, fuzzy: not compiled */
	const char *context;      /* NULL: it has no msgctxt */
	const char *id;
	const char *plural; /* NULL: it has no msgid_plural */
	const char *text;   /* its forms, each with a NUL; octets without the last NUL */
	size_t text_len;
	unsigned forms;
};

struct po_file {
	const char *octets;
	size_t len;
	struct po_item *item; /* in the order of the file; the header is one of them, if there is one */
	size_t count, room;
	const struct po_item *header;  /* NULL: none */
	const struct po_item **sorted; /* by msgctxt and msgid */
	char *strings;
	size_t fault_line; /* of a fault, from 1 */
	const char *fault; /* English: what is wrong there, marked for translation; NULL: nothing */
};

/*
 * Parses octets, which must outlive the result. Returns 0, or -1 with errno: EINVAL with fault and fault_line if it is no
 * well-formed .po, or ENOMEM. po_file_free() in any case.
 */
int po_file_parse(struct po_file *po, const char *octets, size_t len);

/* Frees the result of po_file_parse(), not the octets. */
void po_file_free(struct po_file *po);

/* Whether an entry is the header. */
bool po_item_is_header(const struct po_item *item);

/* Whether an entry gets into the .mo: it is the header or not fuzzy, and its first form has a text. */
bool po_item_is_compiled(const struct po_item *item);

/* The entry with this msgctxt and, if id is not NULL, with this msgid; the first of several. NULL if there is none. */
const struct po_item *po_file_find(const struct po_file *po, const char *context, const char *id);

/* An entry to be written. */
struct po_words {
	const char *context, *id;
	const char *plural; /* NULL: one form */
	const char *const *form;
	unsigned forms;
};

/*
 * The file with the entry of words->context changed to these words, else with a new entry at its end. Its comments are kept,
 * except the flag fuzzy. Returns octets, which the caller frees, and their number; NULL with errno ENOMEM.
 */
char *po_file_set(const struct po_file *po, const struct po_words *words, size_t *len);

/* The file without one of its entries and its own comments. Returns the same. */
char *po_file_unset(const struct po_file *po, const struct po_item *item, size_t *len);

/* A file with a header only. Returns the same. */
char *po_file_new(const char *language, const char *plural_forms, size_t *len);

/*
 * A file with the entries of a .mo, which is changed meanwhile. Returns the same; errno can also be EINVAL: the octets are no
 * .mo, or its strings cannot be those of a .po.
 */
char *po_file_decompile(char *octets, size_t octets_len, size_t *len);

/*
 * The .mo that msgfmt would make of the header and, if only is not NULL, of one entry, else of all. Returns the same; errno
 * can also be EFBIG, or EEXIST if two entries have the same msgctxt and msgid.
 */
char *po_file_compile(const struct po_file *po, const struct po_item *only, size_t *len);

#endif
