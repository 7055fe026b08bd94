/* Syntax errors of libyaml, in plain words. */
#include <stdio.h>
#include <string.h>

#include "base/text/translate.h"
#include "config/reader.h"

static size_t
find_end(const char *line, size_t len)
{
	for (size_t i = 1; i < len; i++)
		if (line[i] == '#' && (line[i - 1] == ' ' || line[i - 1] == '\t')) {
			len = i;
			break;
		}
	while (len > 0 && (line[len - 1] == ' ' || line[len - 1] == '\t' || line[len - 1] == '\r'))
		len--;
	return len;
}

const char *
reader_line(const struct reader *reader, unsigned line, size_t *len)
{
	const char *at = reader->content, *end = at + reader->len;
	for (const char *lf; line > 1 && (lf = memchr(at, '\n', (size_t)(end - at))) != NULL; line--)
		at = lf + 1;
	const char *lf = memchr(at, '\n', (size_t)(end - at));
	*len = line > 1 ? 0 : find_end(at, (size_t)((lf != NULL ? lf : end) - at));
	return at;
}

static unsigned
line_at(const struct reader *reader, size_t offset)
{
	unsigned line = 1;
	for (size_t i = 0; i < offset && i < reader->len; i++)
		line += reader->content[i] == '\n';
	return line;
}

static bool
is_indented_by_tab(const char *line, size_t len)
{
	size_t blank = 0;
	while (blank < len && (line[blank] == ' ' || line[blank] == '\t'))
		blank++;
	return memchr(line, '\t', blank) != NULL;
}

/* How often a colon with a space behind it stands in a line. */
static unsigned
count_colons(const char *line, size_t len)
{
	unsigned count = 0;
	for (size_t i = 0; i < len; i++)
		count += line[i] == ':' && (i + 1 == len || line[i + 1] == ' ');
	return count;
}

static void
report_scan(struct reader *reader, const char *problem, unsigned line)
{
	size_t len;
	const char *text = reader_line(reader, line, &len);
	if (is_indented_by_tab(text, len))
		reader_fault(reader, line, _("the line is indented by a tab; YAML wants spaces"));
	else if (strstr(problem, "cannot start any token") != NULL)
		reader_fault(reader, line, _("in YAML no value may begin with '%c'; put the value in quotes"),
		    reader->parser.problem_mark.column < len ? text[reader->parser.problem_mark.column] : '?');
	else if (strstr(problem, "mapping values are not allowed") != NULL && count_colons(text, len) > 1)
		reader_fault(reader, line, _("the value holds ': '; put it in quotes"));
	else if (strstr(problem, "mapping values are not allowed") != NULL)
		reader_fault(reader, line,
		    _("the line is indented more than the setting before it, or that one lacks the space behind its ':'"));
	else if (strstr(problem, "could not find expected ':'") != NULL)
		reader_fault(reader, (unsigned)reader->parser.context_mark.line + 1,
		    _("the line has no ': '; write NAME: VALUE"));
	else if (strstr(problem, "unexpected end of stream") != NULL)
		reader_fault(reader, (unsigned)reader->parser.context_mark.line + 1,
		    _("a quote is opened here and not closed; close it at the value's end"));
	else
		reader_fault(reader, line, _("this is not YAML: %.100s"), problem);
}

static void
report_parse(struct reader *reader, const char *problem, unsigned line)
{
	size_t len;
	const char *text = reader_line(reader, line, &len);
	unsigned opened = (unsigned)reader->parser.context_mark.line + 1;
	if (strstr(problem, "expected ',' or") != NULL || strstr(problem, "expected node content") != NULL)
		reader_fault(reader, opened,
		    _("a list or a section is opened by a bracket and not closed; close it, or put the value in quotes"));
	else if (strstr(problem, "expected '-' indicator") != NULL)
		reader_fault(
		    reader, line, _("the line stands in a list; begin it with '- ', or indent it as its item"));
	else if (strstr(problem, "did not find expected key") != NULL && len > 0 && text[strspn(text, " ")] == '-')
		reader_fault(reader, line, _("expected settings, not a list; is the line above it, NAME:, missing?"));
	else if (strstr(problem, "did not find expected key") != NULL)
		reader_fault(reader, line,
		    _("the line is indented otherwise than the settings around it; begin it below the first of them"));
	else if (strstr(problem, "YAML document") != NULL || strstr(problem, "directive") != NULL)
		reader_fault(reader, line, _("a line that begins with '%%' is a directive of YAML; leave it out"));
	else
		reader_fault(reader, line, _("this is not YAML: %.100s"), problem);
}

/* A fault in the same line has been reported, of which this one is the consequence. */
static bool
is_known(const struct reader *reader, unsigned line)
{
	return reader->faults > 0 && reader->fault_line == line;
}

void
reader_report_syntax(struct reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;
	unsigned line = (unsigned)parser->problem_mark.line + 1;
	switch (parser->error) {
	case YAML_MEMORY_ERROR: reader_fault(reader, 0, _("memory is out")); break;
	case YAML_READER_ERROR:
		line = line_at(reader, parser->problem_offset);
		if (strstr(parser->problem, "control") != NULL)
			reader_fault(reader, line, _("the line holds a control character; remove it"));
		else
			reader_fault(
			    reader, line, _("the line holds an octet that is not valid UTF-8; save the file as UTF-8"));
		break;
	case YAML_SCANNER_ERROR:
		if (!is_known(reader, line))
			report_scan(reader, parser->problem, line);
		break;
	default:
		if (!is_known(reader, line))
			report_parse(reader, parser->problem, line);
		break;
	}
}
