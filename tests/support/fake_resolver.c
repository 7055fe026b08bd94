/* A resolver that answers what a test has told it. */
#include "fake_resolver.h"

#include "base/text/ascii.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool
is_same(const char *a, const char *b)
{
	return strlen(a) == strlen(b) && ascii_equal(a, b, strlen(a));
}

/* What is known of a name and a type; NULL where there is no such name. */
static const struct fake_entry *
find(const struct fake_resolver *stand, enum resolver_type type, const char *name)
{
	static const struct fake_entry no_data = { .outcome = RESOLVER_NO_DATA };
	const struct fake_entry *found = NULL;
	for (size_t i = 0; i < stand->count; i++) {
		const struct fake_entry *entry = &stand->entries[i];
		if (!is_same(entry->name, name))
			continue;
		if (entry->type == type)
			return entry;
		found = &no_data;
	}
	return found;
}

static void
answer(struct resolver_question *question, const struct fake_entry *entry)
{
	struct resolver_answer answer = { .outcome = RESOLVER_NO_NAME };
	if (entry != NULL)
		answer = (struct resolver_answer) { .outcome = entry->outcome,
			.records = entry->records,
			.count = entry->count,
			.secure = entry->secure,
			.alias_of = entry->alias_of[0] != '\0' ? entry->alias_of : NULL };
	question->done(question, &answer);
}

static void
ask(struct resolver *resolver, enum resolver_type type, const char *name, struct resolver_question *question)
{
	struct fake_resolver *stand = (struct fake_resolver *)resolver;
	const struct fake_entry *entry = find(stand, type, name);
	stand->asked++;
	if (!stand->late) {
		answer(question, entry);
		return;
	}
	if (stand->waiting_count == FAKE_ENTRIES)
		abort();
	stand->waiting[stand->waiting_count].question = question;
	stand->waiting[stand->waiting_count++].entry = entry;
}

void
fake_resolver_open(struct fake_resolver *stand)
{
	*stand = (struct fake_resolver) { .resolver = { .ask = ask } };
}

/* Takes the next word off a text. False where there is none. */
static bool
take_word(const char **text, char word[DNS_NAME_SIZE])
{
	size_t len;
	*text += strspn(*text, " ");
	len = strcspn(*text, " ");
	if (len == 0 || len >= DNS_NAME_SIZE)
		return false;
	memcpy(word, *text, len);
	word[len] = '\0';
	*text += len;
	return true;
}

static int
find_word(const char *word, const char *const words[], int count)
{
	for (int i = 0; i < count; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return -1;
}

/* The octets of a TLSA record, in hexadecimal. */
static bool
read_tlsa(struct fake_entry *entry, struct resolver_record *record, const char *word)
{
	char *octets = entry->texts[entry->count - 1];
	for (record->len = 0; word[2 * record->len] != '\0'; record->len++)
		if (sscanf(word + 2 * record->len, "%2hhx", (unsigned char *)&octets[record->len]) != 1)
			return false;
	record->text = octets;
	return record->len > RESOLVER_TLSA_HEAD;
}

static bool
add_record(struct fake_entry *entry, const char *word)
{
	struct resolver_record *record = &entry->records[entry->count];
	char *text = entry->texts[entry->count];
	const char *name = word;
	if (entry->count == FAKE_RECORDS)
		return false;
	entry->count++;
	if (entry->type == RESOLVER_A || entry->type == RESOLVER_AAAA)
		return network_parse_address(&record->address, word);
	if (entry->type == RESOLVER_TLSA)
		return read_tlsa(entry, record, word);
	if (entry->type == RESOLVER_MX) {
		record->preference = (unsigned)strtoul(word, NULL, 10);
		name = strchr(word, ':');
	}
	if (name == NULL)
		return false;
	snprintf(text, DNS_NAME_SIZE, "%s", name + (name != word));
	record->text = text;
	record->len = strlen(text);
	return true;
}

/* The records of an entry, or why there are none. */
static bool
read_records(struct fake_entry *entry, const char *text)
{
	static const char *const outcomes[] = { "found", "no-data", "no-name", "failed" };
	char word[DNS_NAME_SIZE];
	text += strspn(text, " ");
	if (entry->type == RESOLVER_TXT && find_word(text, outcomes, 4) < 0)
		return strlen(text) < DNS_NAME_SIZE && add_record(entry, text);
	while (take_word(&text, word)) {
		int outcome = find_word(word, outcomes, 4);
		if (strcmp(word, "secure") == 0)
			entry->secure = true;
		else if (word[0] == '=')
			snprintf(entry->alias_of, sizeof entry->alias_of, "%s", word + 1);
		else if (outcome >= 0)
			entry->outcome = (enum resolver_outcome)outcome;
		else if (!add_record(entry, word))
			return false;
	}
	return entry->count > 0 || entry->outcome != RESOLVER_FOUND;
}

bool
fake_resolver_tell(struct fake_resolver *stand, const char *text)
{
	static const char *const types[] = { "A", "AAAA", "MX", "TXT", "PTR", "TLSA", "NS", "CNAME" };
	struct fake_entry entry = { .outcome = RESOLVER_FOUND };
	struct network address;
	char word[DNS_NAME_SIZE];
	int type = take_word(&text, word) ? find_word(word, types, RESOLVER_TYPES) : -1;
	if (type < 0 || stand->count == FAKE_ENTRIES || !take_word(&text, entry.name))
		return false;
	entry.type = (enum resolver_type)type;
	if (strcmp(entry.name, ".") == 0)
		entry.name[0] = '\0';
	if (network_parse_address(&address, entry.name) && !dns_name_reverse(entry.name, &address, NULL))
		return false;
	stand->entries[stand->count] = entry;
	if (!read_records(&stand->entries[stand->count], text))
		return false;
	stand->count++;
	return true;
}

bool
fake_resolver_run(struct fake_resolver *stand)
{
	bool any = false;
	while (stand->waiting_count > 0) {
		struct resolver_question *question = stand->waiting[0].question;
		const struct fake_entry *entry = stand->waiting[0].entry;
		stand->waiting_count--;
		memmove(&stand->waiting[0], &stand->waiting[1], stand->waiting_count * sizeof stand->waiting[0]);
		answer(question, entry);
		any = true;
	}
	return any;
}
