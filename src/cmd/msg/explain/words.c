/* Finds a reply by its words, if the reference is missing: all fixed parts of a text, in order. */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "beside.h"
#include "cmd/msg/texts.h"

enum {
	LOOK_MAX = 64 * 1024, /* octets of a paste that are searched */
	GAP_MAX = 400,        /* octets that an argument can have */
	WORDS_MIN = 4,        /* fewer words are other servers' words too */
	WORDS_FOREIGN = 3,    /* the same, of a language other than English */
	WORDS_NOTICE = 9,     /* the same, of a DSN: any server writes "Your message could not be delivered" */
	OCTETS_MIN = 16,      /* least octets of all parts together */
	CUT_MIN = 3,          /* least octets of a part that the end of the text cuts off */
	CUT_OCTETS = 24,      /* least octets of a form that is cut off */
	WORDS_PART = 6,       /* fewer words of a text that was worded otherwise are not known to be ours */
	GRAM = 6,             /* octets of which the index knows whether they are in the paste */
	INDEX_BITS = 18,
};

/* What is looked for, in turn: whole words; words that the end of the text cuts off; the most of them. */
enum pass { PASS_WHOLE, PASS_CUT, PASS_PART, PASSES };

struct search {
	struct hits *hits;
	const ftg_catalog *catalog;
	const char *text; /* plain */
	size_t len;
	size_t best; /* octets of the longest words found */
	enum pass pass;
	const struct foreign *report;
	uint64_t index[(1 << INDEX_BITS) / 64];
};

/* The fixed parts of one form, plain, without those that hold no word. */
struct form {
	char octets[TEXTS_MAX];
	struct literal part[TEXTS_LITERALS_MAX];
	size_t count;
	size_t longest; /* index of a part */
	size_t len;     /* octets of all parts */
	unsigned words;
};

/* Octets of a blank at p that is not ASCII: U+00A0 or U+202F. 0: none. */
static size_t
blank_at(const char *p, size_t n)
{
	if (n >= 2 && memcmp(p, "\xC2\xA0", 2) == 0)
		return 2;
	return n >= 3 && memcmp(p, "\xE2\x80\xAF", 3) == 0 ? 3 : 0;
}

/*
 * Octets of an invisible character at p, which bounce_read() leaves out: U+200B
 * to U+200F, U+202A to U+202E, U+206x. 0: none.
 */
static size_t
invisible_at(const char *p, size_t n)
{
	unsigned char b = n >= 3 ? (unsigned char)p[1] : 0, c = n >= 3 ? (unsigned char)p[2] : 0;

	if (n < 3 || (unsigned char)*p != 0xE2)
		return 0;
	return (b == 0x80 && ((c >= 0x8B && c <= 0x8F) || (c >= 0xAA && c <= 0xAE))) ||
	        (b == 0x81 && c >= 0xA0 && c <= 0xAF)
	    ? 3
	    : 0;
}

/*
 * Hyphens and quotation marks as mail programs replace them: U+2010 to U+2015, U+2018, U+2019, U+201C, U+201D. 0: none.
 */
static char
typed_as(const char *p, size_t n)
{
	unsigned char c = n >= 3 ? (unsigned char)p[2] : 0;

	if (n < 3 || memcmp(p, "\xE2\x80", 2) != 0)
		return 0;
	if (c >= 0x90 && c <= 0x95)
		return '-';
	if (c == 0x98 || c == 0x99)
		return '\'';
	return c == 0x9C || c == 0x9D ? '"' : 0;
}

/* The octets of a visible character at p that is not ASCII; *plain: the octet that is written for them. */
static size_t
plain_of(char *plain, const char *p, size_t n)
{
	size_t step = blank_at(p, n);

	if (step > 0) {
		*plain = ' ';
		return step;
	}
	if ((*plain = typed_as(p, n)) != 0)
		return 3;
	*plain = *p;
	return 1;
}

/*
 * Writes text with lower-case ASCII letters and single spaces, since mail programs change case and wrap lines. The
 * function runs for every form of every language, and most octets are ASCII.
 */
static size_t
put_plain(char *out, const char *text, size_t n)
{
	size_t len = 0, step;

	for (size_t i = 0; i < n; i += step) {
		char c = text[i];
		bool ascii = (unsigned char)c < 0x80;

		if (!ascii && (step = invisible_at(text + i, n - i)) > 0)
			continue;
		step = ascii ? 1 : plain_of(&c, text + i, n - i);
		if (isspace((unsigned char)c))
			c = ' ';
		else if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (c != ' ' || (len > 0 && out[len - 1] != ' '))
			out[len++] = c;
	}
	return len;
}

static bool
is_letter(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

/* Whether a character of Thai, kana or Han begins at p: their words have no blanks between them. */
static bool
is_dense(const char *p, size_t n)
{
	unsigned char a = (unsigned char)p[0], b = n > 1 ? (unsigned char)p[1] : 0;

	return (a == 0xE0 && (b == 0xB8 || b == 0xB9)) || (a == 0xE3 && b >= 0x81 && b <= 0x83) ||
	    (a >= 0xE4 && a <= 0xE9);
}

/* Words of a plain text; two characters of a script without blanks count as one. */
static unsigned
count_words(const char *text, size_t n)
{
	unsigned words = 0, dense = 0;
	bool in_word = false;

	for (size_t i = 0; i < n; i++) {
		if (is_dense(text + i, n - i)) {
			dense++;
			in_word = true;
		} else if (!in_word && is_letter(text[i])) {
			words++;
			in_word = true;
		} else if (text[i] == ' ') {
			in_word = false;
		}
	}
	return words + dense / 2;
}

static uint32_t
gram_hash(const char *p)
{
	uint64_t h = 0;

	for (int i = 0; i < GRAM; i++)
		h = h << 8 | (unsigned char)p[i];
	return (uint32_t)((h * 0x9E3779B97F4A7C15u) >> (64 - INDEX_BITS));
}

static void
index_text(struct search *s)
{
	for (size_t i = 0; i + GRAM <= s->len; i++) {
		uint32_t h = gram_hash(s->text + i);

		s->index[h / 64] |= (uint64_t)1 << (h % 64);
	}
}

static bool
may_contain(const struct search *s, const struct literal *part)
{
	for (size_t i = 0; i + GRAM <= part->len; i += GRAM) {
		uint32_t h = gram_hash(part->octets + i);

		if (!(s->index[h / 64] >> (h % 64) & 1))
			return false;
	}
	return true;
}

static void
add_part(struct form *form, const char *octets, size_t len)
{
	while (len > 0 && !is_letter(octets[0])) {
		octets++;
		len--;
	}
	while (len > 0 && !is_letter(octets[len - 1]))
		len--;
	if (len == 0)
		return;
	form->part[form->count] = (struct literal) { octets, len };
	if (len > form->part[form->longest].len)
		form->longest = form->count;
	form->count++;
	form->len += len;
	form->words += count_words(octets, len);
}

static bool
is_english(const struct search *s, ftg_lang language)
{
	return language == FTG_ENGLISH || strcmp(ftg_catalog_tag(s->catalog, language), "en") == 0;
}

/* The voice in which everyone reads a language. */
static struct ftg_voice
voice_of(const struct search *s, ftg_lang language, enum ftg_encoding encoding)
{
	return (struct ftg_voice) { .catalog = s->catalog, .language = language, .encoding = encoding };
}

/* False if the form has too few words to be known by them. */
static bool
form_read(struct form *form, const struct search *s, ftg_lang language, enum ftg_encoding encoding, enum ftg_id id,
    unsigned number)
{
	struct literal literals[TEXTS_LITERALS_MAX];
	const struct ftg_voice voice = voice_of(s, language, encoding);
	size_t n = texts_literals(literals, &voice, id, number), used = 0;
	unsigned least = ftg_row(id)->service == FTG_DSN ? WORDS_NOTICE
	    : is_english(s, language)                    ? WORDS_MIN
	                                                 : WORDS_FOREIGN;

	form->count = form->longest = form->len = form->words = 0;
	for (size_t i = 0; i < n && literals[i].len <= sizeof form->octets - used; i++) {
		size_t len = put_plain(form->octets + used, literals[i].octets, literals[i].len);

		add_part(form, form->octets + used, len);
		used += len;
	}
	return form->words >= least && form->len >= OCTETS_MIN;
}

/* Whether a part is at p as whole words. Scripts without blanks have none. */
static bool
is_whole(const struct search *s, const char *p, const struct literal *part)
{
	const char *end = p + part->len;
	bool before = p > s->text && isalnum((unsigned char)p[-1]) && isalnum((unsigned char)*p);
	bool after = end < s->text + s->len && isalnum((unsigned char)*end) && isalnum((unsigned char)end[-1]);

	return !before && !after;
}

/* Whether the argument can have blanks in it. */
static bool
is_words(enum ftg_arg_kind kind)
{
	return kind == FTG_ARG_TEXT || kind == FTG_ARG_REASON || kind == FTG_ARG_BANNER;
}

/* Whether octets between two parts can be an argument of the row: prose has words there, and an address has "@". */
static bool
is_argument(const struct ftg_row *row, const char *p, size_t n, bool address)
{
	bool words = row->args[0] == FTG_ARG_NONE, addresses = !words;

	for (int i = 0; i < FTG_ARGS_MAX && row->args[i] != FTG_ARG_NONE; i++) {
		words = words || is_words(row->args[i]);
		addresses = addresses && (row->args[i] == FTG_ARG_ADDRESS || row->args[i] == FTG_ARG_PATH);
	}
	if (words || memchr(p, '@', n) || memchr(p, '<', n))
		return true;
	while (n > 0 && !is_letter(p[0])) {
		p++;
		n--;
	}
	while (n > 0 && !is_letter(p[n - 1]))
		n--;
	return !memchr(p, ' ', n) && !(address && addresses);
}

/*
 * The end of the form's parts that follow the first one, in order from p; NULL: they are not there. address: what
 * stands for an address must look like one.
 */
static const char *
match_rest(const struct search *s, const struct form *form, const struct ftg_row *row, const char *p, bool address)
{
	const char *end = s->text + s->len;

	for (size_t i = 1; i < form->count; i++) {
		size_t window = (size_t)(end - p) < GAP_MAX + form->part[i].len ? (size_t)(end - p)
		                                                                : GAP_MAX + form->part[i].len;
		const char *at = memmem(p, window, form->part[i].octets, form->part[i].len);

		if (!at || !is_whole(s, at, &form->part[i]) || !is_argument(row, p, (size_t)(at - p), address))
			return NULL;
		p = at + form->part[i].len;
	}
	return p;
}

static enum beside
beside(const struct search *s, const struct ftg_row *row, const char *words, const char *end)
{
	return beside_words(row, &(struct place) { s->text, s->len, words, end }, s->report);
}

/* Whether the whole form begins at p. Without a code beside it, it must look like ours in each part. */
static bool
is_here(const struct search *s, const struct form *form, const struct ftg_row *row, const char *p)
{
	const char *behind = p + form->part[0].len;
	const char *end = is_whole(s, p, &form->part[0]) ? match_rest(s, form, row, behind, false) : NULL;

	if (!end)
		return false;
	switch (beside(s, row, p, end)) {
	case BESIDE_OWN: return true;
	case BESIDE_NOTHING: return match_rest(s, form, row, behind, true) != NULL;
	default: return false;
	}
}

static bool
is_there(const struct search *s, const struct form *form, const struct ftg_row *row)
{
	const struct literal *first = &form->part[0];
	const char *end = s->text + s->len, *p = s->text;

	if (!memmem(s->text, s->len, form->part[form->longest].octets, form->part[form->longest].len))
		return false;
	while ((p = memmem(p, (size_t)(end - p), first->octets, first->len)) != NULL) {
		if (is_here(s, form, row, p))
			return true;
		p++;
	}
	return false;
}

/* Whether the longest part is there, beside a code and a status of the row: a translation may have changed since. */
static bool
is_part_there(const struct search *s, const struct form *form, const struct ftg_row *row)
{
	const struct literal *part = &form->part[form->longest];
	const char *end = s->text + s->len, *p = s->text;

	if (count_words(part->octets, part->len) < WORDS_PART || part->len * 2 < form->len || row->service != FTG_SMTP)
		return false;
	while ((p = memmem(p, (size_t)(end - p), part->octets, part->len)) != NULL) {
		if (is_whole(s, p, part) && beside(s, row, p, p + part->len) == BESIDE_OWN)
			return true;
		p++;
	}
	return false;
}

/* The first place from p on at which the text ends with a beginning of the part; NULL: there is none. */
static const char *
match_cut(const struct search *s, const struct literal *part, const char *p)
{
	const char *end = s->text + s->len;

	if ((size_t)(end - p) > GAP_MAX + part->len)
		return NULL;
	if ((size_t)(end - p) >= part->len)
		p = end - part->len + 1;
	for (; end - p >= CUT_MIN; p++)
		if (memcmp(p, part->octets, (size_t)(end - p)) == 0 &&
		    is_whole(s, p, &(struct literal) { p, (size_t)(end - p) }))
			return p;
	return NULL;
}

/* Whether the text is cut off inside of the form, after enough words of it. */
static bool
is_cut(const struct search *s, const struct form *form, const struct ftg_row *row)
{
	const char *end = s->text + s->len, *p = s->text, *first = NULL, *cut;
	unsigned words = 0;
	size_t len = 0;

	if (row->service == FTG_DSN)
		return false;
	for (size_t i = 0; i < form->count; i++) {
		const struct literal *part = &form->part[i];
		const char *at = memmem(p, (size_t)(end - p), part->octets, part->len);

		if (!at && (cut = match_cut(s, part, i == 0 && s->len > part->len ? end - part->len : p)) != NULL) {
			words += count_words(cut, (size_t)(end - cut));
			len += (size_t)(end - cut);
			return words > WORDS_MIN && len >= CUT_OCTETS &&
			    beside(s, row, first ? first : cut, end) != BESIDE_OTHER;
		}
		if (!at || !is_whole(s, at, part))
			return false;
		first = first ? first : at;
		words += count_words(part->octets, part->len);
		len += part->len;
		p = at + part->len;
	}
	return false;
}

/* RFC 5321 section 4.2.3 gives these words, and many servers use them. */
static bool
is_common(const struct search *s, enum ftg_id id, ftg_lang language)
{
	return is_english(s, language) && (id == ERR_SMTP_CLOSING || id == ERR_SMTP_DATASTART);
}

static bool
matches(const struct search *s, const struct form *form, const struct ftg_row *row)
{
	switch (s->pass) {
	case PASS_WHOLE: return may_contain(s, &form->part[form->longest]) && is_there(s, form, row);
	case PASS_CUT: return is_cut(s, form, row);
	default: return may_contain(s, &form->part[form->longest]) && is_part_there(s, form, row);
	}
}

static void
search_form(struct search *s, ftg_lang language, enum ftg_encoding encoding, enum ftg_id id, unsigned number)
{
	struct hit hit = { .kind = HIT_REPLY, .id = id, .language = ftg_catalog_tag(s->catalog, language) };
	struct form form;

	if (!form_read(&form, s, language, encoding, id, number) || form.len < s->best)
		return;
	if (!matches(s, &form, ftg_row(id)))
		return;
	if (form.len > s->best)
		s->hits->count = 0;
	s->best = form.len;
	hits_add(s->hits, &hit);
}

static void
search_language(struct search *s, ftg_lang language)
{
	for (int encoding = 0; encoding < FTG_ENCODINGS; encoding++)
		for (enum ftg_id id = 0; id < FTG_IDS; id++) {
			enum ftg_encoding e = (enum ftg_encoding)encoding;
			const struct ftg_voice voice = voice_of(s, language, e);
			unsigned forms = texts_forms(&voice, id);

			if (is_common(s, id, language) ||
			    (language != FTG_ENGLISH &&
			        strcmp(ftg_catalog_spoken_in(s->catalog, language, e, id),
			            ftg_catalog_tag(s->catalog, language)) != 0))
				continue;
			for (unsigned form = 0; form < forms; form++)
				search_form(s, language, e, id, form);
		}
}

static void
search_languages(struct search *s)
{
	for (ftg_lang language = 0; language < ftg_catalog_languages(s->catalog); language++)
		search_language(s, language);
}

/* Each pass is for a text in which the one before has found nothing. */
static void
search_text(struct search *s)
{
	index_text(s);
	for (int pass = 0; pass < PASSES && s->hits->count == 0; pass++) {
		s->pass = (enum pass)pass;
		while (s->pass == PASS_CUT && s->len > 0 && !is_letter(s->text[s->len - 1]))
			s->len--;
		search_languages(s);
	}
}

/* Of several replies with the same words, keeps those whose reply code is in the text, if any is. */
static void
narrow(struct hits *hits, const char *text, size_t n)
{
	struct hits kept = { 0 };

	for (size_t i = 0; i < hits->count; i++) {
		const struct ftg_row *row = ftg_row(hits->at[i].id);

		if (find_code(row->code[FTG_PUBLISHED].reply, text, n) ||
		    find_code(row->code[FTG_STRICT].reply, text, n))
			hits_add(&kept, &hits->at[i]);
	}
	if (kept.count > 0)
		*hits = kept;
}

void
find_by_words(struct hits *hits, const ftg_catalog *catalog, const struct foreign *report, const char *text, size_t n)
{
	struct hits found = { 0 };
	struct search *s = calloc(1, sizeof *s);
	char *plain;

	if (n > LOOK_MAX)
		n = LOOK_MAX;
	plain = malloc(n + 1);
	if (s && plain) {
		s->hits = &found;
		s->catalog = catalog;
		s->report = report;
		s->text = plain;
		s->len = put_plain(plain, text, n);
		search_text(s);
	}
	free(plain);
	free(s);
	narrow(&found, text, n);
	for (size_t i = 0; i < found.count; i++)
		hits_add(hits, &found.at[i]);
}
