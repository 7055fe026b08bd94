/* Finds the end of a message, removes stuffed dots, and notes bare CR, bare LF and NUL. */
#include "smtp/data.h"

#include <string.h>

/* Handles one octet at or after a dot at the start of a line. Returns false if the octet belongs to the text. */
static bool
scan_dot(struct data_scanner *scanner, char c)
{
	if (scanner->at == DATA_LINE && c == '.')
		scanner->at = DATA_DOT;
	else if (scanner->at == DATA_DOT && c == '\r')
		scanner->at = DATA_DOT_CR;
	else if (scanner->at == DATA_DOT_CR && c == '\n')
		scanner->at = DATA_END;
	else {
		scanner->bare |= scanner->at == DATA_DOT_CR;
		scanner->at = scanner->at == DATA_DOT_CR ? DATA_CR : DATA_TEXT;
		return false;
	}
	return true;
}

/* Skips the rest of a line, or as much of it as there is. Returns what follows it. */
static const char *
skip_line(struct data_scanner *scanner, const char *p, const char *end)
{
	const char *lf = memchr(p, '\n', (size_t)(end - p));
	const char *stop = lf != NULL ? lf : end;
	const char *cr = memchr(p, '\r', (size_t)(stop - p));
	bool cr_last = stop > p ? stop[-1] == '\r' : scanner->at == DATA_CR;

	if (cr != NULL && cr != stop - 1)
		scanner->bare = true;
	if (scanner->at == DATA_CR && p != lf)
		scanner->bare = true;
	if (lf == NULL) {
		scanner->at = cr_last ? DATA_CR : DATA_TEXT;
		return end;
	}
	scanner->bare |= !cr_last;
	scanner->at = cr_last ? DATA_LINE : DATA_TEXT;
	return lf + 1;
}

/* Scans up to a dot at the start of a line, or to the end. Returns the number of octets. */
static size_t
scan_text(struct data_scanner *scanner, const char *bytes, size_t len)
{
	const char *p = bytes, *end = bytes + len;

	while (p < end && (scanner->at != DATA_LINE || *p != '.'))
		p = skip_line(scanner, p, end);
	if (memchr(bytes, '\0', (size_t)(p - bytes)) != NULL)
		scanner->bare = true;
	return (size_t)(p - bytes);
}

size_t
data_scan(struct data_scanner *scanner, const char *bytes, size_t len, const char **run, size_t *run_len)
{
	size_t taken = 0;
	bool in_line = scanner->at > DATA_DOT_CR;

	while (taken < len && scanner->at <= DATA_DOT_CR && scan_dot(scanner, bytes[taken]))
		taken++;
	if (!in_line && scanner->at == DATA_CR) {
		*run = "\r";
		*run_len = 1;
		return taken;
	}
	*run = bytes + taken;
	*run_len = scanner->at == DATA_END ? 0 : scan_text(scanner, bytes + taken, len - taken);
	return taken + *run_len;
}

void
data_scan_chunk(struct data_scanner *scanner, const char *bytes, size_t len)
{
	for (const char *p = bytes, *end = bytes + len; p < end;)
		p = skip_line(scanner, p, end);
	if (memchr(bytes, '\0', len) != NULL)
		scanner->bare = true;
	if (len > 0 && bytes[len - 1] == '\n')
		scanner->at = DATA_LINE;
}

const char *
data_end_chunks(struct data_scanner *scanner)
{
	scanner->bare |= scanner->at == DATA_CR;
	if (scanner->at == DATA_LINE)
		return "";
	return scanner->at == DATA_CR ? "\n" : "\r\n";
}
