/* From the columns of a file to the fields of a record. */
#include <ftgate/catalog.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text/ascii.h"
#include "base/text/translate.h"
#include "cmd/ctl/language.h"
#include "cmd/ctl/transfer/transfer.h"

enum { LIST_SIZE = 512 };

static bool __attribute__((format(printf, 3, 4)))
fail(struct transfer_fault *fault, const char *column, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(fault->text, sizeof fault->text, format, arguments);
	va_end(arguments);
	fault->column = column;
	return false;
}

/* "name, language, ...": the columns that a file may have. */
static void
list_columns(char list[LIST_SIZE], enum record_kind kind)
{
	const struct record_field *field;
	size_t len = 0;
	list[0] = '\0';
	for (size_t i = 0; (field = record_field(kind, i)) != NULL && len < LIST_SIZE; i++)
		if (record_is_carried(kind, i) || record_is_secret(kind, i))
			len += (size_t)snprintf(list + len, LIST_SIZE - len, "%s%s", len == 0 ? "" : ", ", field->name);
}

static bool
set_value(enum record_kind kind, struct transfer_record *record, const char *column, const char *value,
    struct transfer_fault *fault)
{
	char list[LIST_SIZE];
	const struct record_field *field;
	size_t i = 0;
	while ((field = record_field(kind, i)) != NULL && strcmp(field->name, column) != 0)
		i++;
	if (field == NULL) {
		list_columns(list, kind);
		return fail(fault, column, _("there is no such column; the columns are: %s"), list);
	}
	if (i < record_names(kind))
		record->name[i] = value;
	else if (record_is_carried(kind, i) || record_is_secret(kind, i))
		record->put.values[i] = value;
	return true;
}

/* The hash in a value with a scheme, as other servers write it; NULL if the scheme is another one. */
static const char *
skip_scheme(const char *value)
{
	static const char *const schemes[] = { "{CRYPT}", "{SHA512-CRYPT}", "{SHA256-CRYPT}", "{BLF-CRYPT}",
		"{MD5-CRYPT}", "{DES-CRYPT}" };
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
		if (strncasecmp(value, schemes[i], strlen(schemes[i])) == 0)
			return value + strlen(schemes[i]);
	return *value == '$' ? value : NULL;
}

/* A password as it is, in a value with a scheme for it; NULL if the value is none. */
static const char *
skip_plain(const char *value)
{
	static const char *const schemes[] = { "{PLAIN}", "{CLEARTEXT}" };
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
		if (strncasecmp(value, schemes[i], strlen(schemes[i])) == 0)
			return value + strlen(schemes[i]);
	return NULL;
}

/* The value is in no sentence: it may be a password. */
static bool
read_password(struct record_put *put, const char **plain, struct transfer_fault *fault)
{
	const char *value = put->values[RECORD_ACCOUNT_PASSWORD];
	const char *column = record_field(RECORD_ACCOUNT, RECORD_ACCOUNT_PASSWORD)->name;
	if (value == NULL || *value == '\0')
		return true;
	*plain = skip_plain(value);
	if (*plain != NULL && !password_is_fit(*plain))
		return fail(fault, column,
		    _("this password is empty, longer than 255 octets, or has characters that logins forbid (RFC 4013); choose "
		      "another one"));
	if (*plain != NULL)
		return true;
	const char *hash = skip_scheme(value);
	if (hash == NULL || strlen(hash) >= CREDENTIALS_HASH_SIZE || !password_is_hash(hash))
		return fail(fault, column,
		    _("this is no hash that crypt(5) knows, such as $y$... or $6$...; write {PLAIN} before a password that is to be "
		      "hashed"));
	put->values[RECORD_ACCOUNT_PASSWORD] = hash;
	return true;
}

static bool
read_secrets(struct record_put *put, const char **plain, struct transfer_fault *fault)
{
	struct scram_verifier verifier;
	const char *scram = put->values[RECORD_ACCOUNT_SCRAM_SHA_256], *secret = put->values[RECORD_ACCOUNT_SECRET];
	if (!read_password(put, plain, fault))
		return false;
	if (scram != NULL && *scram != '\0' && !password_read_scram(&verifier, scram))
		return fail(fault, record_field(RECORD_ACCOUNT, RECORD_ACCOUNT_SCRAM_SHA_256)->name,
		    _("this is no verifier; write SCRAM-SHA-256$ITERATIONS:SALT$STOREDKEY:SERVERKEY"));
	if (secret != NULL && *secret != '\0' && !password_is_fit(secret))
		return fail(fault, record_field(RECORD_ACCOUNT, RECORD_ACCOUNT_SECRET)->name,
		    _("this password is longer than 255 octets, or has characters that logins forbid (RFC 4013)"));
	return true;
}

bool
transfer_read_record(const struct import_file *file, enum record_kind kind, struct transfer_record *record,
    const char **plain, struct transfer_fault *fault)
{
	bool update = record->put.update;
	*plain = NULL;
	record->name[0] = record->name[1] = NULL;
	record->job = NULL;
	record->put = (struct record_put) { .name = record->name, .update = update };
	for (size_t i = 0; i < record->row.count; i++)
		if (!set_value(kind, record, import_file_name(file, &record->row, i),
		        import_file_value(&record->row, i), fault))
			return false;
	for (size_t i = 0; i < record_names(kind); i++)
		if (record->name[i] == NULL || *record->name[i] == '\0')
			return fail(fault, record_field(kind, i)->name,
			    _("this column is missing or empty; it names the record"));
	return kind != RECORD_ACCOUNT || read_secrets(&record->put, plain, fault);
}

bool
transfer_language_is_known(struct transfer_languages *languages, const char *tag)
{
	if (*tag == '\0' || !ftg_language_valid(tag))
		return true; /* the directory refuses it, with its form */
	for (size_t i = 0; i < languages->count; i++)
		if (strcmp(languages->known[i], tag) == 0)
			return true;
	if (!ctl_language_is_known(languages->data, tag))
		return false;
	size_t room = sizeof languages->known / sizeof *languages->known;
	if (languages->count < room && strlen(tag) < sizeof languages->known[0])
		snprintf(languages->known[languages->count++], sizeof languages->known[0], "%s", tag);
	return true;
}
