/* The check of the words of a text: what translators are asked for beyond what a server refuses. */
#include <string.h>
#include <strings.h>
#include <unictype.h>
#include <unistr.h>

#include "catalog/generation.h"
#include "lint_entry.h"

/* A form that is checked. */
struct form {
	struct lint *lint;
	size_t line;
	const struct ftg_row *row;
	const char *english;
	const char *text;
	unsigned *told;
};

static bool
is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* Adds a warning about a piece of the text, unless another form of the text has one of the same kind. */
static void
warn(struct form *form, enum remark remark, const char *what, const char *piece, size_t len)
{
	if (*form->told & 1u << remark)
		return;
	*form->told |= 1u << remark;
	lint_add(form->lint, form->line, LINT_WARNING, form->row->id, remark, "%s%s%.*s", what, len > 0 ? ": " : "",
	    (int)len, piece);
}

static bool
speaks(const struct form *form, const char *const *languages, size_t count)
{
	const char *language = lint_language(form->lint);
	size_t n = strcspn(language, "_-@.");

	for (size_t i = 0; i < count; i++)
		if (strlen(languages[i]) == n && strncasecmp(languages[i], language, n) == 0)
			return true;
	return false;
}

/*
 * Octets of the keyword at text: a command, a header field with its colon, the name of a protocol, or the end of a
 * message. Such words are in capitals. OK and IP are words of languages too, and a sentence can do without DNS.
 */
static size_t
keyword_at(const char *text, const char *start)
{
	static const char end_of_message[] = "<CRLF>.<CRLF>";
	static const char *const words[] = { "OK", "IP", "DNS" };
	size_t n = 0;

	if (strncmp(text, end_of_message, strlen(end_of_message)) == 0)
		return strlen(end_of_message);
	if (text > start && (is_letter(text[-1]) || is_digit(text[-1]) || text[-1] == '-'))
		return 0;
	while (is_upper(text[n]) || (n > 0 && (is_digit(text[n]) || (text[n] == '-' && is_digit(text[n + 1])))))
		n++;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i]) == n && strncmp(text, words[i], n) == 0)
			return 0;
	if (n < 2 || is_letter(text[n]))
		return 0;
	return n + (text[n] == ':');
}

static void
check_keywords(struct form *form)
{
	const char *english = form->english;

	for (const char *at = english; *at;) {
		size_t n = keyword_at(at, english);

		if (n > 0 && !memmem(form->text, strlen(form->text), at, n))
			warn(form, REMARK_KEYWORD, _("a keyword of the English text is missing"), at, n);
		at += n > 0 ? n : 1;
	}
}

/* The list of commands, after a colon and a space, is for programs and must stay in one piece. */
static void
check_commands(struct form *form)
{
	const char *list = strchr(form->english, ':');

	if (form->row == ftg_row(FTG_SMTP_HELP) && list && !strstr(form->text, list + 2))
		warn(form, REMARK_KEYWORD, _("the list of commands is not as in the English text"), list + 2,
		    strlen(list + 2));
}

static bool
ends_with_stop(const char *text)
{
	static const ucs4_t stops[] = { '.', 0x3002, 0xFF0E, 0xFF61, 0x0964, 0x06D4, 0x0589, 0x1362, 0x17D4 };
	const uint8_t *start = (const uint8_t *)text, *end = start + strlen(text);
	ucs4_t last = 0, before = 0;
	const uint8_t *at = u8_prev(&last, end, start);

	if (at)
		u8_prev(&before, at, start);
	for (size_t i = 0; i < sizeof stops / sizeof *stops; i++)
		if (last == stops[i] && before != '.')
			return true;
	return false;
}

static void
check_stop(struct form *form)
{
	static const char *const without[] = { "th", "lo" };
	bool english = ends_with_stop(form->english), stop = ends_with_stop(form->text);

	if (stop && !english)
		warn(form, REMARK_STOP, _("it ends with a full stop, and the English text does not"), "", 0);
	if (!stop && english && !speaks(form, without, sizeof without / sizeof *without))
		warn(form, REMARK_STOP, _("it does not end with a full stop, as the English text does"), "", 0);
}

/* An HTML escape, as some editors and web pages leave behind: "&egrave;", "&#233;". */
static void
check_html(struct form *form)
{
	for (const char *at = form->text; (at = strchr(at, '&')); at++) {
		size_t n = 1 + (at[1] == '#'), start = n;

		while (is_letter(at[n]) || is_digit(at[n]))
			n++;
		if (n > start && at[n] == ';')
			warn(form, REMARK_HTML, _("an HTML escape is sent as it is"), at, n + 1);
	}
}

/* Octets of the word of letters at text; 0 if it has other characters, or is a single letter. */
static size_t
word_at(const char *text)
{
	const uint8_t *at = (const uint8_t *)text, *next;
	size_t letters = 0;
	ucs4_t c;

	for (; (next = u8_next(&c, at)) && c != ' '; at = next) {
		if (!uc_is_general_category(c, UC_CATEGORY_L) && !uc_is_general_category(c, UC_CATEGORY_M))
			return 0;
		letters++;
	}
	return letters > 1 ? (size_t)((const char *)at - text) : 0;
}

/* Words that a sentence of their language can have twice in a row. */
static bool
may_double(const struct form *form, const char *word, size_t n)
{
	/* Doubling is grammar in these: a plural, or emphasis. */
	static const char *const doubling[] = { "bn", "fa", "fil", "gu", "hi", "id", "jv", "km", "kn", "lo", "ml", "mr",
		"ms", "my", "ne", "pa", "su", "ta", "te", "th", "tl", "tr", "ur", "vi", "zh" };
	static const char words[] = " vous nous die der das sie dat det som que ";

	if (speaks(form, doubling, sizeof doubling / sizeof *doubling))
		return true;
	for (const char *at = words; (at = memmem(at, strlen(at), word, n)); at++)
		if (at[-1] == ' ' && at[n] == ' ')
			return true;
	return false;
}

static void
check_doubled(struct form *form)
{
	size_t last = 0;

	for (const char *at = form->text; *at; at += strcspn(at, " "), at += *at == ' ') {
		size_t n = word_at(at);

		if (n > 0 && n == last && memcmp(at - n - 1, at, n) == 0 && !may_double(form, at, n))
			warn(form, REMARK_DOUBLED, _("a word stands twice in a row"), at, n);
		last = n;
	}
}

/*
 * Whether a joiner or a non-joiner (U+200C, U+200D) has an effect that its language needs: a non-joiner between letters of
 * Arabic script (Persian), either after a virama (Hindi).
 */
static bool
joins(ucs4_t before, ucs4_t c, ucs4_t after)
{
	const uc_script_t *arabic = uc_script(0x0627);

	if (uc_combining_class(before) == UC_CCC_VR)
		return true;
	return c == 0x200C && uc_is_script(before, arabic) && uc_is_script(after, arabic);
}

/* Invisible characters that a server accepts, since they do no harm: a soft hyphen, joiners, variation selectors. */
static void
check_invisible(struct form *form)
{
	const uint8_t *at = (const uint8_t *)form->text;
	ucs4_t before = 0, c, after;
	char name[16];

	for (; (at = u8_next(&c, at)); before = c) {
		if (!u8_next(&after, at))
			after = 0;
		if (c != 0xAD && !(c >= 0xFE00 && c <= 0xFE0F) &&
		    !((c == 0x200C || c == 0x200D) && !joins(before, c, after)))
			continue;
		snprintf(name, sizeof name, "U+%04X", (unsigned)c);
		warn(form, REMARK_INVISIBLE, _("an invisible character"), name, strlen(name));
	}
}

/* Octets of the host name at text, as in mx.example.org; 0 if there is none. */
static size_t
host_at(const char *text, const char *start)
{
	size_t n = 0, dots = 0, label = 0;

	if (text > start && (is_letter(text[-1]) || is_digit(text[-1]) || strchr(".-%", text[-1])))
		return 0;
	for (;; n++) {
		if (is_letter(text[n]) || is_digit(text[n]) || (text[n] == '-' && label > 0))
			label++;
		else if (text[n] == '.' && label > 0 && is_letter(text[n + 1]))
			dots++, label = 0;
		else
			break;
	}
	return dots > 0 && label >= 2 ? n : 0;
}

/* The program adds the host name to the replies that open or close a connection. */
static void
check_host(struct form *form)
{
	static const char variable[] = "${host}";

	if (!template_has_host(form->row, FTG_PUBLISHED) && !template_has_host(form->row, FTG_STRICT))
		return;
	if (strstr(form->text, variable))
		warn(form, REMARK_HOSTNAME, _("it has the host name, which the program adds"), variable,
		    strlen(variable));
	for (const char *at = form->text; *at; at++) {
		size_t n = host_at(at, form->text);

		if (n > 0)
			warn(form, REMARK_HOSTNAME, _("it has the host name, which the program adds"), at, n);
	}
}

/* What is an operator's to decide, but must not be in a text that everybody gets. */
static void
check_shipped(struct form *form)
{
	const char *variable = strstr(form->text, "${");

	if (strchr(form->text, '\n'))
		warn(form, REMARK_BREAK, _("it has a line break"), "", 0);
	if (variable)
		warn(form, REMARK_OPERATOR, _("it has a variable"), variable, strcspn(variable, "} ") + 1);
	check_keywords(form);
	check_commands(form);
	check_stop(form);
}

void
lint_words(struct lint *lint, size_t line, enum ftg_id id, unsigned form, const char *text, unsigned *told)
{
	const struct ftg_row *row = ftg_row(id);
	const char *english = row->text[form > 0 && row->text[1] ? 1 : 0];
	struct form checked = { lint, line, row, english, text, told };

	check_html(&checked);
	check_doubled(&checked);
	check_invisible(&checked);
	check_host(&checked);
	if (!lint->own && *english)
		check_shipped(&checked);
}
