/* The entries of a .po, and what msgfmt would compile of them. */
#ifndef MSG_PO_ENTRY_H
#define MSG_PO_ENTRY_H

#include <gettext-po.h>

#include "catalog/mo.h"
#include "msg.h"

/* An entry that is not obsolete; the header is one of them. */
struct po_entry {
	po_message_t message;
	bool header;
	enum ftg_id id;             /* of the reply, by the spelling of its msgctxt; FTG_IDS if there is none */
	enum ftg_audience audience; /* FTG_USERS: its msgctxt is "ID|user" */
	bool stale;                 /* its msgid is not the English text of this version */
	bool compiled;              /* msgfmt puts it into the .mo: it is not fuzzy, and its first form has a text */
	bool refused;               /* a load refuses it; set by the caller */
	unsigned forms;
	struct mo_string key;  /* msgctxt, EOT, msgid, and after a NUL a plural msgid */
	struct mo_string text; /* the forms, separated by NUL */
};

struct po_entries {
	struct po_entry *entry;
	size_t count;
};

/*
 * Makes the list of the entries of a file; own: of own texts, with those for users. Returns false with errno if memory
 * is exhausted; po_entries_free() in any case.
 */
bool po_entries_read(struct po_entries *entries, po_file_t file, bool own);
void po_entries_free(struct po_entries *entries);

/* Whether no form of an entry has a text. */
bool po_entry_is_empty(const struct po_entry *entry);

/* The .mo that msgfmt would make. Returns octets to be freed by the caller, or NULL with errno, as mo_write() does. */
char *po_entries_compile(const struct po_entries *entries, size_t *len);

#endif
