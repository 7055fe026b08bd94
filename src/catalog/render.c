/* The one place where a reply becomes octets. Nothing here allocates, locks, waits or formats. */
#include "catalog/clean.h"
#include "catalog/generation.h"

#include <assert.h>
#include <string.h>

/* A line that was wrapped is at least half full, so there are at most 20 of them besides the text's own breaks. */
enum { LINES_WORST = 2 * TEXT_BREAKS + 1 + 20, FRAME_WORST = 16 + 2 * BIDI_OCTETS };
static_assert(
    2 * (TEXT_WORST + TEXT_VAR_MAX + 1) + TEXT_VAR_MAX + 1 + LINES_WORST * FRAME_WORST + LITERAL_PIECE <= FTG_REPLY_MAX,
    "two texts with their hosts and the frames of their lines fit a reply");
static_assert(4096 + 64 <= FTG_REPLY_MAX, "a challenge fits a reply");
static_assert((int)TEXT_VAR_MAX <= (int)FTG_LINK_MAX, "a link is as long as the value of a variable");

/* Not inlined: its arrays would cost each rendering a large stack frame. */
#define ASIDE __attribute__((noinline))

/* The state of one rendering. */
struct rendering {
	const struct language *language;
	const struct variant *variant; /* of the language, or NULL */
	const struct ftg_voice *voice;
	const struct ftg_reply *reply;
};

/* Sets the language, and its variant for the voice. */
static inline void
speak(struct rendering *r, ftg_lang wanted)
{
	const struct ftg_voice *voice = r->voice;
	const struct ftg_catalog *catalog = voice->catalog != NULL ? voice->catalog
	                                                           : ftg_catalog_english(FTG_PUBLISHED);
	ftg_lang language = wanted >= 0 && wanted < catalog->all ? wanted : FTG_ENGLISH;
	r->language = catalog->language[language];
	r->variant = voice->audience != FTG_EVERYONE || voice->domain != 0 ? variant_of(voice, catalog, language)
	                                                                   : NULL;
}

static inline const struct entry *
find_entry(const struct rendering *r, unsigned long id)
{
	const struct entry *own = text_entry(r->voice, (unsigned)id);
	return own != NULL ? own : language_entry(r->language, r->variant, r->voice->encoding, (unsigned)id);
}

static ASIDE char *
put_count(char *out, unsigned long n)
{
	char digits[24];
	size_t at = sizeof(digits);
	do {
		digits[--at] = (char)('0' + n % 10);
	} while ((n /= 10) > 0);
	memcpy(out, digits + at, sizeof(digits) - at);
	return out + sizeof(digits) - at;
}

static const char *
value_of(const struct rendering *r, enum ftg_var var)
{
	const char *value = r->voice->vars != NULL ? r->voice->vars->value[var] : NULL;
	if (value == NULL || value[0] == '\0')
		return var == FTG_VAR_HOST ? "localhost" : "";
	return value;
}

/* A URL of at most TEXT_VAR_MAX octets, and one more if it was cut. */
struct link {
	char bytes[TEXT_VAR_MAX + 1];
	size_t used;
};

static void
link_add(struct link *link, const char *bytes, size_t len)
{
	size_t room = sizeof(link->bytes) - link->used;
	memcpy(link->bytes + link->used, bytes, len < room ? len : room);
	link->used += len < room ? len : room;
}

/* Writes the page of a reference: replaces {lang} and {ref}, or appends the reference if the URL has neither. */
static ASIDE char *
put_link(char *out, const struct rendering *r, const char *ref)
{
	struct link link = { .used = 0 };
	bool replaced = false;
	const char *url = value_of(r, FTG_VAR_HELP), *brace;
	bool given = url[0] != '\0';
	for (; (brace = strchr(url, '{')) != NULL && link.used < sizeof(link.bytes);) {
		bool lang = strncmp(brace, "{lang}", 6) == 0, place = lang || strncmp(brace, "{ref}", 5) == 0;
		const char *value = lang ? r->language->name : ref + 1;
		link_add(&link, url, (size_t)(brace - url) + !place);
		if (place)
			link_add(&link, value, strlen(value));
		replaced = replaced || place;
		url = brace + (lang ? 6 : place ? 5 : 1);
	}
	link_add(&link, url, strnlen(url, sizeof(link.bytes)));
	if (given && !replaced)
		link_add(&link, ref + 1, strlen(ref + 1));
	return out + clean_text(out, TEXT_VAR_MAX, link.bytes, link.used, r->voice->encoding);
}

static ASIDE char *
put_variable(char *out, const struct rendering *r, const struct segment *s)
{
	enum ftg_var var = (enum ftg_var)s->index;
	const char *value = value_of(r, var);
	if (var == FTG_VAR_HELP)
		return put_link(out, r, s->bytes);
	return out + clean_text(out, s->octets, value, strnlen(value, s->octets + 1u), r->voice->encoding);
}

static char *compose(char *out, const struct rendering *r, const struct template *template);

/* A reason is a row without arguments inside another reply. Its length was bounded when it was compiled. */
static ASIDE char *
put_reason(char *out, const struct rendering *r, unsigned long id)
{
	if (id >= FTG_IDS)
		return out;
	const struct ftg_row *row = ftg_row((enum ftg_id)id);
	if (row->service != FTG_MAILBOX && row->service != FTG_SECPOL)
		return out;
	return compose(out, r, find_entry(r, id)->form);
}

static char *
put_argument(char *out, const struct rendering *r, const struct segment *s)
{
	const struct ftg_arg *arg = &r->reply->arg[s->index];
	const char *text = arg->text != NULL ? arg->text : "";
	size_t len = arg->text != NULL ? arg->len : 0;
	switch ((enum ftg_arg_kind)s->arg) {
	case FTG_ARG_COUNT: return put_count(out, arg->number);
	case FTG_ARG_REASON: return put_reason(out, r, arg->number);
	case FTG_ARG_CHALLENGE: return out + clean_base64(out, s->octets, text, len);
	default: return out + clean_text(out, s->octets, text, len, r->voice->encoding);
	}
}

/*
 * Copies whole pieces, also what is behind the literal. The excess is overwritten next, or is not part of the result.
 */
static inline char *
put_literal(char *out, const struct segment *s)
{
	memcpy(out, s->bytes, LITERAL_PIECE);
	for (size_t i = LITERAL_PIECE; i < s->octets; i += LITERAL_PIECE)
		memcpy(out + i, s->bytes + i, LITERAL_PIECE);
	return out + s->octets;
}

static char *
compose(char *out, const struct rendering *r, const struct template *template)
{
	const struct segment *end = template->segment + template->segments;
	for (const struct segment *s = template->segment; s < end; s++) {
		if (s->kind == PIECE_LITERAL)
			out = put_literal(out, s);
		else if (s->kind == PIECE_ARG)
			out = put_argument(out, r, s);
		else
			out = put_variable(out, r, s);
	}
	return out;
}

static const struct template *
choose_form(const struct rendering *r)
{
	const struct entry *entry = find_entry(r, r->reply->id);
	if (entry->plural == NULL)
		return entry->form;
	return &entry->form[plural_form(entry->plural, r->reply->arg[0].number)];
}

/* The greatest length up to max that does not cut a UTF-8 character. */
static size_t
whole_characters(const char *text, size_t max)
{
	while (max > 0 && ((unsigned char)text[max] & 0xC0) == 0x80)
		max--;
	return max;
}

/* How many of len octets fit on a line with this room: up to a line break, else up to the last space in its second half. */
static size_t
line_length(const char *text, size_t len, size_t room)
{
	const char *line_break = memchr(text, '\n', len <= room ? len : room + 1);
	if (line_break != NULL)
		return (size_t)(line_break - text);
	if (len <= room)
		return len;
	const char *space = memrchr(text + room / 2, ' ', room - room / 2 + 1);
	return space != NULL ? (size_t)(space - text) : whole_characters(text, room);
}

static size_t
put_control(char *out, const char *control, bool wanted)
{
	if (wanted)
		memcpy(out, control, BIDI_OCTETS);
	return wanted ? BIDI_OCTETS : 0;
}

/* Whether an isolate is open at the end of a line, which was open or not at its beginning. */
static bool
is_isolated(const char *line, size_t len, bool open)
{
	const char *begin = memmem(line, len, ISOLATE, BIDI_OCTETS), *end = memmem(line, len, ISOLATE_END, BIDI_OCTETS);
	return begin != NULL ? end == NULL || end < begin : open && end == NULL;
}

/*
 * RFC 5321 4.2.1: the code with a hyphen on all lines but the last; RFC 2034 4: the status on each. An isolate ends with
 * its line, so that each line has its own.
 */
static size_t
write_lines(char *out, const char *head, size_t head_len, const char *text, size_t len)
{
	bool open = false, has_isolate = memmem(text, len, ISOLATE, BIDI_OCTETS) != NULL;
	size_t used = 0, room = FTG_LINE_MAX - 2 - head_len - (has_isolate ? 2 * BIDI_OCTETS : 0);
	for (;;) {
		size_t octets = line_length(text, len, room);
		size_t next = octets + (octets < len && (text[octets] == ' ' || text[octets] == '\n'));
		memcpy(out + used, head, head_len);
		if (next < len)
			out[used + 3] = '-';
		used += head_len;
		used += put_control(out + used, ISOLATE, open);
		memcpy(out + used, text, octets);
		used += octets;
		open = has_isolate && is_isolated(text, octets, open);
		used += put_control(out + used, ISOLATE_END, open);
		memcpy(out + used, "\r\n", 2);
		used += 2;
		if (next >= len)
			return used;
		text += next;
		len -= next;
	}
}

/*
 * Adds the text of the second language, if it differs, as further lines before the reference. tail: octets of the
 * reference; link: of the link before it.
 */
static size_t
add_second(char *text, size_t len, size_t tail, size_t link, const struct rendering *first)
{
	char other[FTG_REPLY_MAX];
	struct rendering r = *first;
	speak(&r, first->voice->second);
	const struct template *template = choose_form(&r);
	size_t other_len = (size_t)(compose(other, &r, template) - other) - 2;
	const char *words = other + template->head;
	size_t words_len = other_len - template->head, own_len = len - tail - link;
	if (words_len - (template->tail - 2u) == own_len && memcmp(words, text, own_len) == 0)
		return len;
	len -= tail;
	text[len] = '\n';
	memcpy(text + len + 1, words, words_len);
	return len + 1 + words_len;
}

static ASIDE size_t
shape_smtp(char *buf, size_t len, const struct rendering *r, const struct template *template, size_t link)
{
	char head[32], text[FTG_REPLY_MAX];
	size_t text_len = len - template->head - 2;
	memcpy(head, buf, template->head);
	memcpy(text, buf + template->head, text_len);
	if (r->voice->bilingual)
		text_len = add_second(text, text_len, template->tail - 2u, link, r);
	return write_lines(buf, head, template->head, text, text_len);
}

/* The timestamp of the greeting (RFC 1939 section 7); "" if there is none or it is not valid. */
static const char *
timestamp_of(const struct ftg_reply *reply, size_t *len)
{
	const struct ftg_arg *arg = &reply->arg[1];
	*len = 0;
	if (ftg_row(reply->id)->args[1] != FTG_ARG_TIMESTAMP || arg->text == NULL || arg->len < 3 ||
	    arg->len > ftg_arg_max(FTG_ARG_TIMESTAMP) || arg->text[0] != '<' || arg->text[arg->len - 1] != '>')
		return "";
	for (size_t i = 1; i < arg->len - 1; i++) {
		if (arg->text[i] <= ' ' || arg->text[i] > '~' || strchr("<>()[]", arg->text[i]) != NULL)
			return "";
	}
	*len = arg->len;
	return arg->text;
}

/* Inserts before the line end, which must exist. Returns the new length. */
static size_t
add_timestamp(char *buf, size_t len, const char *timestamp, size_t octets)
{
	if (octets == 0)
		return len;
	buf[len - 2] = ' ';
	memcpy(buf + len - 1, timestamp, octets);
	memcpy(buf + len - 1 + octets, "\r\n", 2);
	return len + 1 + octets;
}

/*
 * RFC 2449 section 4: one line. The text is cut, never the link, the reference or the timestamp. Section 8: a [ would
 * begin a response code, and a ( instead of it could begin a reference.
 */
static size_t
shape_pop3(char *buf, size_t len, const struct rendering *r, const struct template *template, size_t link)
{
	size_t octets, first = template->head;
	size_t tail = template->tail + link + (template->isolated ? BIDI_OCTETS : 0);
	const char *timestamp = timestamp_of(r->reply, &octets);
	size_t max = FTG_LINE_MAX - octets - (octets > 0);
	while (buf[first] == ' ')
		first++;
	if (buf[first] == '[')
		buf[first] = '{';
	if (len > max) {
		size_t keep = whole_characters(buf, max - tail);
		memmove(buf + keep, buf + len - tail, tail);
		len = keep + tail;
	}
	return add_timestamp(buf, len, timestamp, octets);
}

/* The text alone, without the space that preceded its first argument. */
static size_t
shape_notice(char *buf, size_t len)
{
	memmove(buf, buf + 1, len - 1);
	return len - 1;
}

static bool
falls_back(const struct rendering *r, enum ftg_id id)
{
	enum ftg_encoding encoding = r->voice->encoding;
	if (text_entry(r->voice, id) != NULL)
		return false;
	if (r->variant != NULL && r->variant->has[encoding][id / 64] >> id % 64 & 1)
		return r->variant->falls_back[encoding][id / 64] >> id % 64 & 1;
	return r->language->falls_back[encoding][id];
}

static bool
wants_link(const struct rendering *r, const struct template *template)
{
	const struct ftg_voice *voice = r->voice;
	enum ftg_id id = r->reply->id;
	if (voice->link == FTG_LINK_NEVER || template->linked || value_of(r, FTG_VAR_HELP)[0] == '\0' ||
	    (voice->link == FTG_LINK_FALLBACK && !falls_back(r, id)))
		return false;
	char first = template->segment[0].bytes[0];
	return first == '4' || first == '5' || first == '-';
}

/* Inserts a space and the link before the tail. Returns their octets. */
static ASIDE size_t
add_link(char *buf, size_t len, const struct rendering *r, const struct template *template)
{
	char tail[32], *at = buf + len - template->tail;
	memcpy(tail, at, template->tail);
	*at = ' ';
	char *end = put_link(at + 1, r, ftg_row(r->reply->id)->ref);
	memcpy(end, tail, template->tail);
	return (size_t)(end - at);
}

size_t
ftg_render_link(char *buf, const struct ftg_voice *voice, const struct ftg_reply *reply)
{
	struct rendering r = { .voice = voice, .reply = reply };
	char link[1 + FTG_LINK_MAX] = " "; /* as in a reply: the octet before a value is read */
	speak(&r, voice->language);
	if (!wants_link(&r, choose_form(&r)))
		return 0;
	size_t len = (size_t)(put_link(link + 1, &r, ftg_row(reply->id)->ref) - (link + 1));
	memcpy(buf, link + 1, len);
	return len;
}

size_t
ftg_render(char *buf, const struct ftg_voice *voice, const struct ftg_reply *reply)
{
	struct rendering r = { .voice = voice, .reply = reply };
	speak(&r, voice->language);
	const struct template *template = choose_form(&r);
	size_t len = (size_t)(compose(buf, &r, template) - buf);
	size_t link = wants_link(&r, template) ? add_link(buf, len, &r, template) : 0;
	len += link;
	if (len <= FTG_LINE_MAX && !template->shaped && !voice->bilingual)
		return len;
	enum ftg_service service = ftg_row(reply->id)->service;
	if (service == FTG_SMTP && reply->id != ERR_SMTP_334)
		return shape_smtp(buf, len, &r, template, link);
	if (service == FTG_DSN)
		return shape_notice(buf, len);
	return service == FTG_POP3 ? shape_pop3(buf, len, &r, template, link) : len;
}
