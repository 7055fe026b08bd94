/* The configuration file of a server, in YAML. */
#include "config/config.h"

#include <cyaml/cyaml.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "config/section.h"

enum { FAULT_SIZE = 256, LISTENERS_MAX = 64, TEXT_MAX = 1024 };

/* The file as it is written: texts, which are made sense of when all of it is known to be sound YAML. */
struct listener_texts {
	char *address, *language, *role, *proxy, *tls;
};

struct texts {
	char *data, *hostname, *language, *profile, *user, *workers, *contact, *help;
	char *tls_cert, *tls_key, *auth, *auth_in_clear, *bare_octets;
	struct listener_texts *listeners;
	unsigned listeners_count;
	char *metrics, *vrfy, *expn, *etrn;
	char *bilingual, *xlang;
};

#define TEXT(type, member, name) CYAML_FIELD_STRING_PTR(name, CYAML_FLAG_OPTIONAL, type, member, 0, TEXT_MAX)

static const cyaml_schema_field_t listener_fields[] = {
	CYAML_FIELD_STRING_PTR("address", CYAML_FLAG_POINTER, struct listener_texts, address, 1, TEXT_MAX),
	TEXT(struct listener_texts, language, "language"),
	TEXT(struct listener_texts, role, "role"),
	TEXT(struct listener_texts, proxy, "proxy"),
	TEXT(struct listener_texts, tls, "tls"),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t listener_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct listener_texts, listener_fields),
};

static const cyaml_schema_field_t own_fields[] = {
	TEXT(struct texts, data, "data"),
	TEXT(struct texts, hostname, "hostname"),
	TEXT(struct texts, language, "language"),
	TEXT(struct texts, profile, "profile"),
	TEXT(struct texts, user, "user"),
	TEXT(struct texts, workers, "workers"),
	TEXT(struct texts, contact, "contact"),
	TEXT(struct texts, help, "help-url"),
	TEXT(struct texts, tls_cert, "tls-cert"),
	TEXT(struct texts, tls_key, "tls-key"),
	TEXT(struct texts, auth, "auth"),
	TEXT(struct texts, auth_in_clear, "auth-in-clear"),
	TEXT(struct texts, bare_octets, "bare-octets"),
	CYAML_FIELD_SEQUENCE("listeners", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct texts, listeners,
	    &listener_schema, 0, LISTENERS_MAX),
	TEXT(struct texts, bilingual, "bilingual"),
	TEXT(struct texts, xlang, "xlang"),
	TEXT(struct texts, metrics, "metrics"),
	TEXT(struct texts, vrfy, "vrfy"),
	TEXT(struct texts, expn, "expn"),
	TEXT(struct texts, etrn, "etrn"),
};
enum { OWN_FIELDS = sizeof own_fields / sizeof *own_fields };

/*
 * What libcyaml is told: the texts above, and behind them those of the sections, one section after another. Of a mapping
 * they are an array; of a list there is a pointer to an array for each item.
 */
struct schema {
	cyaml_schema_value_t value;
	cyaml_schema_field_t *fields;   /* of the file, an end mark behind them */
	cyaml_schema_field_t *settings; /* of all sections, an end mark behind each */
	cyaml_schema_value_t *items;    /* of each section, if it is a list */
};

struct list_texts {
	char **values;
	uint64_t count;
};

static size_t
size_of_texts(const struct section *section)
{
	return section->item == 0 ? section->count * sizeof(char *) : sizeof(struct list_texts);
}

static void
add_setting(cyaml_schema_field_t *field, const struct setting *setting, size_t place)
{
	bool needed = setting->kind == SETTING_TEXT && setting->least > 0;
	*field = (cyaml_schema_field_t) {
		.key = setting->name,
		.data_offset = (uint32_t)(place * sizeof(char *)),
		.value = { CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 0, TEXT_MAX) },
	};
	field->value.flags |= needed ? CYAML_FLAG_DEFAULT : CYAML_FLAG_OPTIONAL;
}

static cyaml_schema_value_t
mapping_of(const struct section *section, cyaml_schema_field_t *settings)
{
	for (unsigned i = 0; i < section->count; i++)
		add_setting(&settings[i], &section->settings[i], i);
	return (cyaml_schema_value_t) {
		.type = CYAML_MAPPING,
		.data_size = (uint32_t)(section->count * sizeof(char *)),
		.mapping = { .fields = settings },
	};
}

static void
add_section(struct schema *schema, unsigned i, cyaml_schema_field_t *settings, size_t offset)
{
	const struct section *section = &sections[i];
	cyaml_schema_field_t *field = &schema->fields[OWN_FIELDS + i];
	field->key = section->name;
	field->data_offset = (uint32_t)offset;
	schema->items[i] = mapping_of(section, settings);
	field->value = schema->items[i];
	field->value.flags = CYAML_FLAG_OPTIONAL;
	if (section->item == 0)
		return;
	field->count_offset = (uint32_t)(offset + offsetof(struct list_texts, count));
	field->count_size = sizeof(uint64_t);
	field->value.type = CYAML_SEQUENCE;
	field->value.flags = CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL;
	field->value.sequence.entry = &schema->items[i];
	field->value.sequence.min = 0;
	field->value.sequence.max = SECTION_ITEMS_MAX;
}

static bool
schema_open(struct schema *schema)
{
	size_t settings = 0, offset = sizeof(struct texts);
	for (unsigned i = 0; i < section_count; i++)
		settings += sections[i].count + 1;
	*schema = (struct schema) {
		.fields = calloc(OWN_FIELDS + section_count + 1, sizeof *schema->fields),
		.settings = calloc(settings + 1, sizeof *schema->settings),
		.items = calloc(section_count + 1, sizeof *schema->items),
	};
	if (schema->fields == NULL || schema->settings == NULL || schema->items == NULL)
		return false;
	memcpy(schema->fields, own_fields, sizeof own_fields);
	cyaml_schema_field_t *at = schema->settings;
	for (unsigned i = 0; i < section_count; i++) {
		add_section(schema, i, at, offset);
		at += sections[i].count + 1;
		offset += size_of_texts(&sections[i]);
	}
	schema->value = (cyaml_schema_value_t) {
		.type = CYAML_MAPPING,
		.flags = CYAML_FLAG_POINTER,
		.data_size = (uint32_t)offset,
		.mapping = { .fields = schema->fields },
	};
	return true;
}

static void
schema_close(struct schema *schema)
{
	free(schema->fields);
	free(schema->settings);
	free(schema->items);
}

/* A file that is being read, and what was wrong with it. */
struct reading {
	const char *path;
	char *content;
	size_t len;
	config_report *report;
	void *context;
	unsigned faults;
	char told[FAULT_SIZE]; /* libcyaml's first words */
	unsigned line;         /* and the line that it names */
};

/* What a caller gets, and the texts that it points into. */
struct kept {
	struct config config;
	struct texts *texts; /* those of the sections behind it */
	struct schema schema;
};

static void __attribute__((format(printf, 3, 0)))
log_cyaml(cyaml_log_t level, void *context, const char *format, va_list arguments)
{
	struct reading *reading = context;
	char text[FAULT_SIZE];
	const char *line;
	(void)level;
	vsnprintf(text, sizeof text, format, arguments);
	text[strcspn(text, "\n")] = '\0';
	if (reading->told[0] == '\0')
		snprintf(reading->told, sizeof reading->told, "%s", strncmp(text, "Load: ", 6) == 0 ? text + 6 : text);
	else if (reading->line == 0 && (line = strstr(text, "(line: ")) != NULL)
		reading->line = (unsigned)strtoul(line + 7, NULL, 10);
}

/* libcyaml's own functions want one that is not const. */
static cyaml_config_t
options(struct reading *reading)
{
	return (cyaml_config_t) {
		.log_fn = reading != NULL ? log_cyaml : NULL,
		.log_ctx = reading,
		.mem_fn = cyaml_mem,
		.log_level = CYAML_LOG_ERROR,
		.flags = CYAML_CFG_NO_ALIAS,
	};
}

static void
fault(struct reading *reading, unsigned line, const char *text)
{
	reading->faults++;
	reading->report(reading->context, reading->path, line, text);
}

/* Does the line set this one, with this value; NULL is any? */
static bool
is_line_of(const char *line, size_t line_len, const char *name, const char *value)
{
	const char *at = line + strspn(line, " -\"'");
	size_t len = strlen(name);
	return strncmp(at, name, len) == 0 && strchr(" :\"'", at[len]) != NULL &&
	    (value == NULL || memmem(line, line_len, value, strlen(value)) != NULL);
}

/* The line where a setting stands with a value, in a section if one is named. 0 where there is none. */
static unsigned
find_line(const struct reading *reading, const char *section, const char *name, const char *value)
{
	unsigned number = 1;
	bool inside = section == NULL;
	for (const char *line = reading->content; *line != '\0'; number++) {
		size_t line_len = strcspn(line, "\n");
		if (inside && is_line_of(line, line_len, name, value))
			return number;
		inside = inside || is_line_of(line, line_len, section, NULL);
		line += line_len + (line[line_len] != '\0');
	}
	return 0;
}

static void
fault_in(struct reading *reading, const char *section, const char *name, const char *value, const char *why)
{
	char text[FAULT_SIZE];
	snprintf(text, sizeof text, "%s: %s", name, why);
	fault(reading, find_line(reading, section, name, value), text);
}

static void
fault_of(struct reading *reading, const char *name, const char *value, const char *why)
{
	fault_in(reading, NULL, name, value, why);
}

/* libcyaml names the line before an unknown key. */
static void
fault_of_yaml(struct reading *reading, cyaml_err_t error)
{
	static const char unknown[] = "Unexpected key: ";
	char text[FAULT_SIZE];
	const char *name = reading->told + sizeof unknown - 1;
	if (strncmp(reading->told, unknown, sizeof unknown - 1) == 0) {
		snprintf(text, sizeof text, "there is no setting '%.100s' here; ftgate-smtpd(8) lists them", name);
		fault(reading, find_line(reading, NULL, name, NULL), text);
		return;
	}
	snprintf(text, sizeof text, "%s", reading->told[0] != '\0' ? reading->told : cyaml_strerror(error));
	text[0] = ascii_lower(text[0]);
	fault(reading, reading->line, text);
}

/* Is it the first or the second word? Where nothing is said, the first. */
static bool
choose(struct reading *reading, const char *name, const char *value, const char *first, const char *second)
{
	char why[FAULT_SIZE];
	if (value == NULL || strcmp(value, first) == 0)
		return false;
	if (strcmp(value, second) == 0)
		return true;
	snprintf(why, sizeof why, "'%.40s' should be %s or %s", value, first, second);
	fault_of(reading, name, value, why);
	return false;
}

static unsigned
read_workers(struct reading *reading, const char *value)
{
	char *end;
	unsigned long number = value == NULL ? 0 : strtoul(value, &end, 10);
	if (value == NULL)
		return 0;
	if (ascii_is_digit(value[0]) && *end == '\0' && number >= 1 && number <= 64)
		return (unsigned)number;
	char why[FAULT_SIZE];
	snprintf(why, sizeof why, "'%.40s' should be a number from 1 to 64", value);
	fault_of(reading, "workers", value, why);
	return 0;
}

static void
read_settings(struct reading *reading, const struct section *section, void *to, char *const *values)
{
	char why[SECTION_ERROR_SIZE];
	for (unsigned i = 0; i < section->count; i++)
		if (values[i] != NULL && setting_set(&section->settings[i], to, values[i], why) < 0)
			fault_in(reading, section->name, section->settings[i].name, values[i], why);
}

static bool
read_list(struct reading *reading, const struct section *section, struct config *config, const struct list_texts *texts)
{
	unsigned number = (unsigned)texts->count;
	char *items = calloc(number + 1, section->item);
	if (items == NULL)
		return false;
	memcpy((char *)config + section->offset, &items, sizeof items);
	memcpy((char *)config + section->number, &number, sizeof number);
	for (unsigned i = 0; i < number; i++, items += section->item) {
		section_standard(section, items);
		read_settings(reading, section, items, texts->values + i * section->count);
	}
	return true;
}

static bool
read_sections(struct reading *reading, struct config *config, const struct texts *texts)
{
	const char *at = (const char *)(texts + 1);
	bool read = true;
	for (const struct section *section = sections; section < sections + section_count; section++) {
		const void *values = at;
		at += size_of_texts(section);
		if (section->item == 0)
			read_settings(reading, section, (char *)config + section->offset, values);
		else
			read &= read_list(reading, section, config, values);
	}
	return read;
}

/* One of three words. NULL where nothing is told. */
static const char *
read_word(struct reading *reading, const char *name, const char *value, const char *const words[3])
{
	char why[FAULT_SIZE];
	if (value == NULL)
		return NULL;
	for (size_t i = 0; i < 3; i++)
		if (strcmp(value, words[i]) == 0)
			return words[i];
	snprintf(why, sizeof why, "'%.40s' should be %s, %s or %s", value, words[0], words[1], words[2]);
	fault_of(reading, name, value, why);
	return NULL;
}

/* Who may ask. */
static const char *
read_audience(struct reading *reading, const char *name, const char *value)
{
	static const char *const words[] = { "nobody", "accounts", "anyone" };
	return read_word(reading, name, value, words);
}

static const char *
read_xlang(struct reading *reading, const char *value)
{
	static const char *const words[] = { "no", "yes", "utf-8" };
	return read_word(reading, "xlang", value, words);
}

static enum config_role
read_role(struct reading *reading, const char *value)
{
	static const char *const words[] = { "mx", "submission", "pop3" };
	const char *word = read_word(reading, "role", value, words);
	for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
		if (word == words[i])
			return (enum config_role)i;
	return CONFIG_ROLE_MX;
}

static enum config_tls
read_tls(struct reading *reading, const char *value)
{
	char why[FAULT_SIZE];
	if (value == NULL || strcmp(value, "starttls") == 0)
		return CONFIG_TLS_STARTTLS;
	if (strcmp(value, "required") == 0)
		return CONFIG_TLS_REQUIRED;
	if (strcmp(value, "implicit") == 0)
		return CONFIG_TLS_IMPLICIT;
	snprintf(why, sizeof why, "'%.40s' should be starttls, required or implicit", value);
	fault_of(reading, "tls", value, why);
	return CONFIG_TLS_STARTTLS;
}

static bool
read_listeners(struct reading *reading, struct config *config, const struct texts *texts)
{
	config->listener_count = texts->listeners_count;
	config->listeners = calloc(texts->listeners_count + 1, sizeof *config->listeners);
	if (config->listeners == NULL)
		return false;
	for (unsigned i = 0; i < texts->listeners_count; i++) {
		const struct listener_texts *from = &texts->listeners[i];
		config->listeners[i] = (struct config_listener) {
			.address = from->address,
			.language = from->language,
			.role = read_role(reading, from->role),
			.proxy = choose(reading, "proxy", from->proxy, "no", "yes"),
			.tls = read_tls(reading, from->tls),
		};
	}
	return true;
}

/* Makes sense of the texts. False when memory is out. */
static bool
understand(struct reading *reading, struct config *config, const struct texts *texts)
{
	config->data = texts->data;
	config->hostname = texts->hostname;
	config->language = texts->language;
	config->bilingual = texts->bilingual;
	config->xlang = read_xlang(reading, texts->xlang);
	config->profile = choose(reading, "profile", texts->profile, "published", "strict") ? "strict" : texts->profile;
	config->user = texts->user;
	config->metrics = texts->metrics;
	config->contact = texts->contact;
	config->help = texts->help;
	config->tls_cert = texts->tls_cert;
	config->tls_key = texts->tls_key;
	config->auth = texts->auth;
	config->auth_in_clear = choose(reading, "auth-in-clear", texts->auth_in_clear, "no", "yes");
	config->normalise = choose(reading, "bare-octets", texts->bare_octets, "refuse", "normalise");
	config->workers = read_workers(reading, texts->workers);
	config->vrfy = read_audience(reading, "vrfy", texts->vrfy);
	config->expn = read_audience(reading, "expn", texts->expn);
	config->etrn = read_audience(reading, "etrn", texts->etrn);
	return read_sections(reading, config, texts) && read_listeners(reading, config, texts);
}

static char *
read_content(const char *path, size_t *len)
{
	FILE *file = fopen(path, "rbe");
	char *content = malloc(CONFIG_FILE_MAX + 1);
	int error = file == NULL ? errno : 0;
	if (file != NULL && content != NULL) {
		*len = fread(content, 1, CONFIG_FILE_MAX + 1, file);
		error = ferror(file) ? errno : *len > CONFIG_FILE_MAX ? EFBIG : 0;
	}
	if (file != NULL)
		fclose(file);
	if (content != NULL && error == 0) {
		content[*len] = '\0';
		return content;
	}
	free(content);
	errno = error != 0 ? error : ENOMEM;
	return NULL;
}

/* An empty file has no texts. */
static bool
load(struct reading *reading, struct kept *kept)
{
	cyaml_config_t with = options(reading);
	cyaml_data_t *data = NULL;
	cyaml_err_t error = cyaml_load_data(
	    (const uint8_t *)reading->content, reading->len, &with, &kept->schema.value, &data, NULL);
	kept->texts = data;
	if (error != CYAML_OK)
		fault_of_yaml(reading, error);
	else if (data != NULL && !understand(reading, &kept->config, kept->texts))
		fault(reading, 0, "memory is out");
	return reading->faults == 0;
}

struct config *
config_read(const char *path, config_report *report, void *context)
{
	struct reading reading = { .path = path, .report = report, .context = context };
	struct kept *kept = calloc(1, sizeof *kept);
	if (kept == NULL)
		return NULL;
	for (unsigned i = 0; i < section_count; i++)
		if (sections[i].item == 0)
			section_standard(&sections[i], (char *)&kept->config + sections[i].offset);
	if (path == NULL)
		return &kept->config;
	reading.content = schema_open(&kept->schema) ? read_content(path, &reading.len) : NULL;
	if (reading.content == NULL)
		fault(&reading, 0, strerror(errno));
	bool sound = reading.content != NULL && load(&reading, kept);
	free(reading.content);
	if (sound)
		return &kept->config;
	config_free(&kept->config);
	return NULL;
}

static void
free_lists(const struct config *config)
{
	void *items;
	for (unsigned i = 0; i < section_count; i++)
		if (sections[i].item != 0) {
			memcpy(&items, (const char *)config + sections[i].offset, sizeof items);
			free(items);
		}
}

void
config_free(struct config *config)
{
	struct kept *kept = (struct kept *)config;
	cyaml_config_t with = options(NULL);
	if (kept == NULL)
		return;
	if (kept->texts != NULL)
		cyaml_free(&with, &kept->schema.value, kept->texts, 0);
	schema_close(&kept->schema);
	free(config->listeners);
	free_lists(config);
	free(kept);
}
