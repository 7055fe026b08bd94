/* The entries of a .po, and what msgfmt would compile of them. */
#include "po_entry.h"

#include <stdlib.h>
#include <string.h>

enum { EOT = '\004' };

/* ftg_id_find() ignores case; the key of a catalogue does not. */
static enum ftg_id
id_of(const char *name)
{
	enum ftg_id id = ftg_id_find(name);

	return id != FTG_IDS && strcmp(ftg_row(id)->id, name) == 0 ? id : FTG_IDS;
}

/* Finds the reply of a msgctxt. */
static void
read_context(struct po_entry *entry, const char *context, bool own)
{
	static const char users[] = "|user";
	size_t len = context ? strlen(context) : 0, suffix = sizeof users - 1;
	char name[64];

	entry->id = context ? id_of(context) : FTG_IDS;
	if (!own || entry->id != FTG_IDS || len <= suffix || len >= sizeof name ||
	    strcmp(context + len - suffix, users) != 0)
		return;
	memcpy(name, context, len - suffix);
	name[len - suffix] = '\0';
	entry->id = id_of(name);
	entry->audience = entry->id != FTG_IDS ? FTG_USERS : FTG_EVERYONE;
}

static bool
same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool
is_stale(po_message_t message, enum ftg_id id)
{
	return id != FTG_IDS &&
	    (!same(po_message_msgid(message), ftg_row(id)->text[0]) ||
	        !same(po_message_msgid_plural(message), ftg_row(id)->text[1]));
}

/* Appends a string and, after it, an octet. */
static bool
append(struct mo_string *to, const char *text, char end)
{
	size_t n = strlen(text);
	char *grown = realloc((char *)to->bytes, to->len + n + 2);

	if (!grown)
		return false;
	memcpy(grown + to->len, text, n);
	grown[to->len + n] = end;
	grown[to->len + n + 1] = '\0';
	to->bytes = grown;
	to->len += n + 1;
	return true;
}

static bool
read_key(struct po_entry *entry)
{
	const char *context = po_message_msgctxt(entry->message), *plural = po_message_msgid_plural(entry->message);
	bool fine = !context || append(&entry->key, context, EOT);

	fine = fine && append(&entry->key, po_message_msgid(entry->message), '\0');
	fine = fine && (!plural || append(&entry->key, plural, '\0'));
	entry->key.len -= fine;
	return fine;
}

static bool
read_text(struct po_entry *entry)
{
	bool plural = po_message_msgid_plural(entry->message);
	const char *form = plural ? po_message_msgstr_plural(entry->message, 0) : po_message_msgstr(entry->message);
	bool fine = true;

	for (; fine && form; form = plural ? po_message_msgstr_plural(entry->message, (int)entry->forms) : NULL) {
		fine = append(&entry->text, form, '\0');
		entry->forms++;
	}
	fine = fine && (entry->forms > 0 || append(&entry->text, "", '\0'));
	entry->text.len -= fine;
	return fine;
}

static bool
read_entry(struct po_entry *entry, po_message_t message, bool own)
{
	*entry = (struct po_entry) { .message = message };
	read_context(entry, po_message_msgctxt(message), own);
	entry->header = !po_message_msgctxt(message) && !*po_message_msgid(message);
	entry->stale = is_stale(message, entry->id);
	if (!read_key(entry) || !read_text(entry))
		return false;
	entry->compiled = *entry->text.bytes && (entry->header || !po_message_is_fuzzy(message));
	return true;
}

bool
po_entries_read(struct po_entries *entries, po_file_t file, bool own)
{
	po_message_iterator_t iterator = po_message_iterator(file, NULL);
	po_message_t message;
	size_t room = 0;
	bool fine = true;

	*entries = (struct po_entries) { 0 };
	while (fine && (message = po_next_message(iterator))) {
		if (po_message_is_obsolete(message))
			continue;
		if (entries->count == room) {
			struct po_entry *grown = reallocarray(
			    entries->entry, room = room > 0 ? 2 * room : 256, sizeof *grown);

			if (!(fine = grown))
				break;
			entries->entry = grown;
		}
		fine = read_entry(&entries->entry[entries->count++], message, own);
	}
	po_message_iterator_free(iterator);
	return fine;
}

void
po_entries_free(struct po_entries *entries)
{
	for (size_t i = 0; i < entries->count; i++) {
		free((char *)entries->entry[i].key.bytes);
		free((char *)entries->entry[i].text.bytes);
	}
	free(entries->entry);
	*entries = (struct po_entries) { 0 };
}

bool
po_entry_is_empty(const struct po_entry *entry)
{
	for (size_t i = 0; i < entry->text.len; i++)
		if (entry->text.bytes[i])
			return false;
	return true;
}

char *
po_entries_compile(const struct po_entries *entries, size_t *len)
{
	struct mo_entry *compiled = calloc(entries->count + 1, sizeof *compiled);
	size_t count = 0;
	char *octets;

	if (!compiled)
		return NULL;
	for (size_t i = 0; i < entries->count; i++)
		if (entries->entry[i].compiled)
			compiled[count++] = (struct mo_entry) { entries->entry[i].key, entries->entry[i].text };
	octets = mo_write(compiled, count, len);
	free(compiled);
	return octets;
}
