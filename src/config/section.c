/* Sections of a configuration: tables of settings, each with its kind, bounds and default. */
#include "config/section.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/text/translate.h"
#include "config/blocklist_settings.h"
#include "config/config.h"
#include "config/dns_settings.h"
#include "config/endpoint.h"
#include "config/quantity.h"

#define COUNT(member, name, standard, least, most)                                                                     \
	{ name, SETTING_COUNT, offsetof(OWNER, member), standard, least, most, NULL, NULL },
#define SIZE(member, name, standard, least, most)                                                                      \
	{ name, SETTING_SIZE, offsetof(OWNER, member), standard, least, most, NULL, NULL },
#define TIME(member, name, standard, least, most)                                                                      \
	{ name, SETTING_TIME, offsetof(OWNER, member), standard, least, most, NULL, NULL },
#define SWITCH(member, name, standard) { name, SETTING_SWITCH, offsetof(OWNER, member), standard, 0, 1, NULL, NULL },
#define WORD(member, name, words)      { name, SETTING_WORD, offsetof(OWNER, member), 0, 0, 0, words, NULL },
#define CHOICE(member, name, words)    { name, SETTING_CHOICE, offsetof(OWNER, member), 0, 0, 0, words, NULL },
#define TEXT(member, name, check)      { name, SETTING_TEXT, offsetof(OWNER, member), 0, 0, 0, NULL, check },
#define NEEDED(member, name, check)    { name, SETTING_TEXT, offsetof(OWNER, member), 0, 1, 0, NULL, check },

#define OWNER struct config
static const struct setting server[] = {
#include "config/section/server.def"
};
#undef OWNER

#define OWNER struct config_listener
static const struct setting listeners[] = {
#include "config/section/listeners.def"
};
#undef OWNER

#define OWNER struct limits
static const struct setting limits[] = {
#include "config/section/limits.def"
};
#undef OWNER

#define OWNER struct content_settings
static const struct setting content[] = {
#include "config/section/content.def"
};
#undef OWNER

#define OWNER struct service_settings
static const struct setting services[] = {
#include "config/section/services.def"
};
#undef OWNER

#define OWNER struct filter_settings
static const struct setting filters[] = {
#include "config/section/filters.def"
};
#undef OWNER

#define OWNER struct relay_settings
static const struct setting relay[] = {
#include "config/section/relay.def"
};
#undef OWNER

#define OWNER struct delivery_settings
static const struct setting delivery[] = {
#include "config/section/delivery.def"
};
#undef OWNER

#define OWNER struct route_settings
static const struct setting routes[] = {
#include "config/section/routes.def"
};
#undef OWNER

#define OWNER struct policy_settings
static const struct setting policy[] = {
#include "config/section/policy.def"
};
#undef OWNER

#define OWNER struct greylist_settings
static const struct setting greylist[] = {
#include "config/section/greylist.def"
};
#undef OWNER

#define OWNER struct blocklist_settings
static const struct setting blocklists[] = {
#include "config/section/blocklists.def"
};
#undef OWNER

#define OWNER struct dns_settings
static const struct setting dns[] = {
#include "config/section/dns.def"
};
#undef OWNER

#define OWNER struct pop3_settings
static const struct setting pop3[] = {
#include "config/section/pop3.def"
};
#undef OWNER

#define OWNER struct map_settings
static const struct setting map[] = {
#include "config/section/map.def"
};
#undef OWNER

#define SECTION(member, name)                                                                                          \
	{                                                                                                              \
		name, offsetof(struct config, member), member, sizeof member / sizeof *member, 0, 0                    \
	}
#define LIST(member, name)                                                                                             \
	{                                                                                                              \
		name, offsetof(struct config, member), member, sizeof member / sizeof *member,                         \
		    sizeof *((struct config *)NULL)->member, offsetof(struct config, member##_count)                   \
	}

const struct section section_server = { "", 0, server, sizeof server / sizeof *server, 0, 0 };

const struct section sections[] = {
	LIST(listeners, "listeners"),
	SECTION(limits, "limits"),
	SECTION(content, "content"),
	SECTION(policy, "policy"),
	SECTION(greylist, "greylist"),
	LIST(services, "services"),
	LIST(filters, "filters"),
	SECTION(relay, "relay"),
	LIST(routes, "routes"),
	SECTION(delivery, "delivery"),
	SECTION(blocklists, "blocklists"),
	SECTION(dns, "dns"),
	SECTION(pop3, "pop3"),
	SECTION(map, "map"),
};
const unsigned section_count = sizeof sections / sizeof *sections;

const struct section *
section_find(const char *name)
{
	for (unsigned i = 0; i < section_count; i++)
		if (strcmp(sections[i].name, name) == 0)
			return &sections[i];
	return NULL;
}

const struct setting *
section_setting(const struct section *section, const char *name)
{
	for (unsigned i = 0; i < section->count; i++)
		if (strcmp(section->settings[i].name, name) == 0)
			return &section->settings[i];
	return NULL;
}

static void
put(const struct setting *setting, void *values, int64_t value)
{
	void *member = (char *)values + setting->offset;
	switch (setting->kind) {
	case SETTING_SWITCH: *(bool *)member = value != 0; break;
	case SETTING_WORD: *(unsigned char *)member = (unsigned char)value; break;
	case SETTING_CHOICE:
	case SETTING_TEXT: *(const char **)member = NULL; break;
	default: *(int64_t *)member = value; break;
	}
}

bool
section_is_needed(const struct setting *setting)
{
	return setting->kind == SETTING_TEXT && setting->least > 0;
}

void
section_standard(const struct section *section, void *values)
{
	for (unsigned i = 0; i < section->count; i++)
		put(&section->settings[i], values, section->settings[i].standard);
}

struct limits
limits_standard(void)
{
	struct limits standard;
	section_standard(section_find("limits"), &standard);
	return standard;
}

static void
write_misfit(char error[SECTION_ERROR_SIZE], enum unit unit, const char *text)
{
	switch (unit) {
	case UNIT_COUNT: snprintf(error, SECTION_ERROR_SIZE, _("'%.40s' is not a number such as 100"), text); break;
	case UNIT_SIZE:
		snprintf(error, SECTION_ERROR_SIZE, _("'%.40s' is not octets such as 500, 64K, 10M or 1G"), text);
		break;
	case UNIT_TIME:
		snprintf(error, SECTION_ERROR_SIZE, _("'%.40s' is not a time such as 500ms, 30s, 5m, 1h or 2d"), text);
		break;
	}
}

static int
set_quantity(const struct setting *setting, void *values, const char *text, char error[SECTION_ERROR_SIZE])
{
	enum unit unit = setting->kind == SETTING_TIME ? UNIT_TIME
	    : setting->kind == SETTING_SIZE            ? UNIT_SIZE
	                                               : UNIT_COUNT;
	char least[QUANTITY_SIZE], most[QUANTITY_SIZE];
	int64_t value;
	if (!quantity_read(unit, text, &value)) {
		write_misfit(error, unit, text);
		return -1;
	}
	if (value < setting->least || value > setting->most) {
		quantity_write(least, unit, setting->least);
		quantity_write(most, unit, setting->most);
		snprintf(
		    error, SECTION_ERROR_SIZE, _("%.40s is out of bounds: it may be from %s to %s"), text, least, most);
		return -1;
	}
	put(setting, values, value);
	return 0;
}

/* "a, b or c", of two words at least */
static void
list_words(char list[SECTION_ERROR_SIZE / 2], const char *words)
{
	char most[SECTION_ERROR_SIZE / 4];
	const char *last = strrchr(words, ' ') + 1;
	size_t used = 0;
	for (const char *at = words; at < last; at += strcspn(at, " ") + 1)
		used += (size_t)snprintf(
		    most + used, sizeof most - used, "%s%.*s", at > words ? ", " : "", (int)strcspn(at, " "), at);
	/* TRANSLATORS: words that may be written, with commas between, and the last one: "nobody, accounts or anyone" */
	snprintf(list, SECTION_ERROR_SIZE / 2, _("%s or %s"), most, last);
}

/* The number of a word among those with spaces between; -1 with a sentence if it is none of them. */
static int
find_word(const char *words, const char *text, char error[SECTION_ERROR_SIZE])
{
	char list[SECTION_ERROR_SIZE / 2];
	int number = 0;
	for (const char *at = words; *at != '\0'; number++) {
		size_t len = strcspn(at, " ");
		if (strlen(text) == len && memcmp(at, text, len) == 0)
			return number;
		at += len + (at[len] != '\0');
	}
	list_words(list, words);
	snprintf(error, SECTION_ERROR_SIZE, _("'%.40s' should be %s"), text, list);
	return -1;
}

static int
set_word(
    const struct setting *setting, void *values, const char *words, const char *text, char error[SECTION_ERROR_SIZE])
{
	int number = find_word(words, text, error);
	if (number >= 0)
		put(setting, values, number);
	return number < 0 ? -1 : 0;
}

int
setting_set(const struct setting *setting, void *values, const char *text, char error[SECTION_ERROR_SIZE])
{
	int status = 0;
	switch (setting->kind) {
	case SETTING_SWITCH: return set_word(setting, values, "no yes", text, error);
	case SETTING_WORD: return set_word(setting, values, setting->words, text, error);
	case SETTING_CHOICE: status = find_word(setting->words, text, error); break;
	case SETTING_TEXT: status = setting->check != NULL ? setting->check(text, error) : 0; break;
	default: return set_quantity(setting, values, text, error);
	}
	if (status < 0)
		return -1;
	*(const char **)(void *)((char *)values + setting->offset) = text;
	return 0;
}
