/* Fuzzes a client of the map server, in pieces: each answer is a netstring, and Postfix makes a reply of each footer. */
#include "mapd/session.h"

#include <ftgate/catalog.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/netstring.h"
#include "support/postfix_footer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	struct mapd_outlet outlet;
	char sent[1 << 16];
	size_t count;
} out;

static void
require(bool holds)
{
	if (!holds)
		abort();
}

/* Answers of the map text have an LF without CR, since each ends with a link. */
static bool
is_text(const char *text, size_t len)
{
	return memchr(text, '\n', len) != NULL && memchr(text, '\r', len) == NULL;
}

static void
check_lines(const char *text, size_t len)
{
	for (size_t line = 0; len > 0; text++, len--) {
		line = *text == '\n' ? 0 : line + 1;
		require(line <= FTG_LINE_MAX - 2 - (sizeof "550-5.255.255 " - 1));
	}
}

/* A footer can be told from a whole reply by its first octets, as far as its words allow. */
static void
check_answer(const char *text, size_t len)
{
	static char wire[POSTFIX_FOOTER_SIZE];
	if (len == 9 && memcmp(text, "NOTFOUND ", 9) == 0)
		return;
	require(len > 3 && memcmp(text, "OK ", 3) == 0);
	for (size_t i = 0; i < len; i++)
		require((text[i] >= ' ' && text[i] <= '~') || text[i] == '\r' || text[i] == '\n');
	if (is_text(text, len)) {
		check_lines(text + 3, len - 3);
		return;
	}
	if (memchr(text, '\r', len) != NULL || (text[3] >= '4' && text[3] <= '5'))
		return;
	require(postfix_footer(wire, "550 5.255.255 x", text + 3, len - 3));
	for (const char *line = wire; *line != '\0'; line = strstr(line, "\r\n") + 2)
		require(strncmp(line, "550", 3) == 0 && strcspn(line, "\r") <= FTG_LINE_MAX - 2);
}

static void
take(struct mapd_outlet *outlet, const char *octets, size_t len)
{
	const char *text;
	(void)outlet;
	require(len <= sizeof out.sent - out.count);
	memcpy(out.sent + out.count, octets, len);
	out.count += len;
	ssize_t frame = netstring_read(out.sent, out.count, NETSTRING_MAX, &text, &len);
	require(frame == 0 || frame == (ssize_t)out.count);
	if (frame == 0)
		return;
	check_answer(text, len);
	out.count = 0;
}

static bool
is_full(struct mapd_outlet *outlet)
{
	(void)outlet;
	return false;
}

static struct ftg_voice
voice_of(struct mapd_outlet *outlet)
{
	static const struct ftg_vars vars = { .value = { [FTG_VAR_HELP] = "https://x/{lang}/$\\n{ref}" } };
	(void)outlet;
	return (struct ftg_voice) {
		.catalog = ftg_catalog_english(FTG_STRICT),
		.encoding = FTG_ASCII,
		.link = FTG_LINK_ALWAYS,
		.vars = &vars,
	};
}

static void
note(struct mapd_outlet *outlet, const char *event, ...)
{
	(void)outlet, (void)event;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct mapd_config config;
	out.outlet = (struct mapd_outlet) { take, is_full, voice_of, note };
	out.count = 0;
	struct mapd_session *session = mapd_session_new(&config, &out.outlet);
	require(session != NULL);
	size_t piece = size > 0 ? 1 + data[0] % 64 : 1;
	for (size_t at = size > 0; at < size && !mapd_session_closed(session); at += piece) {
		size_t len = size - at < piece ? size - at : piece;
		size_t taken = mapd_session_feed(session, (const char *)data + at, len);
		require(taken == len || mapd_session_closed(session));
	}
	require(out.count == 0);
	mapd_session_free(session);
	return 0;
}
