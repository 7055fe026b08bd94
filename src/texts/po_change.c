/* Changes of a .po, and its compiled form. */
#include "texts/po_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/mo.h"

enum { EOT = '\004' };

static void
put_quoted(FILE *out, const char *text)
{
	static const char octets[] = "\n\t\r\a\b\f\v\"\\", letters[] = "ntrabfv\"\\";
	putc('"', out);
	for (; *text != '\0'; text++) {
		const char *found = strchr(octets, *text);
		if (found != NULL)
			fprintf(out, "\\%c", letters[found - octets]);
		else
			putc(*text, out);
	}
	fputs("\"\n", out);
}

static void
put_keys(FILE *out, const struct po_words *words)
{
	if (words->context != NULL) {
		fputs("msgctxt ", out);
		put_quoted(out, words->context);
	}
	fputs("msgid ", out);
	put_quoted(out, words->id);
	if (words->plural != NULL) {
		fputs("msgid_plural ", out);
		put_quoted(out, words->plural);
	}
	for (unsigned i = 0; i < words->forms; i++) {
		if (words->plural != NULL)
			fprintf(out, "msgstr[%u] ", i);
		else
			fputs("msgstr ", out);
		put_quoted(out, words->form[i]);
	}
}

/* Copies comments without the flag fuzzy; a line of flags with no other one is left out. */
static void
put_comments(FILE *out, const char *at, const char *end)
{
	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at)), *next = stop != NULL ? stop + 1 : end;
		if (next - at < 2 || at[0] != '#' || at[1] != ',') {
			fwrite(at, 1, (size_t)(next - at), out);
			at = next;
			continue;
		}
		unsigned flags = 0;
		for (const char *p = at + 2; p < next;) {
			p += strspn(p, " \t,\r\n");
			size_t len = strcspn(p, " \t,\r\n");
			if (p < next && len > 0 && (len != 5 || memcmp(p, "fuzzy", 5) != 0))
				fprintf(out, "%s%.*s", flags++ == 0 ? "#, " : ", ", (int)len, p);
			p += len;
		}
		if (flags > 0)
			putc('\n', out);
		at = next;
	}
}

/* Ends a change. NULL if memory was exhausted on the way. */
static char *
finish(FILE *out, char **octets)
{
	bool fine = !ferror(out);
	if (fclose(out) == 0 && fine)
		return *octets;
	free(*octets);
	*octets = NULL;
	errno = ENOMEM;
	return NULL;
}

/* The entry to be changed: that of the same English text, else one of another. */
static const struct po_item *
find_old(const struct po_file *po, const struct po_words *words)
{
	const struct po_item *item = po_file_find(po, words->context, words->id);
	return item != NULL ? item : po_file_find(po, words->context, NULL);
}

char *
po_file_set(const struct po_file *po, const struct po_words *words, size_t *len)
{
	char *octets = NULL;
	FILE *out = open_memstream(&octets, len);
	if (out == NULL)
		return NULL;
	const struct po_item *old = find_old(po, words);
	if (old != NULL) {
		fwrite(po->octets, 1, old->begin, out);
		put_comments(out, po->octets + old->begin, po->octets + old->keys);
		put_keys(out, words);
		fwrite(po->octets + old->end, 1, po->len - old->end, out);
		return finish(out, &octets);
	}
	fwrite(po->octets, 1, po->len, out);
	if (po->len > 0)
		fputs(po->octets[po->len - 1] == '\n' ? "\n" : "\n\n", out);
	put_keys(out, words);
	return finish(out, &octets);
}

char *
po_file_unset(const struct po_file *po, const struct po_item *item, size_t *len)
{
	char *octets = NULL;
	FILE *out = open_memstream(&octets, len);
	if (out == NULL)
		return NULL;
	size_t from = item->begin, to = item->end;
	/* The empty line that parted it from the entry before goes with it. */
	if (from >= 2 && po->octets[from - 1] == '\n' && po->octets[from - 2] == '\n')
		from--;
	fwrite(po->octets, 1, from, out);
	fwrite(po->octets + to, 1, po->len - to, out);
	return finish(out, &octets);
}

char *
po_file_new(const char *language, const char *plural_forms, size_t *len)
{
	char *octets = NULL;
	FILE *out = open_memstream(&octets, len);
	if (out == NULL)
		return NULL;
	fprintf(out,
	    "msgid \"\"\nmsgstr \"\"\n\"Language: %s\\n\"\n\"MIME-Version: 1.0\\n\"\n"
	    "\"Content-Type: text/plain; charset=UTF-8\\n\"\n\"Content-Transfer-Encoding: 8bit\\n\"\n"
	    "\"Plural-Forms: %s\\n\"\n\"X-Domain: ftgate-local\\n\"\n",
	    language, plural_forms);
	return finish(out, &octets);
}

/* Writes an entry of a .mo. False if its strings cannot be those of a .po. */
static bool
put_entry(FILE *out, const struct mo_string *key, const struct mo_string *text)
{
	const char *form[PO_FORMS_MAX], *end = text->bytes + text->len, *at = text->bytes;
	char *copy = strndup(key->bytes, key->len), *middle = copy != NULL ? strchr(copy, EOT) : NULL;
	size_t singular = copy != NULL ? strlen(copy) : 0;
	struct po_words words = {
		.context = middle != NULL ? copy : NULL,
		.id = middle != NULL ? middle + 1 : copy,
		.plural = singular < key->len ? key->bytes + singular + 1 : NULL,
		.form = form,
	};
	for (; at <= end && words.forms < PO_FORMS_MAX; at += strlen(at) + 1)
		form[words.forms++] = at;
	bool fine = copy != NULL && at > end && (words.plural != NULL || words.forms == 1);
	if (middle != NULL)
		*middle = '\0';
	if (fine)
		put_keys(out, &words);
	free(copy);
	return fine;
}

char *
po_file_decompile(char *octets, size_t octets_len, size_t *len)
{
	struct mo mo;
	const char *why;
	char *source = NULL;
	bool fine = mo_parse(&mo, octets, octets_len, &why);
	FILE *out = fine ? open_memstream(&source, len) : NULL;
	errno = fine ? errno : EINVAL;
	if (out == NULL)
		return NULL;
	for (uint32_t i = 0; fine && i < mo.entries; i++) {
		const struct mo_string key = mo_key(&mo, i), text = mo_text(&mo, i);
		if (i > 0)
			putc('\n', out);
		fine = put_entry(out, &key, &text);
	}
	if (finish(out, &source) == NULL || fine)
		return source;
	free(source);
	errno = EINVAL;
	return NULL;
}

/* The key of an entry in a .mo: msgctxt, EOT, msgid, and after a NUL the plural. False if memory is exhausted. */
static bool
make_key(struct mo_string *key, const struct po_item *item)
{
	char *octets = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&octets, &len);
	if (out == NULL)
		return false;
	if (item->context != NULL)
		fprintf(out, "%s%c", item->context, EOT);
	fputs(item->id, out);
	if (item->plural != NULL) {
		putc('\0', out);
		fputs(item->plural, out);
	}
	bool fine = finish(out, &octets) != NULL;
	*key = (struct mo_string) { fine ? octets : NULL, len };
	return fine;
}

/* Adds an entry to those of a .mo. False if memory is exhausted. */
static bool
add(struct mo_entry *entries, size_t *count, const struct po_item *item)
{
	if (!po_item_is_compiled(item))
		return true;
	entries[*count].text = (struct mo_string) { item->text, item->text_len };
	return make_key(&entries[(*count)++].key, item);
}

char *
po_file_compile(const struct po_file *po, const struct po_item *only, size_t *len)
{
	struct mo_entry *entries = calloc(only != NULL ? 2 : po->count + 1, sizeof *entries);
	size_t count = 0;
	bool fine = entries != NULL;
	if (fine && only != NULL)
		fine = (po->header == NULL || add(entries, &count, po->header)) && add(entries, &count, only);
	for (size_t i = 0; fine && only == NULL && i < po->count; i++)
		fine = add(entries, &count, &po->item[i]);
	char *octets = fine ? mo_write(entries, count, len) : NULL;
	int error = errno;
	for (size_t i = 0; i < count; i++)
		free((char *)entries[i].key.bytes);
	free(entries);
	errno = error;
	return octets;
}
