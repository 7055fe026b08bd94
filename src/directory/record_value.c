/* The values of a record's fields: as people write them, and as they are stored. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text/ascii.h"
#include "base/text/nearest.h"
#include "base/text/translate.h"
#include "base/text/utf8.h"
#include "directory/accounts_internal.h"
#include "port/store_name.h"

enum { MOVED_MAX = 320, TAG_MAX = 35, SUBTAG_MAX = 8 };

/* "500", "64K", "10M", "1G", "1T": octets; other numbers have no unit. */
static bool
parse_number(const char *text, bool units, int64_t *number)
{
	static const char letters[] = "KMGT";
	const char *at = text;
	for (*number = 0; ascii_is_digit(*at); at++)
		if (__builtin_mul_overflow(*number, 10, number) || __builtin_add_overflow(*number, *at - '0', number))
			return false;
	if (at == text || *at == '\0')
		return at != text;
	const char *letter = strchr(letters, ascii_is_alpha(*at) ? *at & ~0x20 : '?');
	if (!units || letter == NULL || at[1] != '\0')
		return false;
	return !__builtin_mul_overflow(*number, INT64_C(1) << 10 * (letter - letters + 1), number);
}

static bool
parse_flag(const char *text, int64_t *flag)
{
	static const char *const words[] = { "no", "yes", "off", "on", "false", "true", "0", "1" };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strlen(text) == strlen(words[i]) && ascii_equal(text, words[i], strlen(text))) {
			*flag = i & 1;
			return true;
		}
	}
	return false;
}

/* A language tag by RFC 4647 section 2.1, or a locale's name: letters and digits between - and _, @latin behind. */
static bool
is_language(const char *text)
{
	size_t run = 0;
	const char *at = text;
	for (; *at != '\0' && *at != '@'; at++) {
		if (*at == '-' || *at == '_') {
			if (run == 0)
				return false;
			run = 0;
		} else if (!ascii_is_alnum(*at) || ++run > SUBTAG_MAX) {
			return false;
		}
	}
	return run > 0 && ascii_is_alpha(*text) && strlen(text) <= TAG_MAX &&
	    (*at == '\0' || strcmp(at, "@latin") == 0);
}

static bool
is_text(const char *text)
{
	size_t len = strlen(text);
	for (size_t at = 0, step; at < len; at += step)
		if (ascii_is_control(text[at]) || (step = utf8_length(text + at, len - at)) == 0)
			return false;
	return len <= MOVED_MAX;
}

/* A mailbox at a domain, as senders can write it to their programs. */
static bool
is_address(const char *text)
{
	struct address address;
	return is_text(text) && address_parse(&address, text, strlen(text), false, true) == ADDRESS_OK &&
	    address.domain[0] != '[';
}

static bool
is_store(const char *text)
{
	struct channel_address address;
	return is_text(text) && store_name_parse(text, &address) != STORE_UNFIT;
}

/* The words that are values of a type, of which NULL is the last; NULL if there are others. */
static const char *const *
words_of(enum field_type type)
{
	static const char *const flags[] = { "yes", "no", NULL };
	static const char *const expansion_rights[] = { "nobody", "accounts", "anyone", NULL };
	static const char *const posting_rights[] = { "anyone", "accounts", "members", NULL };
	static const char *const recipient_replies[] = { "distinct", "neutral", NULL };
	switch (type) {
	case FIELD_FLAG: return flags;
	case FIELD_EXPAND: return expansion_rights;
	case FIELD_POST: return posting_rights;
	case FIELD_RECIPIENTS: return recipient_replies;
	default: return NULL;
	}
}

static bool
is_word_of(enum field_type type, const char *text)
{
	const char *const *word = words_of(type);
	while (*word != NULL && strcmp(text, *word) != 0)
		word++;
	return *word != NULL;
}

static const char *
form(enum field_type type)
{
	switch (type) {
	case FIELD_LANGUAGE: return _("write a language such as de or pt-BR");
	case FIELD_COUNT: return _("write a number such as 100");
	case FIELD_SIZE: return _("write octets such as 500, 64K, 10M or 1G");
	case FIELD_FLAG: return _("write yes or no");
	case FIELD_EXPAND: return _("write nobody, accounts or anyone");
	case FIELD_POST: return _("write anyone, accounts or members");
	case FIELD_RECIPIENTS: return _("write distinct or neutral");
	case FIELD_ADDRESS: return _("write a mail address such as anna@example.org");
	case FIELD_STORE:
		return _(
		    "write maildir, lmtp:ADDRESS:PORT such as lmtp:192.0.2.1:24, or lmtp: and the path of a socket");
	default: return _("write a text in UTF-8 of 320 octets at most with no control characters");
	}
}

static bool
is_fit(enum field_type type, const char *text, int64_t *number)
{
	switch (type) {
	case FIELD_LANGUAGE: return is_language(text);
	case FIELD_COUNT: return parse_number(text, false, number);
	case FIELD_SIZE: return parse_number(text, true, number);
	case FIELD_FLAG: return parse_flag(text, number);
	case FIELD_EXPAND:
	case FIELD_POST:
	case FIELD_RECIPIENTS: return is_word_of(type, text);
	case FIELD_ADDRESS: return is_address(text);
	case FIELD_STORE: return is_store(text);
	default: return is_text(text);
	}
}

/* Of an account, a quota of none is its domain's; other numbers and flags have no such value. */
static bool
may_be_empty(enum record_kind kind, enum field_type type)
{
	if (type == FIELD_COUNT || type == FIELD_SIZE)
		return kind == RECORD_ACCOUNT;
	return type == FIELD_TEXT || type == FIELD_LANGUAGE || type == FIELD_ADDRESS || type == FIELD_STORE;
}

/* The index of a field that can be set; that behind the last if there is none. */
static size_t
find_field(enum record_kind kind, const char *name)
{
	const struct record_field *field;
	size_t i = 0;
	while ((field = record_field(kind, i)) != NULL && !(field->settable && strcmp(field->name, name) == 0))
		i++;
	return i;
}

enum admin_result
record_store(
    struct accounts *accounts, enum record_kind kind, int64_t id, size_t index, const char *text, int64_t number)
{
	char sql[128];
	const struct record_row *row = &record_rows[kind];
	enum field_type type = record_field(kind, index)->type;
	bool is_number = !record_is_secret(kind, index) &&
	    (type == FIELD_COUNT || type == FIELD_SIZE || type == FIELD_FLAG);
	snprintf(sql, sizeof sql, "UPDATE %s SET %s = ? WHERE id = ?", row->table, row->fields[index].column);
	enum sql_result result = is_number && *text != '\0'
	    ? accounts_run(accounts, sql, "ii", number, id)
	    : accounts_run(accounts, sql, "ti", *text == '\0' ? (const char *)NULL : text, id);
	if (result == SQL_RULE)
		return accounts_set_error(accounts, ADMIN_REFUSED,
		    _("a domain whose mail is relayed has no accounts, aliases and lists here; remove them first; they are "
		      "listed by: ftgatectl account list, alias list, list list"));
	return result == SQL_DONE ? ADMIN_OK : ADMIN_FAILED;
}

/* Is this address the name of the record itself? */
static bool
is_own(struct accounts *accounts, enum record_kind kind, int64_t id, const char *text)
{
	struct record_name name;
	return record_name_parse(accounts, &name, kind, &text) == ADMIN_OK && record_find(accounts, kind, &name) == id;
}

static enum admin_result
refuse_name(struct accounts *accounts, enum record_kind kind, const char *name)
{
	const struct record_field *field;
	struct nearest search = { .word = name };
	char text[512], hint[NEAREST_HINT_SIZE];
	for (size_t i = 0; (field = record_field(kind, i)) != NULL; i++)
		if (field->settable)
			nearest_try(&search, field->name);
	nearest_hint(hint, search.best);
	snprintf(text, sizeof text,
	    /* TRANSLATORS: domain, account, list or access, as in commands; the name of a setting. */
	    _("the %s setting '%.100s' does not exist or cannot be changed; ftgatectl --help lists the settings"),
	    record_noun(kind), name);
	return accounts_set_error(accounts, ADMIN_UNFIT, "%s%s", text, hint);
}

static enum admin_result
refuse_value(struct accounts *accounts, const struct record_field *field, const char *value)
{
	struct nearest search = { .word = value };
	char hint[NEAREST_HINT_SIZE];
	for (const char *const *word = words_of(field->type); word != NULL && *word != NULL; word++)
		nearest_try(&search, *word);
	nearest_hint(hint, search.best);
	return accounts_set_error(
	    accounts, ADMIN_UNFIT, "%s=%.400s: %s%s", field->name, value, form(field->type), hint);
}

enum admin_result
record_check_value(
    struct accounts *accounts, enum record_kind kind, int64_t id, size_t index, const char *value, int64_t *number)
{
	const struct record_field *field = record_field(kind, index);
	bool fit = *value == '\0' ? may_be_empty(kind, field->type) : is_fit(field->type, value, number);
	if (!fit)
		return refuse_value(accounts, field, value);
	if (field->type == FIELD_ADDRESS && is_own(accounts, kind, id, value))
		return accounts_set_error(accounts, ADMIN_UNFIT,
		    _("%s=%.400s: this is the address itself; write another one, or nothing"), field->name, value);
	return ADMIN_OK;
}

enum admin_result
record_set_field(struct accounts *accounts, enum record_kind kind, int64_t id, const struct record_setting *setting)
{
	int64_t number = 0;
	size_t index = find_field(kind, setting->name);
	const struct record_field *field = record_field(kind, index);
	if (field == NULL)
		return refuse_name(accounts, kind, setting->name);
	enum admin_result result = record_check_value(accounts, kind, id, index, setting->value, &number);
	return result == ADMIN_OK ? record_store(accounts, kind, id, index, setting->value, number) : result;
}
