/* The maildrop of an account: its Maildir, as one POP3 session sees it. Blocking operations are jobs. */
#include "port/maildrop.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/maildir.h"
#include "store/maildrop/internal.h"
#include "store/maildrop/name.h"

static struct maildrop *
of_job(struct job *job)
{
	return (struct maildrop *)job;
}

static void
step_on(struct job *job)
{
	struct maildrop *maildrop = of_job(job);
	maildrop->more = maildrop->step(maildrop);
}

static void
stepped(struct job *job)
{
	struct maildrop *maildrop = of_job(job);
	if (maildrop->more) {
		maildrop->executor->start(maildrop->executor, job);
		return;
	}
	maildrop->busy = false;
	mail_folder_report(maildrop->mail);
	maildrop->done(maildrop->context, maildrop->result);
}

void
maildrop_start(struct maildrop *maildrop, bool (*step)(struct maildrop *maildrop),
    void (*done)(void *context, enum maildrop_result result), void *context)
{
	assert(!maildrop->busy);
	maildrop->job = (struct job) { .work = step_on, .done = stepped };
	maildrop->step = step;
	maildrop->busy = true;
	maildrop->result = MAILDROP_OK;
	maildrop->done = done;
	maildrop->context = context;
	maildrop->at = 0;
	maildrop->executor->start(maildrop->executor, &maildrop->job);
}

static enum maildrop_result
result_of(int error)
{
	switch (error) {
	case EACCES:
	case EINVAL:
	case EISDIR:
	case ELOOP:
	case ENAMETOOLONG:
	case ENOENT:
	case ENOTDIR:
	case EPERM:
	case EROFS: return MAILDROP_ACCESS;
	default: return MAILDROP_FAILED;
	}
}

bool
maildrop_fail(struct maildrop *maildrop)
{
	maildrop->error = errno;
	maildrop->result = result_of(errno);
	return false;
}

struct maildrop *
maildrop_new(struct mail_folder *folder, const struct mailbox *mailbox, struct executor *executor)
{
	char path[MAILDIR_PATH_SIZE];
	if (maildir_path(path, mailbox) < 0)
		return NULL;
	size_t len = strlen(path);
	struct maildrop *maildrop = calloc(1, sizeof *maildrop + len + 1);
	if (maildrop == NULL)
		return NULL;
	maildrop->executor = executor;
	maildrop->mail = folder;
	maildrop->folder = folder->descriptor;
	maildrop->lock = -1;
	maildrop->reading.file = -1;
	memcpy(maildrop->path, path, len + 1);
	return maildrop;
}

void
maildrop_close(struct maildrop *maildrop)
{
	if (maildrop == NULL)
		return;
	assert(!maildrop->busy);
	maildrop_read_end(maildrop);
	if (maildrop->lock >= 0)
		close(maildrop->lock);
	drop_list_free(&maildrop->list);
	free(maildrop);
}

int
maildrop_error(const struct maildrop *maildrop)
{
	return maildrop->error;
}

size_t
maildrop_left(const struct maildrop *maildrop)
{
	return maildrop->removal.left;
}

const struct maildrop_block *
maildrop_block(const struct maildrop *maildrop)
{
	return &maildrop->block;
}

struct drop_message *
maildrop_message(const struct maildrop *maildrop, size_t number)
{
	assert(number >= 1 && number <= maildrop->list.count);
	return &maildrop->list.messages[number - 1];
}

size_t
maildrop_count(const struct maildrop *maildrop)
{
	return maildrop->list.count;
}

struct maildrop_total
maildrop_total(const struct maildrop *maildrop)
{
	return maildrop->total;
}

uint64_t
maildrop_size(const struct maildrop *maildrop, size_t number)
{
	const struct drop_message *message = maildrop_message(maildrop, number);
	uint64_t surrogate = drop_list_surrogate(&maildrop->list, message);
	return maildrop->form == MAILDROP_SURROGATES && surrogate != 0 ? surrogate : message->size;
}

bool
maildrop_needs_utf8(const struct maildrop *maildrop, size_t number)
{
	return drop_list_surrogate(&maildrop->list, maildrop_message(maildrop, number)) != 0;
}

size_t
maildrop_uid(const struct maildrop *maildrop, size_t number, char uid[MAILDROP_UID_SIZE])
{
	const struct drop_message *message = maildrop_message(maildrop, number);
	return drop_name_uid(uid, drop_list_name(&maildrop->list, message), message->base_len);
}

void
maildrop_delete(struct maildrop *maildrop, size_t number)
{
	struct drop_message *message = maildrop_message(maildrop, number);
	if (message->deleted)
		return;
	message->deleted = true;
	maildrop->total.messages--;
	maildrop->total.octets -= maildrop_size(maildrop, number);
}

void
maildrop_reset(struct maildrop *maildrop)
{
	for (size_t i = 0; i < maildrop->list.count; i++)
		maildrop->list.messages[i].deleted = false;
	maildrop->total = maildrop->all;
}

bool
maildrop_deleted(const struct maildrop *maildrop, size_t number)
{
	return maildrop_message(maildrop, number)->deleted;
}
