/* A Maildir and the maildrop that a session sees of it, for tests. */
#include "maildrop_fixture.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "store/mail_folder.h"

static struct mail_folder mail;

unsigned drop_jobs;

static void
start_inline(struct executor *executor, struct job *job)
{
	(void)executor;
	drop_jobs++;
	job->work(job);
	job->done(job);
}

static struct executor executor = { .start = start_inline };
static const struct mailbox mailbox = { .account = 1, .address = "box@d" };

void
drop_begin(void)
{
	char path[PATH_MAX];
	folder_make();
	cr_assert_eq(mkdir("d", 0700), 0);
	cr_assert_eq(mkdir("d/box", 0700), 0);
	cr_assert_not_null(getcwd(path, sizeof path));
	cr_assert_eq(mail_folder_open(&mail, path), 0);
	cr_assert_eq(chdir("d/box"), 0);
	cr_assert_eq(mkdir("new", 0700), 0);
	cr_assert_eq(mkdir("cur", 0700), 0);
	cr_assert_eq(mkdir("tmp", 0700), 0);
}

void
drop_end(void)
{
	mail_folder_close(&mail);
	folder_remove();
}

void
drop_put(const char *path, const char *content)
{
	FILE *file = fopen(path, "w");
	cr_assert_not_null(file, "%s", path);
	cr_assert_geq(fputs(content, file), 0);
	cr_assert_eq(fclose(file), 0);
}

static void
note(void *context, enum maildrop_result result)
{
	*(enum maildrop_result *)context = result;
}

enum maildrop_form drop_form = MAILDROP_ORIGINALS;

struct maildrop *
drop_try(enum maildrop_result *result)
{
	struct maildrop *maildrop = maildrop_new(&mail, &mailbox, &executor);
	*result = MAILDROP_FAILED;
	if (maildrop != NULL)
		maildrop_open(maildrop, drop_form, note, result);
	return maildrop;
}

struct maildrop *
drop_open(void)
{
	enum maildrop_result result;
	struct maildrop *maildrop = drop_try(&result);
	cr_assert_eq(result, MAILDROP_OK);
	return maildrop;
}

const char *
drop_uid(const struct maildrop *maildrop, size_t number)
{
	static char uid[MAILDROP_UID_SIZE];
	cr_expect_eq(maildrop_uid(maildrop, number, uid), strlen(uid));
	return uid;
}

const char *
drop_uids(const struct maildrop *maildrop)
{
	static char uids[4096];
	size_t len = 0;
	uids[0] = '\0';
	for (size_t i = 1; i <= maildrop_count(maildrop); i++)
		len += (size_t)snprintf(uids + len, sizeof uids - len, "%s%s", i > 1 ? " " : "", drop_uid(maildrop, i));
	return uids;
}

void
drop_start_read(struct maildrop *maildrop, size_t number, enum maildrop_result *result)
{
	maildrop_read(maildrop, number, MAILDROP_WHOLE, note, result);
}

void
drop_read_on(struct maildrop *maildrop, enum maildrop_result *result)
{
	maildrop_read_on(maildrop, note, result);
}

enum maildrop_result
drop_read(struct maildrop *maildrop, size_t number, size_t lines, const char **text, size_t *len)
{
	static char wire[8 << 20];
	enum maildrop_result result;
	*text = wire;
	*len = 0;
	maildrop_read(maildrop, number, lines, note, &result);
	while (result == MAILDROP_OK) {
		const struct maildrop_block *block = maildrop_block(maildrop);
		cr_assert_leq(block->len, MAILDROP_BLOCK_MAX);
		cr_assert_lt(*len + block->len, sizeof wire);
		memcpy(wire + *len, block->octets, block->len);
		*len += block->len;
		if (block->last)
			break;
		maildrop_read_on(maildrop, note, &result);
	}
	wire[*len] = '\0';
	maildrop_read_end(maildrop);
	return result;
}

void
drop_update(struct maildrop *maildrop, enum maildrop_result *result)
{
	maildrop_update(maildrop, note, result);
}

enum maildrop_result
drop_quit(struct maildrop *maildrop)
{
	enum maildrop_result result;
	drop_update(maildrop, &result);
	maildrop_close(maildrop);
	return result;
}
