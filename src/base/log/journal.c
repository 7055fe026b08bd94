/* Entries of the journal of systemd, by its native protocol: one datagram for each, of lines KEY=value. */
#include "base/log/journal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "base/siphash.h"
#include "base/text/ascii.h"
#include "base/text/printable.h"

enum { SEND_BUFFER = 8 << 20, HEAD_SIZE = 256, NAME_MAX_LEN = 128 };

static struct {
	int socket;
	struct sockaddr_un address;
	char program[64];
} journal = { .socket = -1 };

bool
journal_is_stderr(void)
{
	char *end;
	struct stat status;
	const char *stream = getenv("JOURNAL_STREAM");
	if (stream == NULL || fstat(STDERR_FILENO, &status) < 0)
		return false;
	unsigned long long device = strtoull(stream, &end, 10);
	if (*end != ':')
		return false;
	unsigned long long inode = strtoull(end + 1, &end, 10);
	return *end == '\0' && status.st_dev == device && status.st_ino == inode;
}

/* Is there a socket that receives datagrams? A connection would not survive a journal that makes its socket anew. */
static bool
is_received(int type)
{
	int probe = socket(AF_UNIX, type, 0);
	bool received = probe >= 0 &&
	    connect(probe, (const struct sockaddr *)&journal.address, sizeof journal.address) == 0;
	int error = errno;
	if (probe >= 0)
		close(probe);
	errno = error;
	return received;
}

int
journal_open(const char *path)
{
	const int type = SOCK_DGRAM | SOCK_CLOEXEC, wanted = SEND_BUFFER;
	journal.address = (struct sockaddr_un) { .sun_family = AF_UNIX };
	int len = snprintf(journal.address.sun_path, sizeof journal.address.sun_path, "%s", path);
	if (len >= (int)sizeof journal.address.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (!is_received(type))
		return -1;
	snprintf(journal.program, sizeof journal.program, "%s", program_invocation_short_name);
	if (journal.socket < 0)
		journal.socket = socket(AF_UNIX, type, 0);
	if (journal.socket >= 0)
		setsockopt(journal.socket, SOL_SOCKET, SO_SNDBUF, &wanted, sizeof wanted);
	return journal.socket < 0 ? -1 : 0;
}

/* The digits may be random: what matters is that no release changes them. */
static void
make_id(char id[JOURNAL_ID_SIZE], const char *kind, const char *name, size_t len)
{
	static const uint64_t keys[2][2] = { { 0x4d31fd1cf4c0e5a8, 0x8b6cb31e52a4f7d0 },
		{ 0x1f0a7be95c3d2846, 0xe2957ad1804cb36f } };
	char text[NAME_MAX_LEN];
	int whole = snprintf(text, sizeof text, "%s/%.*s", kind, (int)len, name);
	size_t used = whole < (int)sizeof text ? (size_t)whole : sizeof text - 1;
	uint64_t high = siphash(keys[0], text, used), low = siphash(keys[1], text, used);
	high = (high & ~UINT64_C(0xF000)) | UINT64_C(0x8000);
	low = (low & ~(UINT64_C(3) << 62)) | UINT64_C(2) << 62;
	snprintf(id, JOURNAL_ID_SIZE, "%016" PRIx64 "%016" PRIx64, high, low);
}

void
journal_event_id(char id[JOURNAL_ID_SIZE], const char *event)
{
	make_id(id, "event", event, strlen(event));
}

void
journal_reply_id(char id[JOURNAL_ID_SIZE], const char *reply, size_t len)
{
	make_id(id, "reply", reply, len < NAME_MAX_LEN ? len : NAME_MAX_LEN);
}

/* An event and its priority. */
struct event_row {
	const char *name;
	int priority;
};

static int
compare_names(const void *name, const void *row)
{
	return strcmp(name, ((const struct event_row *)row)->name);
}

static int
find_priority(const char *event)
{
	static const struct event_row rows[] = {
#define LOG_EVENT(name, priority) { name, LOG_##priority },
#include "base/log/log_events.def"
#undef LOG_EVENT
	};
	const struct event_row *row = bsearch(event, rows, sizeof rows / sizeof *rows, sizeof *rows, compare_names);
	return row != NULL ? row->priority : LOG_INFO;
}

void
journal_begin(struct journal_entry *entry, const char *event)
{
	entry->len = 0;
	entry->priority = find_priority(event);
	entry->reply = strcmp(event, "reply") == 0;
	journal_event_id(entry->id, event);
}

static bool
put(struct journal_entry *entry, const char *bytes, size_t len)
{
	if (len > sizeof entry->fields - entry->len)
		return false;
	memcpy(entry->fields + entry->len, bytes, len);
	entry->len += len;
	return true;
}

static bool
put_name(struct journal_entry *entry, const char *key)
{
	bool fits = put(entry, "FTGATE_", strlen("FTGATE_"));
	for (; *key != '\0' && fits; key++)
		fits = put(entry, (const char[]) { *key == '-' ? '_' : ascii_upper(*key) }, 1);
	return fits && put(entry, "=", 1);
}

static bool
put_escaped(struct journal_entry *entry, const char *bytes, size_t len)
{
	static const char hex[] = "0123456789ABCDEF";
	bool fits = true;
	for (size_t i = 0; i < len && fits; i++) {
		unsigned char octet = (unsigned char)bytes[i];
		fits = put(entry, (const char[]) { '\\', 'x', hex[octet >> 4], hex[octet & 15] }, 4);
	}
	return fits;
}

/* The octets at the start that are printable ASCII other than the backslash. */
static size_t
count_plain(const char *value, size_t len)
{
	size_t plain = 0;
	while (plain < len && value[plain] >= ' ' && value[plain] <= '~' && value[plain] != '\\')
		plain++;
	return plain;
}

static bool
put_value(struct journal_entry *entry, const char *value, size_t len)
{
	size_t at = count_plain(value, len);
	bool shown, fits = put(entry, value, at);
	for (size_t octets; at < len && fits; at += octets) {
		octets = printable_next(value + at, len - at, &shown);
		fits = shown && value[at] != '\\' ? put(entry, value + at, octets)
		                                  : put_escaped(entry, value + at, octets);
	}
	return fits;
}

void
journal_put(struct journal_entry *entry, const char *key, const char *value, size_t len)
{
	size_t before = entry->len;
	if (!put_name(entry, key) || !put_value(entry, value, len) || !put(entry, "\n", 1))
		entry->len = before;
	else if (entry->reply && strcmp(key, "id") == 0)
		journal_reply_id(entry->id, value, len);
}

bool
journal_send(const struct journal_entry *entry, const char *line, size_t len)
{
	static const char tail[] = "\n";
	char head[HEAD_SIZE];
	int before = errno;
	int head_len = snprintf(head, sizeof head,
	    "PRIORITY=%d\nSYSLOG_FACILITY=%d\nSYSLOG_IDENTIFIER=%s\nMESSAGE_ID=%s\nMESSAGE=", entry->priority,
	    LOG_MAIL >> 3, journal.program, entry->id);
	struct iovec parts[] = {
		{ head, (size_t)head_len },
		{ (char *)(uintptr_t)line, len },
		{ (char *)(uintptr_t)tail, 1 },
		{ (char *)(uintptr_t)entry->fields, entry->len },
	};
	const struct msghdr message = {
		.msg_name = &journal.address,
		.msg_namelen = sizeof journal.address,
		.msg_iov = parts,
		.msg_iovlen = sizeof parts / sizeof *parts,
	};
	bool sent = sendmsg(journal.socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
	errno = before;
	return sent;
}
