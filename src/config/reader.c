/* Reads a configuration: events of libyaml, held against the tables of sections. */
#include "config/reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/translate.h"

enum { FAULT_SIZE = 400, SHOWN = 60 };

void
reader_fault(struct reader *reader, unsigned line, const char *format, ...)
{
	char text[FAULT_SIZE];
	va_list arguments;
	reader->fault_line = line;
	if (++reader->faults > READER_FAULTS_MAX)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	reader->report(reader->context, reader->config->path, line, text);
	if (reader->faults == READER_FAULTS_MAX)
		reader->report(reader->context, reader->config->path, line,
		    "there are too many faults to list; correct these first");
}

static unsigned
line_of(const yaml_event_t *event)
{
	return (unsigned)event->start_mark.line + 1;
}

static bool
is_start(const yaml_event_t *event)
{
	return event->type == YAML_MAPPING_START_EVENT || event->type == YAML_SEQUENCE_START_EVENT;
}

static bool
is_end(const yaml_event_t *event)
{
	return event->type == YAML_MAPPING_END_EVENT || event->type == YAML_SEQUENCE_END_EVENT;
}

/* A scalar that is not there: "limits:" with nothing behind it. */
static bool
is_nothing(const yaml_event_t *event)
{
	return event->type == YAML_SCALAR_EVENT && event->data.scalar.length == 0 &&
	    event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

/* YAML features that a configuration must not use: anchors, aliases and tags. */
static void
check_properties(struct reader *reader)
{
	const yaml_event_t *event = &reader->event;
	const yaml_char_t *anchor = NULL, *tag = NULL;
	switch (event->type) {
	case YAML_ALIAS_EVENT:
		reader_fault(reader, line_of(event),
		    _("'*%.60s' is an alias, which is not supported; write out the value, or put it in quotes"),
		    event->data.alias.anchor);
		return;
	case YAML_SCALAR_EVENT: anchor = event->data.scalar.anchor, tag = event->data.scalar.tag; break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = event->data.sequence_start.anchor, tag = event->data.sequence_start.tag;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = event->data.mapping_start.anchor, tag = event->data.mapping_start.tag;
		break;
	default: return;
	}
	if (anchor != NULL)
		reader_fault(reader, line_of(event),
		    _("'&%.60s' is an anchor, which is not supported; leave it out, or put the value in quotes"),
		    anchor);
	if (tag != NULL)
		reader_fault(reader, line_of(event),
		    _("'%.60s' is a tag, which is not supported; leave it out, or put the value in quotes"), tag);
}

/* Makes the next event the current one. False if the file can be read no further; that has been reported. */
static bool
next(struct reader *reader)
{
	yaml_event_delete(&reader->event);
	if (reader->faults >= READER_FAULTS_MAX)
		return false;
	if (!yaml_parser_parse(&reader->parser, &reader->event)) {
		reader_report_syntax(reader);
		return false;
	}
	check_properties(reader);
	if (is_end(&reader->event))
		reader->depth--;
	if (!is_start(&reader->event) || ++reader->depth <= READER_DEPTH_MAX)
		return true;
	reader_fault(
	    reader, line_of(&reader->event), _("lists or sections are nested too deeply; no setting needs that"));
	return false;
}

/* Reads to the end of the list or mapping that the current event begins. */
static bool
skip(struct reader *reader)
{
	if (!is_start(&reader->event))
		return true;
	for (unsigned outside = reader->depth - 1; reader->depth > outside;)
		if (!next(reader))
			return false;
	return true;
}

static bool
out_of_memory(struct reader *reader)
{
	reader_fault(reader, 0, _("memory is out"));
	return false;
}

/* The entry of a setting, or of a section if setting is NULL, among those from the number first on. */
static const struct config_entry *
find_entry(const struct reader *reader, size_t first, const struct section *section, const struct setting *setting)
{
	for (size_t i = first; i < reader->config->entries_count; i++) {
		const struct config_entry *entry = &reader->config->entries[i];
		if (entry->section == section && entry->setting == setting)
			return entry;
	}
	return NULL;
}

/* Adds an entry, which owns its text from now on. */
static bool
keep(struct reader *reader, struct config_entry entry)
{
	struct config *config = reader->config;
	if (config->entries_count == config->entries_room) {
		size_t room = config->entries_room == 0 ? 64 : 2 * config->entries_room;
		struct config_entry *grown = reallocarray(config->entries, room, sizeof *grown);
		if (grown == NULL) {
			free(entry.text);
			return out_of_memory(reader);
		}
		config->entries = grown;
		config->entries_room = room;
	}
	config->entries[config->entries_count++] = entry;
	return true;
}

/* A mapping whose pairs are being read. */
struct mapping {
	const struct section *section; /* NULL: what is outside of sections, and all sections */
	void *values;
	unsigned item; /* of a list */
	unsigned line;
	size_t first; /* entry */
};

/* A list or a section where a value should be. */
static void
report_no_scalar(struct reader *reader, const char *name)
{
	size_t len;
	unsigned line = line_of(&reader->event);
	const char *text = reader_line(reader, line, &len), *end = text + len;
	while (text < end && *text != '[' && *text != '{')
		text++;
	if (text < end)
		reader_fault(reader, line,
		    _("%s: in YAML '%c' begins a list or a section; put the value in quotes: '%.*s'"), name, *text,
		    (int)(end - text < SHOWN ? end - text : SHOWN), text);
	else
		reader_fault(
		    reader, line, _("%s: this is a list or a section; write one value behind '%s: '"), name, name);
}

static bool
is_sound(struct reader *reader, const struct setting *setting)
{
	const yaml_event_t *event = &reader->event;
	if (event->data.scalar.length <= READER_TEXT_MAX &&
	    memchr(event->data.scalar.value, '\0', event->data.scalar.length) == NULL)
		return true;
	reader_fault(reader, line_of(event), _("%s: '%.40s...' is longer than %d octets or holds a NUL; shorten it"),
	    setting->name, event->data.scalar.value, READER_TEXT_MAX);
	return false;
}

/* Reads the value of a setting whose name stood in line. */
static bool
read_value(struct reader *reader, const struct mapping *mapping, const struct setting *setting, unsigned line)
{
	char why[SECTION_ERROR_SIZE];
	const struct config_entry *before = find_entry(reader, mapping->first, mapping->section, setting);
	if (before != NULL)
		reader_fault(reader, line, _("%s: it is set in line %u already; leave one of the two out"),
		    setting->name, before->line);
	if (reader->event.type == YAML_ALIAS_EVENT)
		return true;
	if (reader->event.type != YAML_SCALAR_EVENT) {
		report_no_scalar(reader, setting->name);
		return skip(reader);
	}
	if (before != NULL || !is_sound(reader, setting))
		return true;
	char *text = strdup((const char *)reader->event.data.scalar.value);
	if (text == NULL)
		return out_of_memory(reader);
	if (setting_set(setting, mapping->values, text, why) < 0)
		reader_fault(reader, line, "%s: %s", setting->name, why);
	return keep(reader, (struct config_entry) { mapping->section, setting, mapping->item, line, text });
}

static void
report_missing(struct reader *reader, const struct mapping *mapping)
{
	const struct section *section = mapping->section;
	for (unsigned i = 0; i < section->count; i++)
		if (section_is_needed(&section->settings[i]) &&
		    find_entry(reader, mapping->first, section, &section->settings[i]) == NULL)
			reader_fault(reader, mapping->line, _("%s: this item has no %s; add '%s: ...'"), section->name,
			    section->settings[i].name, section->settings[i].name);
}

/* Where else is a setting of that name? */
static const struct section *
find_home(const char *name)
{
	for (unsigned i = 0; i < section_count; i++)
		if (section_setting(&sections[i], name) != NULL)
			return &sections[i];
	return NULL;
}

static void
report_unknown(struct reader *reader, const struct section *section, const char *name, unsigned line)
{
	const struct section *home = section == NULL ? find_home(name) : NULL;
	const char *nearest = reader_nearest(section, name);
	bool is_outer = section_setting(&section_server, name) != NULL || section_find(name) != NULL;
	if (section != NULL && is_outer)
		reader_fault(reader, line,
		    _("there is no setting '%s' in %s; it belongs outside: begin its line without spaces"), name,
		    section->name);
	else if (home != NULL)
		reader_fault(reader, line,
		    _("there is no setting '%s' here; it belongs to %s: write it below '%s:', indented"), name,
		    home->name, home->name);
	else if (nearest != NULL)
		reader_fault(reader, line, _("there is no setting '%.60s' here; did you mean %s?"), name, nearest);
	else
		reader_fault(reader, line, _("there is no setting '%.60s' here; ftgate.conf(5) lists them"), name);
}

/* Reads the pair whose name is the current event, in a section or in an item of a list. */
static bool
read_setting(struct reader *reader, const struct mapping *mapping, const char *name, unsigned line)
{
	const struct setting *setting = section_setting(mapping->section, name);
	if (setting == NULL)
		report_unknown(reader, mapping->section, name, line);
	if (!next(reader))
		return false;
	return setting == NULL ? skip(reader) : read_value(reader, mapping, setting, line);
}

typedef bool read_pair(struct reader *reader, const struct mapping *mapping, const char *name, unsigned line);

/* Reads the mapping that the current event begins. */
static bool
read_mapping(struct reader *reader, struct mapping mapping, read_pair *read)
{
	char name[READER_TEXT_MAX + 1];
	mapping.line = line_of(&reader->event);
	mapping.first = reader->config->entries_count;
	for (;;) {
		if (!next(reader))
			return false;
		unsigned line = line_of(&reader->event);
		if (reader->event.type == YAML_MAPPING_END_EVENT)
			break;
		if (reader->event.type == YAML_SCALAR_EVENT) {
			snprintf(name, sizeof name, "%s", reader->event.data.scalar.value);
			if (!read(reader, &mapping, name, line))
				return false;
			continue;
		}
		if (reader->event.type != YAML_ALIAS_EVENT)
			reader_fault(reader, line,
			    _("expected the name of a setting, not a list or a section; write NAME: VALUE"));
		if (!skip(reader) || !next(reader) || !skip(reader))
			return false;
	}
	if (mapping.section != NULL)
		report_missing(reader, &mapping);
	return true;
}

static bool
read_section(struct reader *reader, const struct section *section)
{
	const yaml_event_t *event = &reader->event;
	void *values = (char *)reader->config + section->offset;
	if (event->type == YAML_MAPPING_START_EVENT)
		return read_mapping(reader, (struct mapping) { .section = section, .values = values }, read_setting);
	if (event->type == YAML_SCALAR_EVENT && !is_nothing(event))
		reader_fault(reader, line_of(event),
		    _("%s: expected settings, not '%.40s'; write them below, indented, each as NAME: VALUE"),
		    section->name, event->data.scalar.value);
	else if (event->type == YAML_SEQUENCE_START_EVENT)
		reader_fault(
		    reader, line_of(event), _("%s: this is not a list; write its settings without '-'"), section->name);
	return skip(reader);
}

/* Adds an item with all settings at their defaults to the list of a section. NULL: memory is out. */
static void *
add_item(struct config *config, const struct section *section, unsigned number)
{
	char *items;
	unsigned count = number + 1;
	memcpy(&items, (char *)config + section->offset, sizeof items);
	if ((number & count) == 0) { /* the room is a power of two, and full */
		items = reallocarray(items, 2 * (size_t)count, section->item);
		if (items == NULL)
			return NULL;
		memcpy((char *)config + section->offset, &items, sizeof items);
	}
	memcpy((char *)config + section->number, &count, sizeof count);
	section_standard(section, items + number * section->item);
	return items + number * section->item;
}

/* The first setting that an item of a list must have. */
static const char *
first_needed(const struct section *section)
{
	const struct setting *setting = section->settings;
	while (!section_is_needed(setting))
		setting++;
	return setting->name;
}

static bool
read_item(struct reader *reader, const struct section *section, unsigned number)
{
	if (reader->event.type != YAML_MAPPING_START_EVENT) {
		reader_fault(reader, line_of(&reader->event),
		    _("%s: an item has settings of its own; write '- %s: ...'"), section->name, first_needed(section));
		return skip(reader);
	}
	void *values = add_item(reader->config, section, number);
	if (values == NULL)
		return out_of_memory(reader);
	return read_mapping(
	    reader, (struct mapping) { .section = section, .values = values, .item = number }, read_setting);
}

static unsigned
count_items(const struct config *config, const struct section *section)
{
	unsigned count;
	memcpy(&count, (const char *)config + section->number, sizeof count);
	return count;
}

static bool
read_list(struct reader *reader, const struct section *section)
{
	const yaml_event_t *event = &reader->event;
	if (event->type == YAML_SEQUENCE_START_EVENT) {
		for (;;) {
			if (!next(reader))
				return false;
			if (event->type == YAML_SEQUENCE_END_EVENT)
				return true;
			if (!read_item(reader, section, count_items(reader->config, section)))
				return false;
		}
	}
	if (event->type == YAML_SCALAR_EVENT && !is_nothing(event))
		reader_fault(reader, line_of(event),
		    _("%s: '%.40s' is not a list; write each item below as '- %s: ...'"), section->name,
		    event->data.scalar.value, first_needed(section));
	else if (event->type == YAML_MAPPING_START_EVENT)
		reader_fault(reader, line_of(event),
		    _("%s: this is not a list; begin each item with '- ', as '- %s: ...'"), section->name,
		    first_needed(section));
	return skip(reader);
}

/* Reads the pair whose name is the current event, outside of sections. */
static bool
read_outer(struct reader *reader, const struct mapping *mapping, const char *name, unsigned line)
{
	const struct setting *setting = section_setting(&section_server, name);
	const struct section *section = section_find(name);
	if (setting == NULL && section == NULL)
		report_unknown(reader, NULL, name, line);
	if (!next(reader))
		return false;
	if (setting != NULL) {
		const struct mapping outer = { .section = &section_server, .values = mapping->values };
		return read_value(reader, &outer, setting, line);
	}
	if (section == NULL)
		return skip(reader);
	const struct config_entry *before = find_entry(reader, 0, section, NULL);
	if (before != NULL) {
		reader_fault(reader, line, _("%s: it begins in line %u already; put all of its settings there"), name,
		    before->line);
		return skip(reader);
	}
	if (!keep(reader, (struct config_entry) { .section = section, .line = line }))
		return false;
	return section->item == 0 ? read_section(reader, section) : read_list(reader, section);
}

/* Reads the document's one node. */
static bool
read_root(struct reader *reader)
{
	const yaml_event_t *event = &reader->event;
	if (event->type == YAML_MAPPING_START_EVENT)
		return read_mapping(reader, (struct mapping) { .values = reader->config }, read_outer);
	if (event->type == YAML_SEQUENCE_START_EVENT)
		reader_fault(
		    reader, line_of(event), _("expected settings, not a list; write NAME: VALUE, without '-'"));
	else if (event->type == YAML_SCALAR_EVENT && !is_nothing(event))
		reader_fault(
		    reader, line_of(event), _("'%.40s' is not a setting; write NAME: VALUE"), event->data.scalar.value);
	return skip(reader);
}

static bool
advance(struct reader *reader, int events)
{
	while (events > 0 && next(reader))
		events--;
	return events == 0;
}

static void
read_stream(struct reader *reader)
{
	const yaml_event_t *event = &reader->event;
	if (!advance(reader, 2) || event->type == YAML_STREAM_END_EVENT)
		return;
	if (next(reader) && read_root(reader) && advance(reader, 2) && event->type != YAML_STREAM_END_EVENT)
		reader_fault(reader, line_of(event), _("a second document begins here; leave '---' out"));
}

void
reader_run(struct reader *reader)
{
	if (!yaml_parser_initialize(&reader->parser)) {
		out_of_memory(reader);
		return;
	}
	yaml_parser_set_encoding(&reader->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader->parser, (const unsigned char *)reader->content, reader->len);
	read_stream(reader);
	yaml_event_delete(&reader->event);
	yaml_parser_delete(&reader->parser);
}
