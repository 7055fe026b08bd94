/* Fuzzes the table of an earlier export, and HTML of what it holds: no octet of a text is markup. */
#include "cmd/msg/site/earlier.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/msg/site/html.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

/* The text is written as the content of one element: what is left of the markup is that of html_prose() or html_right_to_left(). */
static void
check_text(const char *text)
{
	char *written = NULL;
	size_t len = 0;
	FILE *stream = open_memstream(&written, &len);
	require(stream != NULL);
	html_print(stream, "%s", text);
	require(fclose(stream) == 0 && strlen(written) == len && strpbrk(written, "<>\"'") == NULL);
	free(written);
}

static void
check_elements(void (*write)(FILE *to, const char *text), const char *text)
{
	char *written = NULL;
	size_t len = 0, open = 0;
	FILE *stream = open_memstream(&written, &len);
	require(stream != NULL);
	write(stream, text);
	require(fclose(stream) == 0 && strlen(written) == len);
	for (const char *at = written; (at = strchr(at, '<')) != NULL; at++) {
		bool closes = at[1] == '/';
		require(strncmp(at, "<a href=\"#", 10) == 0 || strncmp(at, "<code dir=\"ltr\">", 16) == 0 ||
		    strncmp(at, "<bdi dir=\"ltr\">", 15) == 0 || closes);
		require(closes == (open == 1));
		open = !closes;
	}
	require(open == 0);
	free(written);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct earlier earlier;
	char *octets = malloc(size + 1);
	require(octets != NULL);
	if (size > 0)
		memcpy(octets, data, size);
	if (earlier_parse(&earlier, octets, size) == 0)
		for (size_t i = 0; i < earlier.count; i++) {
			const struct earlier_text *text = &earlier.text[i];
			const struct earlier_text *found = earlier_find(&earlier, text->id, text->language, text->form);
			require(found != NULL && strcmp(found->id, text->id) == 0 && text->form < 100);
			require(earlier_has_language(&earlier, text->language));
			check_text(text->text);
			check_elements(html_prose, text->text);
			check_elements(html_right_to_left, text->text);
		}
	earlier_free(&earlier);
	return 0;
}
