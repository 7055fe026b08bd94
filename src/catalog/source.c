/* A source of texts: turns the entries of a catalogue into templates, or refuses them. */
#include "catalog/source.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "catalog/table.h"

struct source *
source_new(struct loader *loader, const struct tag *tag, enum ftg_origin origin)
{
	struct source *source = arena_alloc(loader->sources, sizeof(*source));
	char *name = arena_alloc(loader->arena, TAG_TEXT);
	if (source == NULL || name == NULL)
		return NULL;
	source->tag = *tag;
	tag_format(tag, name);
	source->name = name;
	source->origin = origin;
	source->plural = plural_default();
	return source;
}

void
loader_refuse(struct loader *loader, bool whole_file, enum ftg_id id, enum ftg_rule rule, const char *detail)
{
	char clean[96];
	size_t len = 0;
	for (; detail[len] != '\0' && len < sizeof(clean) - 1; len++)
		clean[len] = detail[len] >= 0x20 && detail[len] <= 0x7E ? detail[len] : '?';
	clean[len] = '\0';
	struct ftg_refusal refusal = {
		.file = loader->file,
		.language = loader->language,
		.whole_file = whole_file,
		.id = id,
		.rule = rule,
		.detail = clean,
		.audience = whole_file ? FTG_EVERYONE : loader->audience,
	};
	loader->refusals++;
	if (loader->report != NULL)
		loader->report(loader->context, &refusal);
}

/* Splits the forms and parses each into loader->utf8. Returns their number, or 0 if one breaks a rule. */
static unsigned
parse_forms(struct loader *loader, const struct source *source, enum ftg_id id, const char *forms, size_t len)
{
	struct violation violation;
	bool plural = ftg_row(id)->text[1] != NULL;
	unsigned wanted = plural ? source->plural->forms : 1, n = 0;
	for (const char *at = forms, *end = forms + len; at <= end && n <= wanted; n++) {
		const char *stop = memchr(at, '\0', (size_t)(end - at));
		size_t octets = (size_t)((stop != NULL ? stop : end) - at);
		if (n < wanted && octets == 0) {
			loader_refuse(loader, false, id, FTG_RULE_EMPTY, "a form without a text");
			return 0;
		}
		if (n < wanted && !text_parse(&loader->utf8[n], id, at, octets, &violation)) {
			loader_refuse(loader, false, id, violation.rule, violation.detail);
			return 0;
		}
		at += octets + 1;
	}
	if (n != wanted) {
		loader_refuse(loader, false, id, plural ? FTG_RULE_PLURALS : FTG_RULE_CONTROL,
		    plural ? "another number of forms than the header says" : "U+0000");
		return 0;
	}
	return n;
}

/* Folds all forms into loader->ascii. Returns as text_fold() does. */
static int
fold_forms(struct loader *loader, const struct source *source, enum ftg_id id, unsigned forms)
{
	struct violation violation;
	for (unsigned i = 0; i < forms; i++) {
		int folded = text_fold(&loader->ascii[i], &loader->utf8[i], id, &source->tag, &violation);
		if (folded == -1)
			loader_refuse(loader, false, id, violation.rule, violation.detail);
		if (folded <= 0)
			return folded;
	}
	return 1;
}

static bool
are_ascii(const struct text *form, unsigned forms)
{
	for (unsigned i = 0; i < forms; i++) {
		if (!form[i].ascii)
			return false;
	}
	return true;
}

static const struct entry *
make_entry(struct loader *loader, const struct source *source, enum ftg_id id, const struct text *form, unsigned forms,
    bool isolate)
{
	struct entry *entry = arena_alloc(loader->arena, sizeof(*entry));
	if (entry == NULL)
		return NULL;
	*entry = (struct entry) {
		.form = template_make(loader->arena, id, loader->profile, form, forms, isolate),
		.plural = forms > 1 ? source->plural : NULL,
		.spoken = source->name,
		.origin = (uint8_t)source->origin,
	};
	return entry;
}

void
source_add(struct loader *loader, struct source *source, enum ftg_id id, const char *text, size_t len)
{
	unsigned forms = parse_forms(loader, source, id, text, len);
	int folded = forms > 0 ? fold_forms(loader, source, id, forms) : -1;
	if (folded == -2)
		loader->arena->failed = true;
	if (folded < 0)
		return;
	bool ascii = are_ascii(loader->utf8, forms), isolate = !ascii && tag_is_rtl(&source->tag);
	const struct entry **to = source->entry[loader->audience][FTG_UTF8];
	to[id] = make_entry(loader, source, id, loader->utf8, forms, isolate);
	if (folded == 0)
		return;
	source->entry[loader->audience][FTG_ASCII][id] = ascii
	    ? to[id]
	    : make_entry(loader, source, id, loader->ascii, forms, false);
}

/* The value of a header field, up to its line end; NULL if there is none. */
static const char *
header_field(const char *header, size_t len, const char *name, size_t *value_len)
{
	size_t name_len = strlen(name);
	for (const char *at = header, *end = header + len; at < end;) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t line = (size_t)((stop != NULL ? stop : end) - at);
		if (line > name_len && strncasecmp(at, name, name_len) == 0 && at[name_len] == ':') {
			*value_len = line - name_len - 1;
			return at + name_len + 1;
		}
		at += line + 1;
	}
	return NULL;
}

/* The value of a field; if no line begins with it, the rest of a line from its words on, as libintl finds them. */
static const char *
header_words(const char *header, size_t len, const char *name, const char *words, size_t *value_len)
{
	const char *value = header_field(header, len, name, value_len);
	if (value == NULL && (value = memmem(header, len, words, strlen(words))) != NULL) {
		const char *stop = memchr(value, '\n', len - (size_t)(value - header));
		*value_len = stop != NULL ? (size_t)(stop - value) : len - (size_t)(value - header);
	}
	return value;
}

bool
source_plural(struct loader *loader, struct source *source, const char *header, size_t len)
{
	size_t value_len;
	const char *value = header_words(header, len, "Plural-Forms", "nplurals", &value_len);
	if (value == NULL)
		return true;
	if (!plural_parse(&loader->rule, value, value_len)) {
		loader_refuse(loader, true, FTG_IDS, FTG_RULE_PLURALS, "Plural-Forms is malformed");
		return false;
	}
	struct plural *kept = arena_alloc(loader->arena, plural_size(&loader->rule));
	if (kept != NULL)
		source->plural = memcpy(kept, &loader->rule, plural_size(&loader->rule));
	return true;
}

static bool
charset_is_utf8(const char *header, size_t len)
{
	size_t value_len;
	const char *value = header_words(header, len, "Content-Type", "charset=", &value_len);
	static const char utf8[] = "charset=UTF-8";
	size_t want = sizeof(utf8) - 1;
	for (size_t i = 0; value != NULL && i + want <= value_len; i++) {
		if (strncasecmp(value + i, utf8, want) == 0)
			return i + want == value_len || value[i + want] == ';' || value[i + want] == ' ';
	}
	return value == NULL;
}

static bool
read_header(struct loader *loader, struct source *source, const struct mo *mo)
{
	for (uint32_t i = 0; i < mo->entries; i++) {
		if (mo_key(mo, i).len > 0)
			continue;
		struct mo_string header = mo_text(mo, i);
		if (!charset_is_utf8(header.bytes, header.len)) {
			loader_refuse(loader, true, FTG_IDS, FTG_RULE_CHARSET, "the header names another charset");
			return false;
		}
		if (!source_plural(loader, source, header.bytes, header.len))
			return false;
	}
	return true;
}

static bool
is_current(enum ftg_id id, const char *msgid, size_t len)
{
	const struct ftg_row *row = ftg_row(id);
	size_t singular = strlen(row->text[0]);
	const char *plural = row->text[1];
	if (plural == NULL)
		return len == singular && memcmp(msgid, row->text[0], len) == 0;
	return len == singular + 1 + strlen(plural) && memcmp(msgid, row->text[0], singular + 1) == 0 &&
	    memcmp(msgid + singular + 1, plural, strlen(plural)) == 0;
}

/* Reports an entry without a known ID, with what it has instead. */
static void
refuse_unknown(struct loader *loader, struct mo_string key, const char *context_end)
{
	char name[64] = "";
	if (context_end != NULL)
		snprintf(name, sizeof(name), "%.*s", (int)(context_end - key.bytes), key.bytes);
	loader_refuse(loader, false, FTG_IDS, FTG_RULE_UNKNOWN, name[0] != '\0' ? name : "an entry with no msgctxt");
}

/* The reply of a key, whose msgctxt ends here; sets the audience of the loader. "ID|user" is for own texts alone. */
static enum ftg_id
find_id(struct loader *loader, const struct source *source, const char *context, const char *context_end)
{
	static const char users[] = "|user";
	size_t len = context_end != NULL ? (size_t)(context_end - context) : 0, suffix = sizeof(users) - 1;
	bool for_users = source->origin == FTG_FROM_OVERLAY && len > suffix &&
	    memcmp(context_end - suffix, users, suffix) == 0;
	enum ftg_id id = len > 0 ? table_find(context, for_users ? len - suffix : len) : FTG_IDS;
	loader->audience = for_users && id != FTG_IDS ? FTG_USERS : FTG_EVERYONE;
	return id;
}

static void
add_entry(struct loader *loader, struct source *source, struct mo_string key, struct mo_string text)
{
	if (key.len == 0)
		return;
	const char *context_end = memchr(key.bytes, '\004', key.len);
	enum ftg_id id = find_id(loader, source, key.bytes, context_end);
	if (id == FTG_IDS)
		refuse_unknown(loader, key, context_end);
	else if (!is_current(id, context_end + 1, key.len - (size_t)(context_end - key.bytes) - 1))
		loader_refuse(loader, false, id, FTG_RULE_STALE, "its msgid is not the English text of the table");
	else if (text.len > 0)
		source_add(loader, source, id, text.bytes, text.len);
}

/* A C program would put a system-dependent string together; a reply cannot depend on the system. */
static void
refuse_dependent(struct loader *loader, const struct source *source, struct mo_string key)
{
	const char *context_end = memchr(key.bytes, '\004', key.len);
	enum ftg_id id = find_id(loader, source, key.bytes, context_end);
	if (id == FTG_IDS)
		refuse_unknown(loader, key, context_end);
	else
		loader_refuse(loader, false, id, FTG_RULE_DIRECTIVE,
		    "looks like a system-dependent directive such as %Id or %<PRIu64>");
}

bool
source_fill(struct loader *loader, struct source *source, const struct mo *mo)
{
	if (!read_header(loader, source, mo))
		return false;
	for (uint32_t i = 0; i < mo->entries; i++)
		add_entry(loader, source, mo_key(mo, i), mo_text(mo, i));
	for (uint32_t i = 0; i < mo->dependents; i++)
		refuse_dependent(loader, source, mo_dependent_key(mo, i));
	loader->audience = FTG_EVERYONE;
	return true;
}
