/* ftgatectl text apply, history and revert: put whole files and earlier versions in the place of the own texts. */
#include "cmd/ctl/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/text/ascii.h"
#include "base/text/printable.h"
#include "base/text/translate.h"
#include "cmd/msg/language_table.h"

/* Reads a stream to its end. */
static char *
read_stream(FILE *stream, size_t *len)
{
	char *octets = malloc(TEXTS_SIZE + 1);
	if (octets == NULL)
		return NULL;
	*len = fread(octets, 1, TEXTS_SIZE + 1, stream);
	errno = ferror(stream) ? errno : EFBIG;
	if (!ferror(stream) && *len <= TEXTS_SIZE) {
		octets[*len] = '\0';
		return octets;
	}
	free(octets);
	return NULL;
}

/* The language in a header: "Language: de". */
static void
copy_language(const struct po_file *po, char language[FTG_TAG_MAX])
{
	static const char field[] = "Language:";
	const char *line = po->header != NULL ? po->header->text : NULL;
	language[0] = '\0';
	while (line != NULL && strncmp(line, field, sizeof field - 1) != 0)
		line = (line = strchr(line, '\n')) != NULL ? line + 1 : NULL;
	if (line == NULL)
		return;
	line += sizeof field - 1;
	line += strspn(line, " \t");
	snprintf(language, FTG_TAG_MAX, "%.*s", (int)strcspn(line, "\n \t"), line);
}

/* The language of a file: that of the command line, else of its header, else of its name. */
static int
find_language(struct request *request, const char *path, const struct po_file *po, char language[FTG_TAG_MAX])
{
	copy_language(po, language);
	if (request->count == 2 && strlen(request->words[0]) < FTG_TAG_MAX) {
		if (*language != '\0' && strcasecmp(language, request->words[0]) != 0)
			printable_print(
			    stderr, _("%s: warning: its header says that its language is %s\n"), path, language);
		snprintf(language, FTG_TAG_MAX, "%s", request->words[0]);
		return EX_OK;
	}
	char *of_path = *language == '\0' ? language_of_path(path) : NULL;
	if (of_path != NULL)
		snprintf(language, FTG_TAG_MAX, "%s", of_path);
	free(of_path);
	return *language != '\0' ? EX_OK
	                         : ctl_fail(EX_DATAERR,
	                               _("%s: neither its header nor its name has a language; write: ftgatectl text "
	                                 "apply LANGUAGE %s"),
	                               path, path);
}

static int
apply(struct request *request, const char *path, const char *octets, size_t len)
{
	struct text_work work;
	struct po_file po;
	char language[FTG_TAG_MAX];
	(void)po_file_parse(&po, octets, len); /* text_commit() reports its faults */
	int status = find_language(request, path, &po, language);
	po_file_free(&po);
	if (status != EX_OK)
		return status;
	status = text_open(&work, request, true);
	if (status == EX_OK)
		status = text_use(&work, language);
	if (status == EX_OK)
		status = text_commit(&work, path, octets, len);
	text_close(&work);
	return status;
}

int
text_apply(struct request *request)
{
	if (request->folder != NULL)
		return text_apply_folder(request);
	const char *path = request->words[request->count - 1];
	size_t len;
	char *octets = read_stream(request->input, &len);
	if (octets == NULL)
		return ctl_fail(EX_NOINPUT, "%s: %s", path, strerror(errno));
	int status = apply(request, path, octets, len);
	free(octets);
	return status;
}

/* The texts of a version, counted. */
static unsigned
count_texts(struct text_work *work, unsigned version)
{
	struct po_file po;
	size_t len = 0;
	unsigned count = 0;
	char *octets = work->texts->ops->read(work->texts, work->language, version, &len);
	if (octets != NULL && po_file_parse(&po, octets, len) == 0)
		for (size_t i = 0; i < po.count; i++)
			count += po_item_is_compiled(&po.item[i]) && !po_item_is_header(&po.item[i]);
	if (octets != NULL)
		po_file_free(&po);
	free(octets);
	return count;
}

static const struct column history_columns[] = {
	{ .name = "version", .type = CELL_NUMBER },
	{ .name = "replaced" },
	{ .name = "texts", .type = CELL_NUMBER },
};

struct listing {
	struct text_work *work;
	struct table *table; /* for programs; NULL: people read it */
};

static void
print_version(void *context, const struct texts_version *version)
{
	struct listing *listing = context;
	char time[sizeof "2026-01-31T12:00:00Z"] = "";
	struct tm tm;
	unsigned texts = count_texts(listing->work, version->number);
	if (gmtime_r(&version->time, &tm) != NULL)
		strftime(time, sizeof time, "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (listing->table == NULL) {
		/* TRANSLATORS: the number of a version, the time when it was replaced, and how many texts it has. */
		printf(translate_count("%4u  replaced %s  %u text\n", "%4u  replaced %s  %u texts\n", texts),
		    version->number, time, texts);
		return;
	}
	table_number(listing->table, version->number);
	table_text(listing->table, time);
	table_number(listing->table, texts);
}

int
text_history(struct request *request)
{
	struct text_work work;
	struct listing listing = { &work, NULL };
	if (request->count == 0)
		return text_list_generations(request);
	int status = text_open(&work, request, false);
	if (status == EX_OK)
		status = text_use(&work, request->words[0]);
	if (status == EX_OK && request->format != OUTPUT_TABLE) {
		listing.table = ctl_table(
		    request, history_columns, sizeof history_columns / sizeof *history_columns, false);
		status = listing.table == NULL ? ctl_fail_memory() : EX_OK;
	}
	if (status == EX_OK && work.texts->ops->each_version(work.texts, work.language, print_version, &listing) < 0)
		status = text_fail(work.request, EX_NOINPUT, work.overlay);
	status = ctl_close_table(listing.table, status);
	text_close(&work);
	return status;
}

static void
note_newest(void *context, const struct texts_version *version)
{
	unsigned *newest = context;
	*newest = version->number > *newest ? version->number : *newest;
}

/* The version that a command line names; without one, the one before the texts in use. */
static int
find_version(struct text_work *work, const char *word, unsigned *version)
{
	char *end = NULL;
	*version = 0;
	if (word != NULL) {
		unsigned long number = strtoul(word, &end, 10);
		*version = *end == '\0' && number <= 1000 * 1000 * 1000 ? (unsigned)number : 0;
	} else if (work->texts->ops->each_version(work->texts, work->language, note_newest, version) < 0) {
		return text_fail(work->request, EX_NOINPUT, work->overlay);
	}
	if (*version > 0)
		return EX_OK;
	return word == NULL
	    ? ctl_fail(EX_DATAERR, _("%s has no earlier version"), work->language)
	    : ctl_fail(EX_DATAERR, _("'%s' is not the number of a version; those are: ftgatectl text history %s"), word,
	          work->language);
}

char *
text_read_version(struct text_work *work, const char *word, size_t *len, int *status)
{
	unsigned version;
	*status = find_version(work, word, &version);
	if (*status != EX_OK)
		return NULL;
	char *octets = work->texts->ops->read(work->texts, work->language, version, len);
	if (octets == NULL && errno == ENOENT)
		*status = ctl_fail(EX_DATAERR, _("there is no version %u; those are: ftgatectl text history %s"),
		    version, work->language);
	else if (octets == NULL)
		*status = text_fail(work->request, EX_NOINPUT, work->overlay);
	return octets;
}

int
text_revert(struct request *request)
{
	struct text_work work;
	char *octets = NULL;
	size_t len = 0;
	bool names_generation = request->count == 1 && request->database != NULL &&
	    ascii_is_digit(request->words[0][0]);
	if (request->count == 0 || names_generation)
		return text_revert_generation(request);
	int status = text_open(&work, request, true);
	if (status == EX_OK)
		status = text_use(&work, request->words[0]);
	if (status == EX_OK)
		octets = text_read_version(&work, request->count == 2 ? request->words[1] : NULL, &len, &status);
	if (octets != NULL)
		status = text_commit(&work, work.texts->ops->name(work.texts, work.language), octets, len);
	free(octets);
	text_close(&work);
	return status;
}
