/* The configuration file of a server, in YAML. */
#include "config/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/file.h"
#include "base/text/printable.h"
#include "base/text/translate.h"
#include "config/reader.h"

static char *
read_content(const char *path, size_t *len, const char **why)
{
	FILE *file = file_open(path, why);
	if (file == NULL)
		return NULL;
	char *content = file_read(fileno(file), CONFIG_FILE_MAX, len);
	*why = content == NULL ? strerror(errno) : NULL;
	fclose(file);
	return content;
}

/* The mark of UTF-8 that some editors write. libyaml would count it as an indentation. */
static void
skip_mark(struct reader *reader)
{
	static const char mark[] = "\xEF\xBB\xBF";
	size_t len = sizeof mark - 1;
	if (reader->content == NULL || reader->len < len || memcmp(reader->content, mark, len) != 0)
		return;
	reader->content += len;
	reader->len -= len;
}

static void
set_standard(struct config *config)
{
	section_standard(&section_server, config);
	for (unsigned i = 0; i < section_count; i++)
		if (sections[i].item == 0)
			section_standard(&sections[i], (char *)config + sections[i].offset);
}

struct config *
config_read(const char *path, config_report *report, void *context)
{
	struct config *config = calloc(1, sizeof *config);
	struct reader reader = { .config = config, .report = report, .context = context };
	const char *why;
	if (config == NULL) {
		report(context, path, 0, _("memory is out"));
		return NULL;
	}
	set_standard(config);
	config->path = path;
	if (path == NULL)
		return config;
	char *content = read_content(path, &reader.len, &why);
	reader.content = content;
	skip_mark(&reader);
	if (content == NULL)
		reader_fault(&reader, 0, _("%s; name a file that can be read"), why);
	else
		reader_run(&reader);
	free(content);
	if (reader.faults == 0)
		return config;
	config_free(config);
	return NULL;
}

unsigned
config_line(const struct config *config, const char *section, unsigned item, const char *name)
{
	for (size_t i = 0; i < config->entries_count; i++) {
		const struct config_entry *entry = &config->entries[i];
		if (entry->setting != NULL && entry->item == item && strcmp(entry->section->name, section) == 0 &&
		    strcmp(entry->setting->name, name) == 0)
			return entry->line;
	}
	return 0;
}

void
config_free(struct config *config)
{
	void *items;
	if (config == NULL)
		return;
	for (size_t i = 0; i < config->entries_count; i++)
		free(config->entries[i].text);
	free(config->entries);
	for (unsigned i = 0; i < section_count; i++)
		if (sections[i].item != 0) {
			memcpy(&items, (const char *)config + sections[i].offset, sizeof items);
			free(items);
		}
	free(config);
}

void
config_print_fault(void *context, const char *file, unsigned line, const char *fault)
{
	(void)context;
	if (line == 0)
		printable_print(stderr, "%s: %s\n", file, fault);
	else
		printable_print(stderr, "%s:%u: %s\n", file, line, fault);
}
