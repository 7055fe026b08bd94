/* The charset of the user's locale, in which programs write for people. */
#include "cmd/output/charset.h"

#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <unistr.h>

#include "base/system/file.h"
#include "base/text/printable.h"
#include "catalog/fold.h"

enum { NAME_SIZE = 64, ENCODED_MAX = 64, CHARACTER_MAX = 4 };

#define NO_CONVERSION ((iconv_t)(intptr_t)-1)

/* A stream that encodes, in the place of another one. */
struct stream {
	FILE **place, *instead, *before;
	int fd;
	size_t len; /* octets of a character whose rest has not been written yet */
	char begun[CHARACTER_MAX];
};

/* A word of the command line, converted. */
struct decoded {
	struct decoded *next;
	char text[];
};

static struct {
	struct decoded *words;
	char name[NAME_SIZE];
	iconv_t conversion;
	struct tag language;
	bool is_open;
	struct stream out, error;
} charset = { .name = "UTF-8" };

/* Encodes a character, without a substitute. Returns the octets, 0 if the charset does not have it. */
static size_t
encode(const char *text, size_t len, char to[ENCODED_MAX])
{
	char *from = (char *)(uintptr_t)text, *end = to;
	size_t room = ENCODED_MAX;
	if (len == 1 && (unsigned char)*text < 0x80) {
		*to = *text;
		return 1;
	}
	iconv(charset.conversion, NULL, NULL, NULL, NULL);
	size_t substitutes = iconv(charset.conversion, &from, &len, &end, &room);
	return substitutes != 0 || len > 0 ? 0 : (size_t)(end - to);
}

/* Encodes a character, or what stands for it. The escape is made for every octet, so all of them are read. */
static size_t
substitute(const char *text, size_t len, char to[ENCODED_MAX])
{
	size_t used = encode(text, len, to);
	long folded;
	if (used > 0)
		return used;
	folded = u8_check((const uint8_t *)text, len) == NULL
	    ? fold_ascii(&charset.language, text, len, to, ENCODED_MAX)
	    : -1;
	if (folded >= 0)
		return (size_t)folded;
	for (size_t i = 0; i < len; i++)
		used += (size_t)snprintf(to + used, ENCODED_MAX - used, "\\x%02X", (unsigned)(unsigned char)text[i]);
	return used;
}

/* Octets of the character that a text begins with; 0: its end is missing. What is no UTF-8 counts as one octet. */
static size_t
next(const char *text, size_t len)
{
	ucs4_t character;
	int octets = u8_mbtoucr(&character, (const uint8_t *)text, len);
	return octets > 0 ? (size_t)octets : octets == -2 ? 0 : 1;
}

/* Adds an octet; encodes the character if it is whole now. */
static bool
put(struct stream *stream, char octet, char *to, size_t *used)
{
	stream->begun[stream->len++] = octet;
	for (size_t octets; stream->len > 0 && (octets = next(stream->begun, stream->len)) > 0;) {
		*used += substitute(stream->begun, octets, to + *used);
		stream->len -= octets;
		memmove(stream->begun, stream->begun + octets, stream->len);
	}
	return stream->len < CHARACTER_MAX;
}

static ssize_t
write_encoded(void *cookie, const char *text, size_t len)
{
	struct stream *stream = cookie;
	char encoded[4096];
	size_t used = 0;
	for (size_t i = 0; i < len; i++) {
		if (used > sizeof encoded - CHARACTER_MAX * ENCODED_MAX) {
			if (file_write(stream->fd, encoded, used) < 0)
				return 0;
			used = 0;
		}
		if (stream->len == 0 && (unsigned char)text[i] < 0x80)
			encoded[used++] = text[i];
		else
			put(stream, text[i], encoded, &used);
	}
	return file_write(stream->fd, encoded, used) == 0 ? (ssize_t)len : 0;
}

/* Programs that read a pipe in the C locale read octets. */
static void
replace(struct stream *stream, FILE **place, int fd, bool is_ascii)
{
	static const cookie_io_functions_t functions = { .write = write_encoded };
	*stream = (struct stream) { .place = place, .before = *place, .fd = fd };
	if (is_ascii && !isatty(fd))
		return;
	stream->instead = fopencookie(stream, "w", functions);
	if (stream->instead == NULL)
		return;
	if (fd == STDERR_FILENO || isatty(fd))
		setvbuf(stream->instead, NULL, _IOLBF, BUFSIZ);
	fflush(*place);
	*place = stream->instead;
}

static void
restore(struct stream *stream)
{
	if (stream->instead == NULL)
		return;
	*stream->place = stream->before;
	fclose(stream->instead);
	stream->instead = NULL;
}

void
charset_open(const char *name, const char *language)
{
	bool is_ascii = strcasecmp(name, "ANSI_X3.4-1968") == 0 || strcasecmp(name, "US-ASCII") == 0 ||
	    strcasecmp(name, "ASCII") == 0;
	charset_close();
	if (strcasecmp(name, "UTF-8") == 0 || strcasecmp(name, "UTF8") == 0 || strlen(name) >= NAME_SIZE)
		return;
	charset.conversion = iconv_open(name, "UTF-8");
	if (charset.conversion == NO_CONVERSION)
		return;
	snprintf(charset.name, sizeof charset.name, "%s", name);
	if (!tag_parse(&charset.language, language, strlen(language)))
		tag_parse(&charset.language, "en", 2);
	charset.is_open = true;
	replace(&charset.out, &stdout, STDOUT_FILENO, is_ascii);
	replace(&charset.error, &stderr, STDERR_FILENO, is_ascii);
}

bool
charset_decode(const char *text, char *to, size_t size)
{
	char *from = (char *)(uintptr_t)text, *end = to;
	size_t len = strlen(text), room = size - 1;
	if (!charset.is_open || u8_check((const uint8_t *)text, len) == NULL)
		return false;
	iconv_t conversion = iconv_open("UTF-8", charset.name);
	if (conversion == NO_CONVERSION)
		return false;
	bool done = iconv(conversion, &from, &len, &end, &room) == 0;
	iconv_close(conversion);
	*end = '\0';
	return done;
}

const char *
charset_decode_word(const char *word)
{
	enum { OCTETS_MAX = 4 }; /* of UTF-8, for an octet of the charset */
	size_t size = OCTETS_MAX * strlen(word) + 1;
	struct decoded *decoded = malloc(sizeof *decoded + size);
	if (decoded == NULL || !charset_decode(word, decoded->text, size)) {
		free(decoded);
		return word;
	}
	decoded->next = charset.words;
	charset.words = decoded;
	return decoded->text;
}

static void
free_words(void)
{
	for (struct decoded *next; charset.words != NULL; charset.words = next) {
		next = charset.words->next;
		free(charset.words);
	}
}

void
charset_write_data(void)
{
	restore(&charset.out);
}

void
charset_close(void)
{
	if (!charset.is_open)
		return;
	restore(&charset.out);
	restore(&charset.error);
	free_words();
	iconv_close(charset.conversion);
	charset.is_open = false;
	snprintf(charset.name, sizeof charset.name, "UTF-8");
}

static bool
is_encoding(void)
{
	return charset.out.instead != NULL;
}

const char *
charset_name(void)
{
	return is_encoding() ? charset.name : "UTF-8";
}

bool
charset_has(const char *text)
{
	char encoded[ENCODED_MAX];
	for (size_t octets, len = strlen(text); is_encoding() && len > 0; text += octets, len -= octets) {
		octets = next(text, len);
		if (octets == 0 || encode(text, octets, encoded) == 0)
			return false;
	}
	return true;
}

bool
charset_can_spell(const char *text)
{
	char encoded[ENCODED_MAX];
	for (size_t octets, len = strlen(text); charset.is_open && len > 0; text += octets, len -= octets) {
		octets = next(text, len);
		if (octets == 0 ||
		    (encode(text, octets, encoded) == 0 &&
		        fold_ascii(&charset.language, text, octets, encoded, ENCODED_MAX) < 0))
			return false;
	}
	return true;
}

void
charset_write(FILE *to, const char *text, size_t len)
{
	char character[CHARACTER_MAX + 1];
	bool shown;
	for (size_t at = 0, octets; at < len; at += octets) {
		octets = printable_next(text + at, len - at, &shown);
		snprintf(character, sizeof character, "%.*s", (int)octets, text + at);
		if (shown && charset_has(character))
			fwrite(text + at, 1, octets, to);
		else
			for (size_t i = 0; i < octets; i++)
				fprintf(to, "\\x%02X", (unsigned)(unsigned char)text[at + i]);
	}
}
