/* Answers of policy services, of which the line action=... counts. */
#include <string.h>

#include "base/text/ascii.h"
#include "base/text/printable.h"
#include "port/policy_service.h"

/* A part of an answer. */
struct part {
	const char *text;
	size_t len;
};

/* Actions of access(5). DEFER_IF_REJECT is unknown: it would change later rejections. */
static const struct {
	const char *name;
	enum service_action action;
} actions[] = {
	{ "DUNNO", SERVICE_PASS },
	{ "OK", SERVICE_PASS },
	{ "PERMIT", SERVICE_PASS },
	{ "REJECT", SERVICE_REJECT },
	{ "DEFER", SERVICE_DEFER },
	{ "DEFER_IF_PERMIT", SERVICE_DEFER },
	{ "PREPEND", SERVICE_PREPEND },
	{ "WARN", SERVICE_WARN },
	{ "INFO", SERVICE_WARN },
};

static struct part
skip(struct part part, size_t len)
{
	return (struct part) { part.text + len, part.len - len };
}

static struct part
skip_spaces(struct part part)
{
	while (part.len > 0 && (*part.text == ' ' || *part.text == '\t'))
		part = skip(part, 1);
	return part;
}

/* Returns the first word, and removes it and the spaces behind it from the part. */
static struct part
cut_word(struct part *part)
{
	struct part word = { part->text, 0 };

	while (word.len < part->len && word.text[word.len] != ' ' && word.text[word.len] != '\t')
		word.len++;
	*part = skip_spaces(skip(*part, word.len));
	return word;
}

static bool
is_number(struct part part, size_t least, size_t most)
{
	for (size_t i = 0; i < part.len; i++)
		if (!ascii_is_digit(part.text[i]))
			return false;
	return part.len >= least && part.len <= most;
}

/* Finds the last action before the empty line. Returns false if there is none. */
static bool
find_action(struct part answer, struct part *value)
{
	static const char name[] = "action=";
	const size_t name_len = sizeof name - 1;
	bool found = false;

	while (answer.len > 0) {
		const char *lf = memchr(answer.text, '\n', answer.len);
		struct part line = { answer.text, lf == NULL ? answer.len : (size_t)(lf - answer.text) };
		answer = skip(answer, line.len + (lf != NULL));
		if (line.len > 0 && line.text[line.len - 1] == '\r')
			line.len--;
		if (line.len == 0)
			break;
		if (line.len >= name_len && memcmp(line.text, name, name_len) == 0) {
			*value = skip_spaces(skip(line, name_len));
			found = true;
		}
	}
	return found;
}

/* Removes an enhanced status (RFC 3463) from the start of the words. Returns whether it is that of SPF. */
static bool
cut_status(struct part *words)
{
	struct part rest = *words, status = cut_word(&rest);
	const char *dot = memchr(status.text, '.', status.len);
	const char *last = memrchr(status.text, '.', status.len);

	if (dot != status.text + 1 || last == dot || (*status.text != '4' && *status.text != '5'))
		return false;
	const struct part subject = { dot + 1, (size_t)(last - dot) - 1 };
	const struct part detail = { last + 1, status.len - (size_t)(last + 1 - status.text) };
	if (!is_number(subject, 1, 3) || !is_number(detail, 1, 3))
		return false;
	*words = rest;
	return status.len == 6 && memcmp(status.text, "5.7.23", 6) == 0;
}

/* Three digits are a reply code, which rejects or defers; any other number means OK (access(5)). */
static enum service_action
find_meaning(struct part word)
{
	if (is_number(word, 3, 3) && (*word.text == '4' || *word.text == '5'))
		return *word.text == '5' ? SERVICE_REJECT : SERVICE_DEFER;
	if (is_number(word, 1, word.len))
		return SERVICE_PASS;
	for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
		if (word.len == strlen(actions[i].name) && ascii_equal(word.text, actions[i].name, word.len))
			return actions[i].action;
	return SERVICE_UNKNOWN;
}

void
service_answer_read(struct service_answer *answer, const char *octets, size_t len)
{
	struct part value = { "", 0 };
	bool found = find_action((struct part) { octets, len }, &value);
	struct part words = value, word = cut_word(&words);

	*answer = (struct service_answer) { .action = word.len > 0 ? find_meaning(word) : SERVICE_FAILED };
	switch (answer->action) {
	case SERVICE_REJECT:
	case SERVICE_DEFER: answer->spf = cut_status(&words); break;
	case SERVICE_UNKNOWN: words = value; break;
	case SERVICE_FAILED:
		words.text = found ? "an action without a name" : "no action in the answer";
		words.len = strlen(words.text);
		break;
	default: break;
	}
	printable_copy(answer->text, sizeof answer->text, words.text, words.len);
}
