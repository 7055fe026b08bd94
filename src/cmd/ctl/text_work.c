/* What the commands on own texts work on: the texts of one language, and replies by their names. */
#include "cmd/ctl/text.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/address/idna.h"
#include "base/system/data.h"
#include "base/system/program.h"
#include "base/text/shell_word.h"
#include "base/text/translate.h"
#include "catalog/mo.h"
#include "catalog/plural.h"
#include "catalog/tag.h"
#include "cmd/ctl/text_database.h"
#include "cmd/msg/language_table.h"
#include "cmd/msg/row.h"
#include "config/config.h"
#include "texts/folder.h"

static const char english_plural[] = "nplurals=2; plural=(n != 1);";

static void
ignore_row(void *context, const char *const *values)
{
	(void)context;
	(void)values;
}

/* The domain of the command line. To write texts for it, it must be hosted; those of one that was can be removed. */
static int
find_domain(struct text_work *work, bool change)
{
	const struct request *request = work->request;
	const char *const name[] = { work->domain };
	if (request->domain == NULL)
		return EX_OK;
	if (!idna_to_ascii(work->domain, request->domain) || !dns_name_is_valid(work->domain, strlen(work->domain)))
		return ctl_fail(
		    EX_DATAERR, _("'%s' is not the name of a domain, such as example.org"), request->domain);
	if (!change || request->admin == NULL || request->command->run == text_unset ||
	    request->admin->ops->show(request->admin, RECORD_DOMAIN, name, ignore_row, NULL) == ADMIN_OK)
		return EX_OK;
	return ctl_fail(EX_DATAERR, "%s", request->admin->ops->error(request->admin));
}

void
text_context(char context[TEXT_CONTEXT_SIZE], enum ftg_id id, bool users)
{
	snprintf(context, TEXT_CONTEXT_SIZE, "%s%s", ftg_row(id)->id, users ? "|user" : "");
}

bool
text_is_for_users(const struct po_item *item)
{
	const char *bar = item->context != NULL ? strchr(item->context, '|') : NULL;
	return bar != NULL && strcmp(bar, "|user") == 0;
}

static void
note_any(void *context, const char *name)
{
	bool *any = context;
	(void)name;
	*any = true;
}

/*
 * The first generation of a database would replace the texts of the data folder,
 * so the operator must move them into the database first.
 */
static int
find_own_of_folder(const struct text_work *work)
{
	bool any = false;
	char word[TEXT_PATH];
	int64_t last = text_database_last(work->request);
	struct texts *texts = last == 0 ? texts_folder_open(work->overlay, NULL) : NULL;
	if (last < 0)
		return text_database_trouble(work->request);
	if (texts == NULL)
		return last == 0 ? ctl_fail(EX_OSERR, "%s: %s", work->overlay, strerror(errno)) : EX_OK;
	bool read = texts->ops->each_language(texts, note_any, &any) == 0 &&
	    texts->ops->each_domain(texts, note_any, &any) == 0;
	texts->ops->close(texts);
	if (!read)
		return ctl_fail(EX_NOINPUT, "%s: %s", work->overlay, strerror(errno));
	shell_word(word, sizeof word, work->overlay);
	return !any
	    ? EX_OK
	    : ctl_fail(EX_CONFIG,
	          _("the database has no own texts yet, but this machine has: first move them by: ftgatectl text apply %s"),
	          word);
}

int
text_open(struct text_work *work, struct request *request, bool change)
{
	*work = (struct text_work) { .request = request };
	program_locale_folder(work->locale);
	int status = find_domain(work, change);
	if (status != EX_OK)
		return status;
	const char *domain = *work->domain != '\0' ? work->domain : NULL;
	if (data_path(work->overlay, request->data, "locale") == 0)
		work->texts = request->database != NULL ? text_database_open(request, domain)
		                                        : texts_folder_open(work->overlay, domain);
	if (work->texts == NULL)
		return ctl_fail(EX_OSERR, "%s/locale: %s", request->data, strerror(errno));
	if (change && request->database != NULL && request->folder == NULL)
		return find_own_of_folder(work);
	if (!change || work->texts->ops->lock(work->texts) == 0)
		return EX_OK;
	if (errno == EWOULDBLOCK)
		return ctl_fail(EX_TEMPFAIL,
		    _("another ftgatectl changes texts in %s: wait until it has ended, and try again"), work->overlay);
	return ctl_fail(EX_CANTCREAT, "%s: %s", work->overlay, strerror(errno));
}

int
text_fail(const struct request *request, int status, const char *name)
{
	return errno == EREMOTEIO ? text_database_trouble(request) : ctl_fail(status, "%s: %s", name, strerror(errno));
}

bool
text_note_english(const struct request *request, const char *language)
{
	struct tag tag;
	const char *set = request->settings != NULL ? request->settings->language : NULL;
	bool published = set == NULL || strcmp(set, "C") == 0 || strcmp(set, "POSIX") == 0;
	bool noted = published && request->command->run != text_unset && tag_parse(&tag, language, strlen(language)) &&
	    strcmp(tag.language, "en") == 0;
	if (noted)
		ctl_fail(EX_OK, "%s",
		    _("servers use own texts of English only with 'language: en' in their configuration, or if their environment names English; else they speak the published English, which has none"));
	return noted;
}

/* A language that is searched by its tag, and the folder that was found. */
struct search {
	struct tag tag;
	char *found;
};

static void
match(void *context, const char *name)
{
	struct search *search = context;
	struct tag tag;
	size_t len = strlen(name);
	if (len < FTG_TAG_MAX && *search->found == '\0' && tag_parse(&tag, name, len) && tag_equal(&tag, &search->tag))
		memcpy(search->found, name, len + 1);
}

static void
search_translations(const char *locale, struct search *search)
{
	DIR *dir = opendir(locale);
	struct dirent *entry;
	while (dir != NULL && (entry = readdir(dir)) != NULL)
		match(search, entry->d_name);
	if (dir != NULL)
		closedir(dir);
}

bool
text_language_is_known(const char *locale, const char *name)
{
	char found[FTG_TAG_MAX] = "";
	struct search search = { .found = found };
	if (!tag_parse(&search.tag, name, strlen(name)))
		return false;
	search_translations(locale, &search);
	return *found != '\0' || language_find(name) != NULL || language_find(search.tag.language) != NULL;
}

/* The name of a folder for a language that nobody has translated: a locale name if it can be one, else the tag. */
static void
name_language(const struct tag *tag, char name[FTG_TAG_MAX])
{
	if (*tag->script == '\0' && *tag->variant == '\0' && *tag->region != '\0')
		snprintf(name, FTG_TAG_MAX, "%s_%s", tag->language, tag->region);
	else
		tag_format(tag, name);
}

/* Finds the folder of a language. An unknown one is more likely misspelled than new. */
static int
find_language(struct text_work *work, const char *word)
{
	struct search search = { .found = work->language };
	work->language[0] = '\0';
	if (!ftg_language_valid(word) || !tag_parse(&search.tag, word, strlen(word)))
		return ctl_fail(EX_DATAERR, _("'%s' is not a language: write a tag such as de or pt-BR"), word);
	if (work->texts->ops->each_language(work->texts, match, &search) < 0)
		return text_fail(work->request, EX_NOINPUT, work->overlay);
	search_translations(work->locale, &search);
	if (*work->language != '\0')
		return EX_OK;
	name_language(&search.tag, work->language);
	if (text_language_is_known(work->locale, work->language))
		return EX_OK;
	return ctl_refuse(language_nearest(word),
	    _("'%s' is not a known language: ftgate-msg stats lists those with a translation"), word);
}

/* Makes the source of texts of which only the compiled form is there; "" if there is none. */
static char *
make_source(struct text_work *work)
{
	size_t len;
	char *compiled = work->texts->ops->read_compiled(work->texts, work->language, &len);
	if (compiled == NULL && errno == ENOENT)
		return strdup("");
	char *source = compiled != NULL ? po_file_decompile(compiled, len, &work->len) : NULL;
	int error = errno;
	free(compiled);
	errno = error;
	return source;
}

static int
read_source(struct text_work *work)
{
	work->octets = work->texts->ops->read(work->texts, work->language, 0, &work->len);
	if (work->octets == NULL && errno == ENOENT)
		work->octets = make_source(work);
	const char *name = work->texts->ops->name(work->texts, work->language);
	if (work->octets == NULL)
		return text_fail(work->request, EX_NOINPUT, name);
	if (po_file_parse(&work->po, work->octets, work->len) == 0)
		return EX_OK;
	int status = errno == ENOMEM
	    ? ctl_fail(EX_OSERR, "%s", strerror(errno))
	    : ctl_fail(EX_OK, "%s:%zu: error: -: syntax: %s", name, work->po.fault_line, _(work->po.fault));
	po_file_free(&work->po);
	work->faulty = true;
	return status;
}

int
text_use(struct text_work *work, const char *language)
{
	int status = find_language(work, language);
	return status == EX_OK ? read_source(work) : status;
}

void
text_leave(struct text_work *work)
{
	po_file_free(&work->po);
	free(work->octets);
	work->octets = NULL;
	work->len = 0;
	work->faulty = false;
}

void
text_close(struct text_work *work)
{
	text_leave(work);
	if (work->texts != NULL)
		work->texts->ops->close(work->texts);
}

static void
print_ids(const char *reference)
{
	for (enum ftg_id id = 0; id < FTG_IDS; id++)
		if (strcmp(ftg_row(id)->ref + 1, reference) == 0)
			fprintf(stderr, "  %s\n", ftg_row(id)->id);
}

enum ftg_id
text_find_id(const char *word)
{
	enum ftg_id id = row_find(word);
	const char *reference = *word == '#' ? word + 1 : word;
	if (id != FTG_IDS && row_has_text(id))
		return id;
	if (id != FTG_IDS) {
		ctl_fail(
		    EX_DATAERR, _("%s has no words that could be changed: only programs read it"), ftg_row(id)->id);
		return FTG_IDS;
	}
	size_t count = 0;
	for (enum ftg_id other = 0; other < FTG_IDS; other++)
		count += strcmp(ftg_row(other)->ref + 1, reference) == 0;
	if (count > 0) {
		ctl_fail(EX_DATAERR, _("several replies have the reference %s; name one of them by its ID:"), word);
		print_ids(reference);
	} else {
		ctl_refuse(row_nearest(word),
		    _("'%s' is neither the ID nor the reference of a reply; ftgate-msg list lists them"), word);
	}
	return FTG_IDS;
}

/*
 * The Plural-Forms line of a header; NULL if it has none. libintl looks for the
 * first word only; so does source_plural().
 */
static const char *
find_plural(const char *header, size_t len, size_t *value_len)
{
	const char *value = memmem(header, len, "nplurals", strlen("nplurals"));
	if (value == NULL)
		return NULL;
	const char *end = memchr(value, '\n', len - (size_t)(value - header));
	*value_len = (size_t)((end != NULL ? end : header + len) - value);
	return value;
}

/* Takes the plural rule of the translation. */
static bool
copy_translated_plural(const struct text_work *work, char *value, size_t size)
{
	char path[TEXT_PATH + FTG_TAG_MAX + 32];
	const char *why, *found = NULL;
	struct mo mo;
	size_t len;
	snprintf(path, sizeof path, "%s/%s/LC_MESSAGES/ftgate.mo", work->locale, work->language);
	if (mo_read(&mo, path, &why) != 0)
		return false;
	if (mo.entries > 0 && mo_key(&mo, 0).len == 0)
		found = find_plural(mo_text(&mo, 0).bytes, mo_text(&mo, 0).len, &len);
	if (found != NULL)
		snprintf(value, size, "%.*s", (int)len, found);
	mo_free(&mo);
	return found != NULL;
}

void
text_plural_forms(const struct text_work *work, char *value, size_t size)
{
	const struct language_row *row = language_find(work->language);
	if (!copy_translated_plural(work, value, size))
		snprintf(value, size, "%s", row != NULL ? row->plural_forms : english_plural);
}

unsigned
text_forms(const struct text_work *work)
{
	static struct plural plural;
	char line[PLURAL_LENGTH];
	const struct po_item *header = work->po.header;
	size_t len = 0;
	const char *value = header != NULL ? find_plural(header->text, header->text_len, &len) : NULL;
	if (work->len == 0) {
		text_plural_forms(work, line, sizeof line);
		value = line;
		len = strlen(line);
	}
	return value != NULL && plural_parse(&plural, value, len) ? plural.forms : plural_default()->forms;
}
