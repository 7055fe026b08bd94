/* Fields of a surrogate (RFC 6858 section 3): addresses, Subject and MIME parameters in ASCII; others are left out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/ascii.h"
#include "base/text/utf8.h"
#include "message/encode.h"
#include "message/surrogate.h"

/* The address in place of an internationalized one; the domain can never exist (RFC 6761 section 6.4). */
static const char no_address[] = "<invalid@internationalized-address.invalid>";

/* A part of a field. */
struct slice {
	const char *at;
	size_t len;
};

static struct slice
trim(struct slice text)
{
	while (text.len > 0 && ascii_is_space(*text.at))
		text = (struct slice) { text.at + 1, text.len - 1 };
	while (text.len > 0 && ascii_is_space(text.at[text.len - 1]))
		text.len--;
	return text;
}

static bool
is_ascii(struct slice text)
{
	return text.len == 0 || ascii_is_all(text.at, text.len);
}

static void
put(struct surrogate *s, const char *text)
{
	surrogate_write(s, text, strlen(text));
}

/* Where a reader of structured text is (RFC 5322 section 3.2). All zero is outside of all constructs. */
struct syntax {
	unsigned comments;
	bool quoted, escaped, angle, literal;
};

/* Moves over an octet. Returns whether it stands outside of quotes, comments and brackets. */
static bool
step(struct syntax *in, char c)
{
	bool outside = in->comments == 0 && !in->quoted && !in->angle && !in->literal && !in->escaped;
	if (in->escaped)
		in->escaped = false;
	else if (c == '\\')
		in->escaped = in->quoted || in->comments > 0;
	else if (in->quoted)
		in->quoted = c != '"';
	else if (c == '(' || (c == ')' && in->comments > 0))
		in->comments += c == '(' ? 1U : -1U;
	else if (in->comments == 0 && c == '"')
		in->quoted = true;
	else if (in->comments == 0 && (c == '<' || c == '>'))
		in->angle = c == '<';
	else if (in->comments == 0 && (c == '[' || c == ']'))
		in->literal = c == '[';
	return outside;
}

/* Cuts the text up to an octet of the set outside of constructs off its front. *mark is that octet; '\0': the end. */
static struct slice
cut(struct slice *text, const char *set, char *mark)
{
	struct syntax in = { 0 };
	size_t i = 0;
	while (i < text->len && !(step(&in, text->at[i]) && text->at[i] != '\0' && strchr(set, text->at[i]) != NULL))
		i++;
	struct slice piece = { text->at, i };
	*mark = i < text->len ? text->at[i] : '\0';
	i += i < text->len;
	*text = (struct slice) { text->at + i, text->len - i };
	return piece;
}

/* Copies characters for a reader: without quotes, escapes and line ends; runs that are no UTF-8 become U+FFFD. */
static void
put_readable(FILE *to, struct slice text, bool unquote)
{
	bool bad = false;
	for (size_t i = 0, octets; i<text.len; i += octets> 0 ? octets : 1) {
		char c = text.at[i];
		octets = utf8_length(text.at + i, text.len - i);
		if (octets == 0 && !bad)
			fputs("\xEF\xBF\xBD", to);
		bad = octets == 0;
		if (octets > 1)
			fwrite(text.at + i, 1, octets, to);
		else if (octets == 1 && c == '\t')
			fputc(' ', to);
		else if (octets == 1 && !ascii_is_control(c) && !(unquote && (c == '"' || c == '\\')))
			fputc(c, to);
	}
}

/* Ends a text that was printed into memory, appends it in encoded words, and frees it. */
static void
put_words(struct surrogate *s, FILE *printed, char **text)
{
	char *words = NULL;
	size_t len;
	bool done = fclose(printed) == 0;
	FILE *to = done ? open_memstream(&words, &len) : NULL;
	if (to != NULL) {
		encode_words(to, *text);
		done = fclose(to) == 0;
	}
	if (to != NULL && done)
		surrogate_write(s, words, len);
	else
		s->failed = true;
	free(words);
	free(*text);
}

/* Appends a name in encoded words, behind it a text if there is one: in brackets, unless it is alone. */
static void
put_encoded(struct surrogate *s, struct slice name, struct slice text)
{
	char *printed = NULL;
	size_t len;
	FILE *to = open_memstream(&printed, &len);
	if (to == NULL) {
		s->failed = true;
		return;
	}
	bool both = name.len > 0 && text.len > 0;
	put_readable(to, name, true);
	fputs(both ? " <" : "", to);
	put_readable(to, text, false);
	fputs(both ? ">" : "", to);
	put_words(s, to, &printed);
}

static bool
is_valid_utf8(struct slice text)
{
	for (size_t i = 0, octets; i < text.len; i += octets)
		if ((octets = utf8_length(text.at + i, text.len - i)) == 0)
			return false;
	return true;
}

/* An address in ASCII, without the line ends that it may be folded by. */
static void
put_address(struct surrogate *s, struct slice address)
{
	put(s, "<");
	for (size_t i = 0; i < address.len; i++)
		if (!ascii_is_space(address.at[i]))
			surrogate_write(s, &address.at[i], 1);
	put(s, ">");
}

/* Divides a mailbox into its address and its name: what stands before the angle bracket, or in a comment. */
static void
divide(struct slice mailbox, struct slice *name, struct slice *address)
{
	char mark, end;
	struct slice rest = mailbox, before = cut(&rest, "<", &mark);
	if (mark == '<') {
		*name = trim(before);
		*address = trim(cut(&rest, ">", &end));
		return;
	}
	const char *comment = memchr(mailbox.at, '(', mailbox.len);
	size_t len = comment != NULL && mailbox.at[0] != '"' ? (size_t)(comment - mailbox.at) : mailbox.len;
	*address = trim((struct slice) { mailbox.at, len });
	*name = trim((struct slice) { mailbox.at + len, mailbox.len - len });
}

/* An address in ASCII is kept, and its name encoded. Of another one, only a text is left (section 3.1). */
static void
put_mailbox(struct surrogate *s, struct slice mailbox, bool named)
{
	struct slice name, address;
	divide(mailbox, &name, &address);
	bool ascii = is_ascii(address) && address.len > 0;
	s->addressed = s->addressed || (!is_ascii(address) && is_valid_utf8(address));
	if (named && ascii)
		put_encoded(s, name, (struct slice) { NULL, 0 });
	else if (named)
		put_encoded(s, name, address);
	put(s, named && (name.len > 0 || !ascii) ? "\n " : " ");
	if (ascii)
		put_address(s, address);
	else
		put(s, no_address);
}

/* A list of addresses and groups; named: the field may hold names. */
static void
put_addresses(struct surrogate *s, struct slice value, bool named)
{
	const char *gap = "";
	for (char mark = ','; mark != '\0' || value.len > 0;) {
		struct slice piece = trim(cut(&value, ",:;", &mark));
		if (piece.len > 0)
			put(s, gap);
		if (piece.len > 0 && is_ascii(piece)) {
			put(s, " ");
			surrogate_write(s, piece.at, piece.len);
		} else if (piece.len > 0 && mark == ':') {
			put_encoded(s, piece, (struct slice) { NULL, 0 });
		} else if (piece.len > 0) {
			put_mailbox(s, piece, named);
		}
		if (piece.len > 0 || mark == ';')
			gap = "\n";
		if (mark != '\0')
			surrogate_write(s, &mark, 1);
	}
	put(s, "\n");
}

/* A media type or disposition without the parameters that are not ASCII (section 3.2). */
static void
put_parameters(struct surrogate *s, struct slice value)
{
	char mark;
	struct slice type = cut(&value, ";", &mark);
	surrogate_write(s, type.at, type.len);
	while (mark != '\0') {
		struct slice parameter = cut(&value, ";", &mark);
		if (!is_ascii(parameter) || trim(parameter).len == 0)
			continue;
		put(s, ";");
		surrogate_write(s, parameter.at, parameter.len);
	}
	put(s, "\n");
}

static const char *const address_fields[] = { "Bcc", "Cc", "From", "Reply-To", "Resent-Bcc", "Resent-Cc", "Resent-From",
	"Resent-Sender", "Resent-To", "Return-Path", "Sender", "To" };

static bool
is_named(struct slice name, const char *wanted)
{
	return strlen(wanted) == name.len && ascii_equal(name.at, wanted, name.len);
}

static bool
has_addresses(struct slice name)
{
	for (size_t i = 0; i < sizeof address_fields / sizeof *address_fields; i++)
		if (is_named(name, address_fields[i]))
			return true;
	return false;
}

/* The type itself must be ASCII; else nothing of the field can be presented. */
static bool
has_parameters(struct slice name, struct slice value)
{
	char mark;
	return (is_named(name, "Content-Type") || is_named(name, "Content-Disposition")) &&
	    is_ascii(cut(&value, ";", &mark));
}

static void
put_name(struct surrogate *s, struct slice name)
{
	surrogate_write(s, name.at, name.len);
	put(s, ":");
}

void
surrogate_convert(struct surrogate *s, const char *field, size_t len)
{
	const char *colon = memchr(field, ':', len);
	if (colon == NULL)
		return;
	struct slice name = trim((struct slice) { field, (size_t)(colon - field) });
	struct slice value = { colon + 1, len - (size_t)(colon - field) - 1 };
	while (value.len > 0 && (value.at[value.len - 1] == '\n' || value.at[value.len - 1] == '\r'))
		value.len--;
	if (is_named(name, "Subject")) {
		put_name(s, name);
		put_encoded(s, (struct slice) { NULL, 0 }, trim(value));
		put(s, "\n");
	} else if (has_addresses(name)) {
		put_name(s, name);
		put_addresses(s, value, !is_named(name, "Return-Path"));
	} else if (has_parameters(name, value)) {
		put_name(s, name);
		put_parameters(s, value);
	}
}
