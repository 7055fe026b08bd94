/* A maildrop in memory, in place of the real one: the same few messages for everybody, and troubles on demand. */
#include "fake_maildrop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fake_maildrop fake_maildrop;

/* As they go over the wire. The third needs UTF8, and has a surrogate. */
static const struct {
	const char *head, *body;
	unsigned size;
	const char *surrogate;
	unsigned surrogate_size;
} messages[] = {
	{ "Subject: one\r\n\r\n", "Hello\r\n..\r\n", 26, NULL, 0 },
	{ "Subject: two\r\n\r\n", "1\r\n2\r\n3\r\n4\r\n", 28, NULL, 0 },
	{ "Subject: gr\xC3\xBC\xC3\x9F\r\n\r\n", "dear\r\n", 25, "Subject: =?UTF-8?B?Z3LDvMOf?=\r\n\r\n", 39 },
};

struct maildrop {
	struct job job;
	struct executor *executor;
	enum maildrop_form form;
	enum maildrop_result result;
	void (*done)(void *context, enum maildrop_result result);
	void *context;
	char text[256]; /* of the message that is read */
	size_t len, at;
	struct maildrop_block block;
	bool deleted[FAKE_MESSAGES_MAX];
};

static unsigned
kind_of(size_t number)
{
	return number <= sizeof messages / sizeof *messages ? (unsigned)number - 1 : 0;
}

void
fake_maildrop_standard(void)
{
	fake_maildrop = (struct fake_maildrop) { .messages = 3, .block = 10 };
}

struct maildrop *
maildrop_new(struct mail_folder *folder, const struct mailbox *mailbox, struct executor *executor)
{
	struct maildrop *maildrop = calloc(1, sizeof *maildrop);

	(void)folder, (void)mailbox;
	if (maildrop != NULL)
		maildrop->executor = executor;
	return maildrop;
}

void
maildrop_close(struct maildrop *maildrop)
{
	if (maildrop != NULL)
		fake_maildrop.opened = 0;
	free(maildrop);
}

static void
work(struct job *job)
{
	(void)job;
}

static void
end_job(struct job *job)
{
	struct maildrop *maildrop = (struct maildrop *)(void *)job;
	maildrop->done(maildrop->context, maildrop->result);
}

static void
start(struct maildrop *maildrop, enum maildrop_result result, void (*done)(void *context, enum maildrop_result result),
    void *context)
{
	maildrop->result = result;
	maildrop->done = done;
	maildrop->context = context;
	maildrop->job = (struct job) { .work = work, .done = end_job };
	maildrop->executor->start(maildrop->executor, &maildrop->job);
}

void
maildrop_open(struct maildrop *maildrop, enum maildrop_form form,
    void (*done)(void *context, enum maildrop_result result), void *context)
{
	maildrop->form = form;
	fake_maildrop.opened = fake_maildrop.open == MAILDROP_OK;
	start(maildrop, fake_maildrop.open, done, context);
}

static void
next_block(struct maildrop *maildrop)
{
	size_t left = maildrop->len - maildrop->at;

	maildrop->block.octets = maildrop->text + maildrop->at;
	maildrop->block.len = left < fake_maildrop.block ? left : fake_maildrop.block;
	maildrop->at += maildrop->block.len;
	maildrop->block.last = maildrop->at == maildrop->len;
}

static bool
is_surrogate(const struct maildrop *maildrop, size_t number)
{
	return maildrop->form == MAILDROP_SURROGATES && maildrop_needs_utf8(maildrop, number);
}

void
maildrop_read(struct maildrop *maildrop, size_t number, size_t lines,
    void (*done)(void *context, enum maildrop_result result), void *context)
{
	const char *body = messages[kind_of(number)].body, *end = body;
	const char *head = is_surrogate(maildrop, number) ? messages[kind_of(number)].surrogate
	                                                  : messages[kind_of(number)].head;

	for (; lines > 0 && *end != '\0'; lines--)
		end = strchr(end, '\n') + 1;
	maildrop->len = (size_t)snprintf(
	    maildrop->text, sizeof maildrop->text, "%s%.*s", head, (int)(end - body), body);
	maildrop->at = 0;
	next_block(maildrop);
	start(maildrop, fake_maildrop.read, done, context);
}

void
maildrop_read_on(struct maildrop *maildrop, void (*done)(void *context, enum maildrop_result result), void *context)
{
	next_block(maildrop);
	start(maildrop, fake_maildrop.read_on, done, context);
}

void
maildrop_update(struct maildrop *maildrop, void (*done)(void *context, enum maildrop_result result), void *context)
{
	size_t left = maildrop_total(maildrop).messages;

	if (fake_maildrop.update == MAILDROP_OK)
		fake_maildrop.removed = fake_maildrop.messages - left;
	start(maildrop, fake_maildrop.update, done, context);
}

int
maildrop_error(const struct maildrop *maildrop)
{
	(void)maildrop;
	return EIO;
}

size_t
maildrop_left(const struct maildrop *maildrop)
{
	return maildrop->result == MAILDROP_OK ? 0 : 1;
}

const struct maildrop_block *
maildrop_block(const struct maildrop *maildrop)
{
	return &maildrop->block;
}

void
maildrop_read_end(struct maildrop *maildrop)
{
	maildrop->len = maildrop->at = 0;
}

size_t
maildrop_count(const struct maildrop *maildrop)
{
	(void)maildrop;
	return fake_maildrop.messages;
}

struct maildrop_total
maildrop_total(const struct maildrop *maildrop)
{
	struct maildrop_total total = { 0, 0 };

	for (size_t i = 0; i < fake_maildrop.messages; i++) {
		total.messages += !maildrop->deleted[i];
		total.octets += maildrop->deleted[i] ? 0 : maildrop_size(maildrop, i + 1);
	}
	return total;
}

uint64_t
maildrop_size(const struct maildrop *maildrop, size_t number)
{
	return is_surrogate(maildrop, number) ? messages[kind_of(number)].surrogate_size
	                                      : messages[kind_of(number)].size;
}

bool
maildrop_needs_utf8(const struct maildrop *maildrop, size_t number)
{
	(void)maildrop;
	return messages[kind_of(number)].surrogate != NULL;
}

size_t
maildrop_uid(const struct maildrop *maildrop, size_t number, char uid[MAILDROP_UID_SIZE])
{
	(void)maildrop;
	return (size_t)snprintf(uid, MAILDROP_UID_SIZE, "uid-%zu", number);
}

void
maildrop_delete(struct maildrop *maildrop, size_t number)
{
	maildrop->deleted[number - 1] = true;
}

void
maildrop_reset(struct maildrop *maildrop)
{
	memset(maildrop->deleted, 0, sizeof maildrop->deleted);
}

bool
maildrop_deleted(const struct maildrop *maildrop, size_t number)
{
	return maildrop->deleted[number - 1];
}
