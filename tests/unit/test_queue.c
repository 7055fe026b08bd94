/* The relay queue: what is in it stays in it, whole, and is one process's at a time. */
#include "queue/queue.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "port/queue_text.h"
#include "support/fault.h"
#include "support/folder.h"

static struct queue queue, other;

static void
open_queue(void)
{
	folder_make();
	cr_assert_eq(queue_open(&queue, "queue"), 0);
	cr_assert_eq(queue_open(&other, "queue"), 0);
	fault_trace();
}

static void
close_queue(void)
{
	queue_close(&queue);
	queue_close(&other);
	folder_remove();
}

TestSuite(queue, .init = open_queue, .fini = close_queue);

static char *
copy(const char *text)
{
	char *copied = strdup(text);
	cr_assert_not_null(copied);
	return copied;
}

/* An entry in which every field has a value. */
static struct queue_entry
full_entry(const char *id)
{
	struct queue_entry entry = { .arrival = 1893456000,
		.session = copy("s1"),
		.sender = copy("anna@example.test"),
		.account = 7,
		.user = copy("Anna @ home"),
		.language = copy("de"),
		.utf8 = true,
		.eightbit = true,
		.held = true,
		.ret = DSN_RETURN_HEADERS,
		.envid = copy("QQ314159"),
		.local_prefix_len = 34,
		.size = 1000 };
	snprintf(entry.id, sizeof entry.id, "%s", id);
	queue_entry_add(&entry, "\"two words\"@example.org");
	struct queue_recipient *recipient = queue_entry_add(&entry, "j\xC3\xB6rg@[192.0.2.1]");
	*recipient = (struct queue_recipient) { .address = recipient->address,
		.sender = copy("SRS0=AAAAAA=M3=example.test=anna@alias.example"),
		.orcpt = copy("rfc822;j@example.org"),
		.notify = DSN_SUCCESS | DSN_DELAY,
		.noticed = DSN_DELAY,
		.state = QUEUE_EXPIRED,
		.attempts = 12,
		.next = 1893456900,
		.reply = copy("450 4.2.0 <x>: come back") };
	return entry;
}

/* Adds a message for one recipient. */
static int
add(const char *id)
{
	struct queue_entry entry = { .arrival = 1893456000, .sender = copy("") };
	snprintf(entry.id, sizeof entry.id, "%s", id);
	queue_entry_add(&entry, "bob@example.org");
	int result = queue_add(&queue, &entry, "Subject: x\n\nHello\n", 18);
	int error = errno;
	cr_expect_eq(entry.size, 21);
	cr_expect_not(entry.claimed);
	queue_entry_clear(&entry);
	errno = error;
	return result;
}

Test(queue, text_round_trips_an_entry)
{
	struct queue_entry entry = full_entry("a1"), read = { 0 };
	size_t len, again;
	char *text = queue_text_write(&entry, &len);
	cr_assert_not_null(text);
	cr_expect_str_eq(text,
	    "ftgate-queue 1\n"
	    "arrival 1893456000\n"
	    "session s1\n"
	    "from anna@example.test\n"
	    "account 7\n"
	    "user Anna @ home\n"
	    "language de\n"
	    "utf8\n"
	    "8bit\n"
	    "held\n"
	    "return headers\n"
	    "envid QQ314159\n"
	    "skip 34\n"
	    "size 1000\n"
	    "to \"two words\"@example.org\n"
	    "to j\xC3\xB6rg@[192.0.2.1]\n"
	    "as SRS0=AAAAAA=M3=example.test=anna@alias.example\n"
	    "state expired\n"
	    "attempts 12\n"
	    "next 1893456900\n"
	    "notify success,delay\n"
	    "noticed delay\n"
	    "orcpt rfc822;j@example.org\n"
	    "reply 450 4.2.0 <x>: come back\n"
	    "end\n");
	cr_assert(queue_text_read(&read, text, len));
	char *same = queue_text_write(&read, &again);
	cr_assert_not_null(same);
	cr_expect_str_eq(same, text);
	free(text);
	free(same);
	queue_entry_clear(&entry);
	queue_entry_clear(&read);
}

Test(queue, truncated_text_is_refused)
{
	struct queue_entry entry = full_entry("a1"), read = { 0 };
	size_t len;
	char *text = queue_text_write(&entry, &len);
	for (size_t cut = 0; cut < len; cut++) {
		errno = 0;
		cr_assert_not(queue_text_read(&read, text, cut), "%zu octets", cut);
		cr_assert_eq(errno, EBADMSG);
		queue_entry_clear(&read);
	}
	free(text);
	queue_entry_clear(&entry);
}

Test(queue, foreign_text_is_refused)
{
	static const char *const texts[] = {
		"ftgate-queue 2\nfrom \nto a@b.c\nend\n",
		"ftgate-queue 1\nto a@b.c\nend\n",
		"ftgate-queue 1\nfrom \nend\n",
		"ftgate-queue 1\nfrom \nto a@b.c\nend\nend\n",
		"ftgate-queue 1\nfrom \nto a@b.c\nend\n\n",
		"ftgate-queue 1\nfrom\nto a@b.c\nend\n",
		"ftgate-queue 1\nfrom a\nto a@b.c\nend\n",
		"ftgate-queue 1\nfrom \nto \nend\n",
		"ftgate-queue 1\nfrom \nto postmaster\nend\n",
		"ftgate-queue 1\nfrom \nto a@b.c> NOTIFY=NEVER\nend\n",
		"ftgate-queue 1\nfrom \nto a@b.c\r\nend\n",
		"ftgate-queue 1\nfrom \nfrom \nto a@b.c\nend\n",
		"ftgate-queue 1\nfrom \narrival 1\nto a@b.c\nend\n",
		"ftgate-queue 1\narrival 01\nfrom \nto a@b.c\nend\n",
		"ftgate-queue 1\narrival 0\nfrom \nto a@b.c\nend\n",
		"ftgate-queue 1\narrival -1\nfrom \nto a@b.c\nend\n",
		"ftgate-queue 1\narrival 9223372036854775808\nfrom \nto a@b.c\nend\n",
		"ftgate-queue 1\nfrom \nutf8 yes\nto a@b.c\nend\n",
		"ftgate-queue 1\nfrom \nenvid a b\nto a@b.c\nend\n",
		"ftgate-queue 1\nfrom \nenvid \nto a@b.c\nend\n",
		"ftgate-queue 1\nfrom \nto a@b.c\nattempts 4294967296\nend\n",
		"ftgate-queue 1\nfrom \nto a@b.c\nstate waiting\nend\n",
		"ftgate-queue 1\nfrom \nto a@b.c\nstate lost\nend\n",
		"ftgate-queue 1\nfrom \nto a@b.c\nnotify delay,success\nend\n",
		"ftgate-queue 1\nfrom \nto a@b.c\nnotify success,\nend\n",
		"ftgate-queue 1\nfrom \nto a@b.c\nnotify \nend\n",
		"ftgate-queue 1\nfrom \nto a@b.c\norcpt rfc822;a RET=FULL\nend\n",
		"ftgate-queue 1\nfrom \nto a@b.c\nreply a\tb\nend\n",
		"ftgate-queue 1\nfrom \nto a@b.c\nother x\nend\n",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct queue_entry read = { 0 };
		errno = 0;
		cr_expect_not(queue_text_read(&read, texts[i], strlen(texts[i])), "%s", texts[i]);
		cr_expect_eq(errno, EBADMSG);
		queue_entry_clear(&read);
	}
}

Test(queue, entry_of_an_older_version_gets_a_labels)
{
	static const char text[] = "ftgate-queue 1\narrival 1\nfrom j\xC3\xB6rg@b\xC3\xBC"
	                           "cher.example\nto a@B\xC3\x9C"
	                           "CHER.example\nto b@\xF0\x9F\x98\x80.example\nend\n";
	struct queue_entry entry = { 0 };
	cr_assert(queue_text_read(&entry, text, strlen(text)));
	cr_expect_str_eq(entry.sender, "j\xC3\xB6rg@xn--bcher-kva.example");
	cr_expect_str_eq(entry.recipients[0].address, "a@xn--bcher-kva.example");
	cr_expect_str_eq(queue_domain(&entry.recipients[1]), "\xF0\x9F\x98\x80.example", "it is bounced, not damaged");
	queue_entry_clear(&entry);
}

Test(queue, unreadable_envelopes_are_never_written)
{
	static const char *const bad[] = { "", "a@b.c\nto d@e.f", "a", "a@b.c> X" };
	struct queue_entry entry = full_entry("a1");
	struct queue_recipient *recipient = &entry.recipients[1];
	char *good = recipient->address;
	size_t len;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		recipient->address = copy(bad[i]);
		cr_expect_null(queue_text_write(&entry, &len));
		cr_expect_eq(errno, EINVAL);
		free(recipient->address);
	}
	recipient->address = good;
	free(recipient->reply);
	recipient->reply = copy("x\nto d@e.f");
	cr_expect_null(queue_text_write(&entry, &len));
	queue_entry_cut(&entry, 1);
	char *text = queue_text_write(&entry, &len);
	cr_expect_not_null(text);
	free(text);
	queue_entry_cut(&entry, 0);
	cr_expect_null(queue_text_write(&entry, &len));
	queue_entry_clear(&entry);
}

/* Results of many recipients must not make an envelope that cannot be stored: they would be sent the message again. */
Test(queue, results_of_any_number_of_recipients_can_be_stored)
{
	enum { MANY = 40000 };
	struct queue_entry entry = full_entry("a1"), read = { 0 };
	char reply[QUEUE_REPLY_MAX];
	size_t len, replies = 0;
	memset(reply, 'x', sizeof reply);
	entry.claimed = true;
	entry.lock = -1;
	for (size_t i = entry.count; i < MANY; i++) {
		struct queue_recipient *recipient = queue_entry_add(&entry, "d@e.f");
		cr_assert_not_null(recipient);
		cr_assert(queue_set_text(&recipient->reply, reply, sizeof reply, QUEUE_REPLY_MAX));
	}
	char *text = queue_text_write(&entry, &len);
	cr_assert_not_null(text);
	cr_expect_leq(len, QUEUE_REPLIES_MAX + MANY * QUEUE_GROWTH_MAX);
	cr_assert(queue_text_read(&read, text, len));
	cr_expect_eq(read.count, MANY);
	for (size_t i = 0; i < MANY; i++)
		replies += read.recipients[i].reply != NULL ? strlen(read.recipients[i].reply) : 0;
	cr_expect_leq(replies, QUEUE_REPLIES_MAX);
	cr_expect_gt(replies, QUEUE_REPLIES_MAX - 2 * QUEUE_REPLY_MAX);
	free(text);
	queue_entry_clear(&read);
	entry.claimed = false;
	queue_entry_clear(&entry);
}

Test(queue, new_entry_leaves_room_for_its_results)
{
	struct queue_entry entry = full_entry("a1");
	char orcpt[QUEUE_TEXT_MAX + 1] = "rfc822;";
	size_t len, count = (QUEUE_ENVELOPE_MAX - QUEUE_REPLIES_MAX) / QUEUE_TEXT_MAX;
	memset(orcpt + 7, 'x', sizeof orcpt - 8);
	for (size_t i = 0; i < count; i++) {
		struct queue_recipient *recipient = queue_entry_add(&entry, "d@e.f");
		cr_assert_not_null(recipient);
		recipient->orcpt = orcpt;
	}
	cr_expect_null(queue_text_write(&entry, &len));
	cr_expect_eq(errno, EINVAL);
	entry.claimed = true;
	char *text = queue_text_write(&entry, &len);
	cr_expect_not_null(text, "an entry that is in the queue");
	free(text);
	entry.claimed = false;
	for (size_t i = 0; i < entry.count; i++)
		if (entry.recipients[i].orcpt == orcpt)
			entry.recipients[i].orcpt = NULL;
	queue_entry_clear(&entry);
}

Test(queue, texts_that_are_set_hold_no_control_characters)
{
	char *text = NULL;
	cr_assert(queue_set_text(&text, "450 a\r\nto b\177c", 12, QUEUE_REPLY_MAX));
	cr_expect_str_eq(text, "450 a  to b ");
	cr_assert(queue_set_text(&text, "abcdef", 6, 3));
	cr_expect_str_eq(text, "abc");
	cr_assert(queue_set_text(&text, NULL, 0, 3));
	cr_expect_null(text);
}

static bool
note(void *context, const char *id)
{
	char *told = context;
	snprintf(told + strlen(told), 64, "%s ", id);
	return true;
}

Test(queue, added_message_is_listed_and_announced)
{
	char told[64] = "";
	size_t len;
	struct queue_entry entry;
	cr_assert_eq(add("a1"), 0);
	cr_assert_eq(queue_scan(&queue, note, told), 0);
	cr_expect_str_eq(told, "a1 ");
	cr_expect_str_eq(folder_read("queue/a1.message", &len), "Subject: x\n\nHello\n");
	cr_expect_eq(folder_count("queue/tmp/*"), 0);
	cr_assert_eq(queue_load(&queue, "a1", &entry), 0);
	cr_expect_str_eq(entry.id, "a1");
	cr_expect_str_eq(entry.recipients[0].address, "bob@example.org");
	cr_expect_str_eq(queue_domain(&entry.recipients[0]), "example.org");
	cr_expect(queue_is_waiting(&entry));
	queue_entry_clear(&entry);
}

Test(queue, files_are_synced_before_the_entry_exists_and_the_folder_before_success)
{
	cr_assert_eq(add("a1"), 0);
	cr_expect_str_eq(fault_trace(), "owsowscrrsc");
}

Test(queue, claimed_entry_cannot_be_claimed_again)
{
	struct queue_entry mine, yours;
	cr_assert_eq(add("a1"), 0);
	cr_assert_eq(queue_claim(&queue, "a1", &mine), 0);
	cr_expect_eq(queue_claim(&other, "a1", &yours), -1);
	cr_expect_eq(errno, EWOULDBLOCK);
	cr_expect_eq(queue_load(&other, "a1", &yours), 0);
	queue_entry_clear(&yours);
	mine.recipients[0].attempts = 1;
	cr_assert_eq(queue_record(&queue, &mine), 0);
	cr_expect_eq(queue_claim(&other, "a1", &yours), -1);
	cr_expect_eq(errno, EWOULDBLOCK);
	queue_entry_clear(&mine);
	cr_assert_eq(queue_claim(&other, "a1", &yours), 0);
	cr_expect_eq(yours.recipients[0].attempts, 1);
	queue_entry_clear(&yours);
}

Test(queue, entry_that_is_removed_is_gone_with_its_message)
{
	struct queue_entry entry;
	char told[64] = "";
	cr_assert_eq(add("a1"), 0);
	cr_assert_eq(queue_claim(&queue, "a1", &entry), 0);
	cr_assert_eq(queue_remove(&queue, &entry), 0);
	queue_entry_clear(&entry);
	cr_expect_eq(queue_claim(&queue, "a1", &entry), -1);
	cr_expect_eq(errno, ENOENT);
	cr_assert_eq(queue_scan(&queue, note, told), 0);
	cr_expect_str_eq(told, "");
	cr_expect_eq(folder_count("queue/a1*"), 0);
}

Test(queue, message_is_read_from_its_offset)
{
	struct queue_entry entry;
	char text[64] = "";
	cr_assert_eq(add("a1"), 0);
	cr_assert_eq(queue_claim(&queue, "a1", &entry), 0);
	entry.local_prefix_len = 11;
	cr_assert_eq(queue_record(&queue, &entry), 0);
	queue_entry_clear(&entry);
	cr_assert_eq(queue_load(&queue, "a1", &entry), 0);
	int file = queue_open_message(&queue, &entry);
	cr_assert_geq(file, 0);
	cr_expect_eq(read(file, text, sizeof text), 7);
	cr_expect_str_eq(text, "\nHello\n");
	close(file);
	queue_entry_clear(&entry);
}

Test(queue, id_never_leads_out_of_the_folder)
{
	static const char *const ids[] = { "", ".", "../x", "a/b", "A1", "a1.envelope", "0123456789012345678901234" };
	struct queue_entry entry;
	char id[QUEUE_ID_SIZE];
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
		cr_expect_eq(queue_load(&queue, ids[i], &entry), -1);
		cr_expect_eq(errno, ENOENT);
	}
	cr_expect(queue_id_of(id, "a1.envelope"));
	cr_expect_str_eq(id, "a1");
	cr_expect_not(queue_id_of(id, "a1.message"));
	cr_expect_not(queue_id_of(id, ".envelope"));
	cr_expect_not(queue_id_of(id, "a1.envelope.envelope"));
}

Test(queue, damaged_entry_can_be_removed_and_nothing_else)
{
	struct queue_entry entry;
	cr_assert_eq(add("a1"), 0);
	cr_assert_eq(truncate("queue/a1.envelope", 30), 0);
	cr_expect_eq(queue_load(&queue, "a1", &entry), -1);
	cr_expect_eq(errno, EBADMSG);
	queue_entry_clear(&entry);
	cr_expect_eq(queue_claim(&queue, "a1", &entry), -1);
	cr_expect_eq(errno, EBADMSG);
	cr_expect(entry.claimed);
	cr_expect_eq(queue_remove(&queue, &entry), 0);
	queue_entry_clear(&entry);
	cr_expect_eq(folder_count("queue/a1*"), 0);
}

/* Whatever fails, and whenever: the entry is not there, or the caller is told that it is. */
Test(queue, any_fault_leaves_no_entry)
{
	int struck = 0;
	for (enum fault_call call = 0; call < FAULT_CALLS; call++) {
		for (int nth = 0; nth < 4; nth++) {
			fault_set(call, nth, ENOSPC);
			int result = add("a1"), error = errno;
			bool happened = fault_struck() > 0;
			fault_set(FAULT_CALLS, 0, 0);
			struck += happened;
			if (result < 0)
				cr_assert_eq(error, ENOSPC);
			else
				cr_assert(!happened || call == FAULT_CLOSE);
			cr_assert_eq(folder_count("queue/a1*"), result < 0 ? 0 : 2, "call %d, nth %d", call, nth);
			cr_assert_eq(folder_count("queue/tmp/*"), 0);
			unlink("queue/a1.envelope");
			unlink("queue/a1.message");
		}
	}
	cr_expect_gt(struck, 8);
}

/* What was recorded before stays where recording fails. */
Test(queue, fault_while_recording_keeps_an_envelope_that_is_whole)
{
	struct queue_entry entry, read;
	int struck = 0;
	cr_assert_eq(add("a1"), 0);
	cr_assert_eq(queue_claim(&queue, "a1", &entry), 0);
	for (enum fault_call call = 0; call < FAULT_CALLS; call++) {
		for (int nth = 0; nth < 3; nth++) {
			unsigned before = entry.recipients[0].attempts++;
			fault_set(call, nth, EIO);
			int result = queue_record(&queue, &entry);
			bool happened = fault_struck() > 0;
			struck += happened;
			fault_set(FAULT_CALLS, 0, 0);
			cr_assert(result == 0 || happened);
			cr_assert_eq(queue_load(&other, "a1", &read), 0);
			unsigned after = read.recipients[0].attempts;
			cr_assert(after == before + 1 || (result < 0 && after == before));
			queue_entry_clear(&read);
			entry.recipients[0].attempts = after;
			cr_assert_eq(queue_claim(&other, "a1", &read), -1);
			cr_assert_eq(errno, EWOULDBLOCK);
			cr_assert_eq(folder_count("queue/tmp/*"), 0);
		}
	}
	cr_expect_gt(struck, 4);
	queue_entry_clear(&entry);
}

static bool
take_run(void *context, const struct queue_run *run)
{
	static const char *const reaches[] = { "all", "entry", "domain", "below" };
	char *taken = context;
	snprintf(taken + strlen(taken), 128, "%s:%s ", reaches[run->reach], run->name == NULL ? "" : run->name);
	return true;
}

/* As a queue manager that has room for one request at a time. */
static bool
take_one_run(void *context, const struct queue_run *run)
{
	return *(char *)context == '\0' && take_run(context, run);
}

Test(queue, requests_are_consumed_once)
{
	static const struct queue_run runs[] = { { QUEUE_RUN_ALL, NULL }, { QUEUE_RUN_ENTRY, "a1" },
		{ QUEUE_RUN_DOMAIN, "example.org" }, { QUEUE_RUN_DOMAIN, "example.org" },
		{ QUEUE_RUN_BELOW, "example.org" } };
	char taken[512] = "";
	for (size_t i = 0; i < sizeof runs / sizeof *runs; i++)
		cr_assert_eq(queue_request_run(&queue, &runs[i]), 0);
	cr_assert_eq(queue_take_runs(&other, take_run, taken), 0);
	cr_expect_not_null(strstr(taken, "all: "));
	cr_expect_not_null(strstr(taken, "entry:a1 "));
	cr_expect_not_null(strstr(taken, "domain:example.org "));
	cr_expect_not_null(strstr(taken, "below:example.org "));
	cr_expect_eq(strlen(taken), strlen("all: entry:a1 domain:example.org below:example.org "));
	taken[0] = '\0';
	cr_assert_eq(queue_take_runs(&other, take_run, taken), 0);
	cr_expect_str_eq(taken, "");
}

Test(queue, request_over_the_limit_is_kept_for_later)
{
	char taken[128] = "", all[512] = "";
	cr_assert_eq(queue_request_run(&queue, &(struct queue_run) { QUEUE_RUN_ALL, NULL }), 0);
	cr_assert_eq(queue_request_run(&queue, &(struct queue_run) { QUEUE_RUN_ENTRY, "a1" }), 0);
	cr_assert_eq(queue_request_run(&queue, &(struct queue_run) { QUEUE_RUN_BELOW, "example.org" }), 0);
	for (int left = 1, i = 0; left == 1 && i < 4; i++, taken[0] = '\0') {
		left = queue_take_runs(&other, take_one_run, taken);
		cr_expect_eq(left, i < 2);
		cr_expect_eq(folder_count("queue/run/*"), (size_t)(2 - i));
		strcat(all, taken);
	}
	cr_expect_not_null(strstr(all, "all: "));
	cr_expect_not_null(strstr(all, "entry:a1 "));
	cr_expect_not_null(strstr(all, "below:example.org "));
}

Test(queue, request_that_looks_like_a_path_is_refused)
{
	static const struct queue_run runs[] = { { QUEUE_RUN_ENTRY, "../a" }, { QUEUE_RUN_DOMAIN, "a/../b" },
		{ QUEUE_RUN_DOMAIN, "" }, { QUEUE_RUN_BELOW, "[192.0.2.1]" }, { QUEUE_RUN_ALL, "x" } };
	for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
		cr_expect_eq(queue_request_run(&queue, &runs[i]), -1);
		cr_expect_eq(errno, EINVAL);
	}
	char taken[512] = "";
	close(open("queue/run/domain=UPPER.example", O_CREAT | O_WRONLY, 0600));
	close(open("queue/run/other", O_CREAT | O_WRONLY, 0600));
	cr_assert_eq(queue_take_runs(&queue, take_run, taken), 0);
	cr_expect_str_eq(taken, "");
	cr_expect_eq(folder_count("queue/run/*"), 0);
}

static void
age(const char *path, time_t seconds)
{
	const struct timespec times[2] = { { .tv_sec = seconds }, { .tv_sec = seconds } };
	cr_assert_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void
make(const char *path)
{
	int file = open(path, O_CREAT | O_WRONLY, 0600);
	cr_assert_geq(file, 0);
	close(file);
	age(path, 1000);
}

Test(queue, sweep_removes_old_incomplete_entries)
{
	make("queue/h1.message");
	make("queue/h2.envelope");
	make("queue/tmp/t1.message");
	make("queue/tmp/t2.envelope");
	make("queue/other");
	cr_assert_eq(add("a1"), 0);
	age("queue/a1.envelope", 1000);
	age("queue/a1.message", 1000);
	cr_expect_eq(queue_sweep(&queue, 1000 + QUEUE_STALE), 0);
	cr_expect_eq(queue_sweep(&queue, 1001 + QUEUE_STALE), 4);
	cr_expect_eq(folder_count("queue/h*") + folder_count("queue/tmp/*"), 0);
	cr_expect_eq(folder_count("queue/a1*"), 2);
	cr_expect_eq(folder_count("queue/other"), 1);
}
