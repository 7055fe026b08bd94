/* Writes delivery status notifications: RFC 3464, RFC 6522; with UTF-8 by RFC 6533. */
#include "relay/dsn/dsn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text/ascii.h"
#include "base/text/date.h"
#include "message/encode.h"
#include "relay/dsn/dsn_status.h"

enum {
	HEADER_RETURN_MAX = 64 << 10, /* of a header */
	BOUNDARY_SIZE = 64,
	BLOCK = 16384,
};

/* Reads up to max octets after those that are not sent yet; unreadable octets are left out. */
static char *
read_message(const struct dsn_report *report, int message, size_t max, size_t *len)
{
	char *octets = malloc(max + 1);
	ssize_t got;
	*len = 0;
	while (octets != NULL && message >= 0 && *len < max) {
		got = TEMP_FAILURE_RETRY(
		    pread(message, octets + *len, max - *len, (off_t)(report->entry->local_prefix_len + *len)));
		if (got <= 0)
			break;
		*len += (size_t)got;
	}
	return octets;
}

bool
dsn_is_malformed(const struct dsn_report *report, int message)
{
	char block[BLOCK];
	off_t at = (off_t)report->entry->local_prefix_len;
	ssize_t got;
	for (; message >= 0 && (got = TEMP_FAILURE_RETRY(pread(message, block, sizeof block, at))) > 0; at += got)
		if (memchr(block, '\r', (size_t)got) != NULL)
			return true;
	return false;
}

/* The header ends with its empty line, or where no whole line is left. */
static size_t
header_length(const char *octets, size_t len)
{
	if (len > 0 && octets[0] == '\n')
		return 0;
	const char *end = memmem(octets, len, "\n\n", 2);
	if (end == NULL)
		end = memrchr(octets, '\n', len);
	return end == NULL ? 0 : (size_t)(end - octets) + 1;
}

/* One that nothing in the message looks like. */
static void
choose_boundary(char boundary[BOUNDARY_SIZE], const char *id, const char *octets, size_t len)
{
	unsigned number = 0;
	do
		snprintf(boundary, BOUNDARY_SIZE, "=_%s_%u", id, number++);
	while (memmem(octets, len, boundary, strlen(boundary)) != NULL);
}

/* RFC 2045 section 6.4: a message that has a part in 8bit says so itself. */
static void
put_encoding(FILE *to, bool eightbit)
{
	if (eightbit)
		fputs("Content-Transfer-Encoding: 8bit\n", to);
}

static void
put_header(FILE *to, const struct dsn_report *report, const struct dsn_words *words, const char *id,
    const char *boundary, bool eightbit)
{
	char date[DATE_SIZE];
	date_write(date, report->now);
	fprintf(to, "Date: %s\nFrom: Mail Delivery System <postmaster@%s>\nTo: <%s>\n", date, report->hostname,
	    report->entry->sender);
	encode_field(to, "Subject", words->subject);
	fprintf(to, "Message-ID: <%s@%s>\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\n", id, report->hostname);
	put_encoding(to, eightbit);
	fprintf(to, "Content-Type: multipart/report; report-type=%sdelivery-status;\n\tboundary=\"%s\"\n\n",
	    words->global ? "global-" : "", boundary);
}

static void
put_text(FILE *to, const struct dsn_words *words)
{
	bool ascii = ascii_is_all(words->text, strlen(words->text));
	fprintf(to, "Content-Type: text/plain; charset=%s\n", ascii ? "us-ascii" : "utf-8");
	fprintf(to, "Content-Language: %s\n", words->language);
	if (!ascii)
		fputs("Content-Transfer-Encoding: quoted-printable\n", to);
	fputc('\n', to);
	if (ascii)
		fputs(words->text, to);
	else
		encode_quoted_printable(to, words->text);
}

/* RFC 6522 section 4: a header that is malformed may be quoted-printable. octets end with a NUL. */
static void
put_returned(FILE *to, bool all, bool global, const char *octets, size_t len)
{
	static const char *const types[2][2] = { { "text/rfc822-headers", "message/global-headers" },
		{ "message/rfc822", "message/global" } };
	fprintf(to, "Content-Type: %s\n", types[all][global]);
	if (memchr(octets, '\r', len) != NULL) {
		fputs("Content-Transfer-Encoding: quoted-printable\n\n", to);
		encode_quoted_printable(to, octets);
	} else {
		put_encoding(to, !ascii_is_all(octets, len));
		fputc('\n', to);
		fwrite(octets, 1, len, to);
	}
	if (len > 0 && octets[len - 1] != '\n')
		fputc('\n', to);
}

static void
put_status(FILE *to, const struct dsn_report *report, const struct dsn_words *words)
{
	fprintf(to, "Content-Type: message/%sdelivery-status\n", words->global ? "global-" : "");
	put_encoding(to, words->global);
	fputc('\n', to);
	dsn_status_write(to, report, words);
}

static void
put_all(FILE *to, const struct dsn_report *report, const struct dsn_words *words, const char *id, const char *octets,
    size_t len)
{
	char boundary[BOUNDARY_SIZE];
	bool all = dsn_returns_all(report), global = words->global;
	choose_boundary(boundary, id, octets, len);
	put_header(to, report, words, id, boundary, global || !ascii_is_all(octets, len));
	fprintf(to, "--%s\n", boundary);
	put_text(to, words);
	fprintf(to, "\n--%s\n", boundary);
	put_status(to, report, words);
	fprintf(to, "\n--%s\n", boundary);
	put_returned(to, all, dsn_is_global(report) || report->entry->utf8, octets, len);
	fprintf(to, "\n--%s--\n", boundary);
}

bool
dsn_make(struct dsn *dsn, const struct dsn_report *report, const struct dsn_words *words, const char *id, int message)
{
	size_t len;
	bool all = dsn_returns_all(report);
	*dsn = (struct dsn) { 0 };
	char *octets = read_message(report, message, all ? (size_t)report->entry->size : HEADER_RETURN_MAX, &len);
	FILE *to = octets == NULL ? NULL : open_memstream(&dsn->octets, &dsn->len);
	if (to == NULL) {
		free(octets);
		return false;
	}
	len = all ? len : header_length(octets, len);
	octets[len] = '\0';
	put_all(to, report, words, id, octets, len);
	free(octets);
	bool failed = ferror(to);
	if (fclose(to) != 0 || failed)
		return false;
	dsn->utf8 = dsn_is_global(report);
	dsn->eightbit = !ascii_is_all(dsn->octets, dsn->len);
	return true;
}

void
dsn_free(struct dsn *dsn)
{
	free(dsn->octets);
	*dsn = (struct dsn) { 0 };
}
