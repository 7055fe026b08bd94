/*
 * ftgate-msg pseudo: translations for tests, made from the English texts. en-XA: accented, 40 % longer, in brackets; ar-XB: in
 * Arabic letters, from right to left. Each letter stands for the same one of the other script, so that the texts can be read.
 */
#include <string.h>

#include "msg.h"
#include "pot.h"

enum { TEXT_SIZE = 1024 };

struct pseudo {
	const char *name;
	const char *plural_forms;
	unsigned forms;
	bool longer;
	const char *letters[52]; /* for A to Z, a to z */
};

static const struct pseudo languages[] = {
	{ "en-XA", "nplurals=2; plural=(n != 1);", 2, true,
	    { "Á", "B", "Ç", "Ď", "É", "F", "Ğ", "Ĥ", "Í", "Ĵ", "Ķ", "Ĺ", "M", "Ñ", "Ó", "P", "Q", "Ŕ", "Š", "Ť", "Ú",
	        "V", "Ŵ", "X", "Ý", "Ž", "á", "b", "ç", "ď", "é", "f", "ğ", "ĥ", "í", "ĵ", "ķ", "ĺ", "m", "ñ", "ó", "p",
	        "q", "ŕ", "š", "ť", "ú", "v", "ŵ", "x", "ý", "ž" } },
	{ "ar-XB",
	    "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);", 6,
	    false,
	    { "ا", "ب", "ث", "د", "ع", "ف", "ج", "ح", "ي", "ژ", "ك", "ل", "م", "ن", "و", "پ", "ق", "ر", "س", "ت", "ه",
	        "ڤ", "ؤ", "خ", "ى", "ز", "ا", "ب", "ث", "د", "ع", "ف", "ج", "ح", "ي", "ژ", "ك", "ل", "م", "ن", "و", "پ",
	        "ق", "ر", "س", "ت", "ه", "ڤ", "ؤ", "خ", "ى", "ز" } },
};

struct writer {
	char text[TEXT_SIZE];
	size_t used;
};

static void
put(struct writer *w, const char *text, size_t len)
{
	if (len >= TEXT_SIZE - w->used)
		return;
	memcpy(w->text + w->used, text, len);
	w->used += len;
	w->text[w->used] = '\0';
}

/* Octets at text that must stay: a directive, a word in angle brackets, a URL. 0: none. */
static size_t
kept(const char *text)
{
	if (text[0] == '%')
		return text[1] == 'l' ? 3 : 2;
	if (strncmp(text, "<CRLF>", 6) == 0)
		return 6;
	return strncmp(text, "http", 4) == 0 ? strcspn(text, " ") : 0;
}

static void
put_letters(struct writer *w, const struct pseudo *pseudo, const char *text)
{
	for (size_t n; *text; text += n) {
		char lower = (char)(*text | 0x20);
		bool letter = lower >= 'a' && lower <= 'z';
		const char *other = letter ? pseudo->letters[lower - 'a' + (*text == lower ? 26 : 0)] : text;

		n = kept(text);
		if (n > 0)
			put(w, text, n);
		else
			put(w, other, letter ? strlen(other) : 1);
		n = n > 0 ? n : 1;
	}
}

/* The greeting begins with the host name, and [ would begin a response code of POP3. */
static void
write_text(struct writer *w, const struct pseudo *pseudo, enum ftg_id id, const char *english)
{
	static const char filler[] = " one two three four five six seven eight nine ten";
	const struct ftg_row *row = ftg_row(id);
	bool greeting = row->args[0] == FTG_ARG_BANNER, pop3 = row->service == FTG_POP3;
	const char *words = *english ? english : "Reason";
	size_t first = greeting ? 2 : 0, wanted = (strlen(words) * 2 + 4) / 5;

	w->used = 0;
	put(w, words, first);
	put(w, first > 0 ? " " : "", first > 0);
	if (pseudo->longer)
		put(w, pop3 ? "{" : "[", 1);
	put_letters(w, pseudo, words + first);
	if (pseudo->longer) {
		size_t n = wanted < sizeof filler - 1 ? wanted : sizeof filler - 1;

		put(w, filler, n + strcspn(filler + n, " "));
		put(w, pop3 ? "}" : "]", 1);
	}
}

static void
print_entry(const struct pseudo *pseudo, enum ftg_id id)
{
	const struct ftg_row *row = ftg_row(id);
	struct writer w = { .used = 0 };
	char keyword[32];

	putchar('\n');
	if (row_directives(row) > 0)
		puts("#, c-format");
	pot_print_string("msgctxt", row->id);
	pot_print_string("msgid", row->text[0]);
	if (row->text[1])
		pot_print_string("msgid_plural", row->text[1]);
	for (unsigned form = 0; form < (row->text[1] ? pseudo->forms : 1); form++) {
		snprintf(keyword, sizeof keyword, row->text[1] ? "msgstr[%u]" : "msgstr", form);
		write_text(&w, pseudo, id, row->text[1] && form > 0 ? row->text[1] : row->text[0]);
		pot_print_string(keyword, w.text);
	}
}

static const struct pseudo *
find(const char *name)
{
	for (size_t i = 0; i < sizeof languages / sizeof *languages; i++)
		if (strcmp(languages[i].name, name) == 0)
			return &languages[i];
	return NULL;
}

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	const struct pseudo **pseudo = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		*pseudo = find(arg);
		if (!*pseudo)
			argp_error(state, _("there is no pseudo-language '%s'; use en-XA or ar-XB"), arg);
		return 0;
	case ARGP_KEY_NO_ARGS: argp_usage(state); return EINVAL;
	default: return ARGP_ERR_UNKNOWN;
	}
}

int
msg_pseudo(int argc, char **argv)
{
	static const char doc[] = N_(
	    "Prints a pseudo-translation, for tests: en-XA is the English with accents, longer by 40 percent and in brackets, "
	    "ar-XB the English in Arabic letters.");
	static const struct argp argp = { NULL, parse, "en-XA|ar-XB", doc, NULL, NULL, TOOLS_DOMAIN };
	const struct pseudo *pseudo = NULL;

	options_parse(&argp, argc, argv, 0, &pseudo);
	charset_write_data();
	printf("msgid \"\"\nmsgstr \"\"\n\"Language: %s\\n\"\n\"MIME-Version: 1.0\\n\"\n"
	       "\"Content-Type: text/plain; charset=UTF-8\\n\"\n\"Content-Transfer-Encoding: 8bit\\n\"\n"
	       "\"Plural-Forms: %s\\n\"\n",
	    pseudo->name, pseudo->plural_forms);
	for (enum ftg_id id = 0; id < FTG_IDS; id++)
		if (row_has_text(id))
			print_entry(pseudo, id);
	return MSG_FINE;
}
