/* ftgatectl import: adds the records of a file, in batches that are stored whole or not at all. */
#include "cmd/ctl/transfer/import.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/text/printable.h"
#include "base/text/translate.h"
#include "cmd/ctl/access_text.h"
#include "cmd/ctl/transfer/transfer.h"

enum {
	BATCH_RECORDS = 5000,
	BATCH_JOBS = 1000,              /* passwords to hash: seconds of work */
	BATCH_OCTETS = 4 * 1024 * 1024, /* of its rows: the last one may be longer */
	ROW_KEPT = 64 * 1024,           /* octets of a row that are kept for the next batch */
	FAULTS_MAX = 20,                /* that a rehearsal prints */
	DANGLING_MAX = 20,
};

struct counts {
	unsigned long added, changed, same;
};

/* An import. */
struct import {
	struct request *request;
	enum record_kind kind;
	const char *path; /* as it is shown */
	struct import_file source;
	struct transfer_record *records; /* of the batch */
	struct hash_job *jobs;
	size_t count, job_count;
	struct counts stored, batch;
	unsigned long hashed, batch_hashed; /* passwords: of earlier batches, and of this one */
	unsigned long faults, dangling;
	struct transfer_languages languages;
	bool progress, end;
};

/* Prints a fault: file, line and column. */
static int
fail_at(struct import *import, int status, unsigned long line, const char *column, const char *text)
{
	import->faults++;
	if (import->progress)
		fputs("\r\033[K", stderr);
	return ctl_fail(status, "%s:%lu: %s%s%s", import->path, line, column, *column == '\0' ? "" : ": ", text);
}

static void
show_progress(struct import *import)
{
	unsigned long done = import->stored.added + import->stored.changed + import->stored.same;
	if (!import->progress)
		return;
	putc('\r', stderr);
	/* TRANSLATORS: numbers of records that are stored, and of passwords that are hashed. */
	fprintf(stderr, _("%lu records stored, %lu passwords hashed"), done, import->hashed + import->batch_hashed);
}

static void
hashed_some(void *context, size_t finished)
{
	struct import *import = context;
	import->batch_hashed = finished;
	show_progress(import);
}

/* In a rehearsal faults are collected; otherwise the first one ends the import. */
static int
after_fault(const struct import *import, int status)
{
	return import->request->dry_run && import->faults < FAULTS_MAX && status == EX_DATAERR ? EX_OK : status;
}

/* Checks the languages of a record, each of which a catalogue must have. */
static bool
has_known_languages(struct import *import, const struct transfer_record *record, struct transfer_fault *fault)
{
	const struct record_field *field;
	for (size_t i = 0; (field = record_field(import->kind, i)) != NULL; i++) {
		const char *value = field->type == FIELD_LANGUAGE ? record->put.values[i] : NULL;
		if (value == NULL || transfer_language_is_known(&import->languages, value))
			continue;
		fault->column = field->name;
		snprintf(fault->text, sizeof fault->text,
		    _("there is no catalogue for '%.80s'; 'ftgate-msg stats' lists the languages"), value);
		return false;
	}
	return true;
}

/* Checks the words in which an entry of an access list refuses. */
static bool
has_fit_text(const struct import *import, const struct transfer_record *record, struct transfer_fault *fault)
{
	const char *text = import->kind == RECORD_ACCESS ? record->put.values[RECORD_ACCESS_TEXT] : NULL;
	fault->column = "";
	return text == NULL || *text == '\0' ||
	    access_text_check(record->name[0], record->name[1], text, fault->text, sizeof fault->text) == EX_OK;
}

static void
keep_hash(void *context, const char *const *values)
{
	struct hash_job *job = context;
	const char *hash = values[RECORD_ACCOUNT_PASSWORD];
	snprintf(job->stored, sizeof job->stored, "%s", hash == NULL ? "" : hash);
}

/* A password that must be hashed, unless the account has it: that takes a hash, too. */
static void
add_job(struct import *import, struct transfer_record *record, const char *plain)
{
	struct admin *admin = import->request->admin;
	struct record_put *put = &record->put;
	put->values[RECORD_ACCOUNT_PASSWORD] = put->values[RECORD_ACCOUNT_SCRAM_SHA_256] = NULL;
	put->values[RECORD_ACCOUNT_SECRET] = NULL;
	if (import->request->dry_run)
		return;
	record->job = &import->jobs[import->job_count++];
	memset(record->job, 0, sizeof *record->job);
	record->job->password = plain;
	/* One that cannot be read is reported when it is put. */
	(void)admin->ops->dump(admin, RECORD_ACCOUNT, record->name, true, keep_hash, record->job);
}

/* Reads the next record of the batch. */
static int
read_record(struct import *import)
{
	struct transfer_record *record = &import->records[import->count];
	struct transfer_fault fault;
	const char *plain;
	switch (import_file_next(&import->source, &record->row)) {
	case IMPORT_ROW: break;
	case IMPORT_END: import->end = true; return EX_OK;
	case IMPORT_FAULT: return fail_at(import, EX_DATAERR, import->source.error_line, "", import->source.error);
	case IMPORT_NO_MEMORY: return ctl_fail(EX_OSERR, _("memory is out"));
	default: return ctl_fail(EX_IOERR, "%s: %s", import->path, strerror(errno));
	}
	record->put.update = import->request->update;
	if (!transfer_read_record(&import->source, import->kind, record, &plain, &fault) ||
	    !has_known_languages(import, record, &fault) || !has_fit_text(import, record, &fault))
		return after_fault(import, fail_at(import, EX_DATAERR, record->row.line, fault.column, fault.text));
	if (plain != NULL)
		add_job(import, record, plain);
	import->count++;
	return EX_OK;
}

static int
read_batch(struct import *import)
{
	int status = EX_OK;
	size_t octets = 0;
	import->count = import->job_count = 0;
	while (status == EX_OK && !import->end && import->count < BATCH_RECORDS && import->job_count < BATCH_JOBS &&
	    octets < BATCH_OCTETS) {
		size_t before = import->count;
		status = read_record(import);
		if (import->count > before)
			octets += import->records[before].row.text.len;
	}
	return status;
}

/* Writes the stored forms of a password that has been hashed. */
static int
use_hash(struct import *import, struct transfer_record *record, char scram[PASSWORD_SCRAM_SIZE])
{
	const struct hash_job *job = record->job;
	if (job == NULL || job->matches)
		return EX_OK;
	if (job->result != PASSWORD_OK)
		return fail_at(import, EX_OSERR, record->row.line, "password",
		    _("the password cannot be hashed: no memory, or no random numbers"));
	password_write_scram(scram, &job->made.scram);
	record->put.values[RECORD_ACCOUNT_PASSWORD] = job->made.hash;
	record->put.values[RECORD_ACCOUNT_SCRAM_SHA_256] = scram;
	record->put.values[RECORD_ACCOUNT_SECRET] = job->made.secret;
	return EX_OK;
}

static int
put_record(struct import *import, struct transfer_record *record)
{
	struct admin *admin = import->request->admin;
	struct put_result result;
	char scram[PASSWORD_SCRAM_SIZE] = "";
	int status = use_hash(import, record, scram);
	if (status != EX_OK)
		return status;
	enum admin_result done = admin->ops->put(admin, import->kind, &record->put, &result);
	explicit_bzero(scram, sizeof scram);
	import->batch.added += done == ADMIN_OK && result.outcome == PUT_ADDED;
	import->batch.changed += done == ADMIN_OK && result.outcome == PUT_CHANGED;
	import->batch.same += done == ADMIN_OK && result.outcome == PUT_SAME;
	if (done == ADMIN_OK)
		return EX_OK;
	status = done == ADMIN_FAILED ? EX_TEMPFAIL : EX_DATAERR;
	const char *column = record_field(import->kind, result.field)->name;
	return after_fault(import, fail_at(import, status, record->row.line, column, admin->ops->error(admin)));
}

static int
put_records(struct import *import)
{
	int status = EX_OK;
	for (size_t i = 0; i < import->count && status == EX_OK; i++)
		status = put_record(import, &import->records[i]);
	return status;
}

static void
count_batch(struct import *import)
{
	import->stored.added += import->batch.added;
	import->stored.changed += import->batch.changed;
	import->stored.same += import->batch.same;
	import->batch = (struct counts) { 0 };
}

/* Stores the batch. A rehearsal is one transaction, which is begun and ended elsewhere. */
static int
store_batch(struct import *import)
{
	struct admin *admin = import->request->admin;
	bool rehearsal = import->request->dry_run;
	hash_all(import->jobs, import->job_count, import->request->keep_secret, hashed_some, import);
	import->hashed += import->job_count;
	import->batch_hashed = 0;
	int status = rehearsal ? EX_OK : ctl_admin_status(import->request, admin->ops->begin(admin, false));
	if (status != EX_OK)
		return status;
	status = put_records(import);
	enum admin_result ended = rehearsal ? ADMIN_OK : admin->ops->end(admin, status == EX_OK);
	if (status == EX_OK)
		status = ctl_admin_status(import->request, ended);
	if (status == EX_OK)
		count_batch(import);
	return status;
}

/* Forgets the passwords of a batch, and what is large. */
static void
clear_batch(struct import *import)
{
	hash_clear(import->jobs, import->job_count);
	for (size_t i = 0; i < import->count; i++)
		if (import->records[i].row.text.room > ROW_KEPT)
			import_row_clear(&import->records[i].row);
}

static int
import_batches(struct import *import)
{
	int status = EX_OK;
	while (status == EX_OK && !import->end) {
		status = read_batch(import);
		if (status == EX_OK)
			status = store_batch(import);
		clear_batch(import);
		show_progress(import);
	}
	if (import->progress)
		fputs("\r\033[K", stderr);
	return status;
}

static void
print_dangling(void *context, const char *alias, const char *target)
{
	struct import *import = context;
	if (++import->dangling <= DANGLING_MAX)
		ctl_fail(EX_OK,
		    _("%s leads to %s, which does not exist yet; import or add it, or remove it from the former"),
		    alias, target);
}

/* A file of aliases may come before that of their targets. */
static int
warn_dangling(struct import *import)
{
	struct admin *admin = import->request->admin;
	if (import->kind != RECORD_ALIAS && import->kind != RECORD_LIST)
		return EX_OK;
	return ctl_admin_status(import->request, admin->ops->dangling(admin, print_dangling, import));
}

static void
print_counts(const struct import *import)
{
	const struct counts *counts = &import->stored;
	if (import->request->dry_run)
		printf(_("it would add %lu, change %lu and leave %lu unchanged\n"), counts->added, counts->changed,
		    counts->same);
	else
		printf(_("added %lu, changed %lu, unchanged %lu\n"), counts->added, counts->changed, counts->same);
}

/* What an import that has ended early has done, and how it goes on. */
static void
print_progress_so_far(const struct import *import)
{
	const struct counts *counts = &import->stored;
	if (import->request->dry_run)
		ctl_fail(EX_OK, _("nothing is changed: this was a rehearsal (--dry-run)"));
	else
		ctl_fail(EX_OK,
		    _("%lu records are imported (added %lu, changed %lu, unchanged %lu); correct the file and run the command again: "
		      "it skips them"),
		    counts->added + counts->changed + counts->same, counts->added, counts->changed, counts->same);
}

static int
run(struct import *import)
{
	struct admin *admin = import->request->admin;
	bool rehearsal = import->request->dry_run;
	int status = rehearsal ? ctl_admin_status(import->request, admin->ops->begin(admin, true)) : EX_OK;
	if (status != EX_OK)
		return status;
	status = import_batches(import);
	if (status == EX_OK)
		status = warn_dangling(import);
	if (rehearsal)
		admin->ops->end(admin, false);
	if (status == EX_OK && import->faults > 0)
		status = EX_DATAERR;
	if (status == EX_OK)
		print_counts(import);
	else
		print_progress_so_far(import);
	return status;
}

static void
clear(struct import *import)
{
	for (size_t i = 0; import->records != NULL && i < BATCH_RECORDS; i++)
		import_row_clear(&import->records[i].row);
	import_file_close(&import->source);
	free(import->records);
	free(import->jobs);
}

/* The format of the file, which an option can name. */
static enum import_format
format_of(const struct request *request)
{
	if (request->format == OUTPUT_TABLE)
		return IMPORT_AUTO;
	return request->format == OUTPUT_JSON ? IMPORT_JSON : IMPORT_CSV;
}

int
ctl_import(struct request *request)
{
	struct import import = {
		.request = request,
		.kind = request->command->kind,
		.path = request->input == stdin ? _("standard input") : request->words[0],
		.records = calloc(BATCH_RECORDS, sizeof *import.records),
		.jobs = calloc(BATCH_JOBS, sizeof *import.jobs),
		.languages = { .data = request->data },
		.progress = isatty(STDERR_FILENO),
	};
	import_file_open(&import.source, request->input, format_of(request));
	int status = import.records != NULL && import.jobs != NULL ? run(&import)
	                                                           : ctl_fail(EX_OSERR, _("memory is out"));
	clear(&import);
	if (request->input != stdin)
		fclose(request->input);
	return status;
}
