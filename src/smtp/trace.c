/* Writes the trace lines before a message (RFC 5321 section 4.4). */
#include <stdio.h>
#include <string.h>

#include "base/address/address_key.h"
#include "base/text/ascii.h"
#include "base/text/date.h"
#include "smtp/internal.h"

enum { ENCRYPTION_MAX = 128, RECIPIENT_MAX = 32 + ADDRESS_TEXT_SIZE };

/* Replaces octets of the client's name that could end the line or imitate another part of it. */
static void
clean_name(char clean[SMTP_NAME_MAX + 1], const char *name)
{
	size_t i = 0;

	for (; i < SMTP_NAME_MAX && name[i] != '\0'; i++)
		clean[i] = ascii_is_alnum(name[i]) || strchr(".-_:[]", name[i]) != NULL ? name[i] : '?';
	clean[i] = '\0';
}

/* RFC 3848 and RFC 6531 section 4.3. After HELO it is "SMTP", encrypted or not; a comment names the encryption. */
static const char *
protocol(const struct smtp_session *s)
{
	static const char *const names[][4] = {
		{ "ESMTP", "ESMTPS", "ESMTPA", "ESMTPSA" },
		{ "UTF8SMTP", "UTF8SMTPS", "UTF8SMTPA", "UTF8SMTPSA" },
	};
	return s->extended || s->envelope.utf8 ? names[s->envelope.utf8][(s->version != NULL) + 2 * (s->user != NULL)]
	                                       : "SMTP";
}

static void
write_encryption(char text[ENCRYPTION_MAX], const struct smtp_session *s)
{
	text[0] = '\0';
	if (s->version != NULL)
		snprintf(text, ENCRYPTION_MAX, "\r\n\t(%s %s)", s->version, s->cipher);
}

/* Writes a line with an address, or "" if the message must not have it. Returns its octets. */
static int
write_address(char line[RECIPIENT_MAX], const struct envelope *envelope, const char *name, const char *address)
{
	line[0] = '\0';
	if (!envelope->utf8 && !ascii_is_all(address, strlen(address)))
		return 0;
	return snprintf(line, RECIPIENT_MAX, "%s: %s\r\n", name, address);
}

/*
 * A message for several mailboxes has no Delivered-To line, since each recipient would read the other addresses. If another
 * address than that of the mailbox led there, with a tag or by an alias, X-Original-To has it.
 */
static void
write_recipient(char lines[2 * RECIPIENT_MAX], const struct envelope *envelope)
{
	lines[0] = '\0';
	if (envelope->count != 1)
		return;
	const char *address = envelope->mailboxes[0].address;
	int len = write_address(lines, envelope, "Delivered-To", address);
	if (envelope->rcpts == 1 && !address_same(envelope->first, address))
		write_address(lines + len, envelope, "X-Original-To", envelope->first);
}

/* Writes the lines for mailboxes here; nothing if there are none. */
static int
write_local(char buf[TRACE_MAX], const struct envelope *envelope)
{
	char recipient[2 * RECIPIENT_MAX];

	if (envelope->count == 0)
		return 0;
	write_recipient(recipient, envelope);
	return snprintf(buf, TRACE_MAX, "Return-Path: <%s>\r\n%s", envelope->sender, recipient);
}

size_t
trace_write(char buf[TRACE_MAX], const struct smtp_session *s, size_t *local)
{
	char date[DATE_SIZE];
	char name[SMTP_NAME_MAX + 1];
	char encryption[ENCRYPTION_MAX];
	const char *lines = s->envelope.lines != NULL ? s->envelope.lines : "";
	const char *known = s->client_name != NULL ? s->client_name : "", *gap = s->client_name != NULL ? " " : "";
	const char *tag = strchr(s->peer.address, ':') != NULL ? "IPv6:" : "";
	int len = write_local(buf, &s->envelope);

	if (len < 0 || len >= TRACE_MAX)
		return 0;
	*local = (size_t)len;
	date_write(date, s->config->now());
	clean_name(name, s->name);
	write_encryption(encryption, s);
	int n = snprintf(buf + len, (size_t)(TRACE_MAX - len),
	    "%sReceived: from %s (%s%s[%s%s])\r\n\tby %s with %s%s id %s;\r\n\t%s\r\n", lines, name, known, gap, tag,
	    s->peer.address, s->config->hostname, protocol(s), encryption, s->peer.session, date);
	return n > 0 && n < TRACE_MAX - len ? (size_t)(len + n) : 0;
}
