/* rspamd: asks it about a message over HTTP (/checkv2). */
#include "net/rspamd.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/printable.h"

enum { ANSWER_MAX = 1 << 20, VALUE_SIZE = 512, HEADER_SIZE = VALUE_SIZE + 16, RECIPIENTS_MAX = 100 };

/* A question under way. */
struct asking {
	CURL *curl;
	struct curl_slist *headers;
	bool lacking; /* memory has been out */
	int file;
	off_t at; /* how much of it has been sent */
	char *answer;
	size_t len;
};

static void
put_header(struct asking *asking, const char *header)
{
	struct curl_slist *headers = curl_slist_append(asking->headers, header);
	if (headers == NULL)
		asking->lacking = true;
	else
		asking->headers = headers;
}

/* Whatever the value holds, it is one line. */
static void
put(struct asking *asking, const char *name, const char *value)
{
	char header[HEADER_SIZE], clean[VALUE_SIZE];
	if (value == NULL)
		return;
	printable_copy(clean, sizeof clean, value, strlen(value));
	snprintf(header, sizeof header, "%s: %s", name, clean);
	put_header(asking, header);
}

static void
put_path(struct asking *asking, const char *name, const char *address)
{
	char path[VALUE_SIZE];
	snprintf(path, sizeof path, "<%s>", address);
	put(asking, name, path);
}

/* Without "Expect:" libcurl would wait for leave to send a large message. */
static void
put_subject(struct asking *asking, const struct scan_subject *subject)
{
	put(asking, "IP", subject->address);
	put(asking, "Hostname", subject->client_name);
	put(asking, "Helo", subject->helo);
	put(asking, "User", subject->user);
	put(asking, "Queue-Id", subject->session);
	put(asking, "MTA-Name", subject->hostname);
	put_path(asking, "From", subject->sender);
	for (size_t i = 0; i < subject->recipient_count && i < RECIPIENTS_MAX; i++)
		put_path(asking, "Rcpt", subject->recipients[i]);
	put_header(asking, "Content-Type: message/rfc822");
	put_header(asking, "Expect:");
}

static size_t
read_file(char *octets, size_t size, size_t count, void *context)
{
	struct asking *asking = context;
	ssize_t len = pread(asking->file, octets, size * count, asking->at);
	if (len < 0)
		return CURL_READFUNC_ABORT;
	asking->at += len;
	return (size_t)len;
}

static size_t
take_answer(char *octets, size_t size, size_t count, void *context)
{
	struct asking *asking = context;
	size_t len = size * count;
	if (len > ANSWER_MAX - asking->len)
		return 0;
	char *answer = realloc(asking->answer, asking->len + len + 1);
	if (answer == NULL)
		return 0;
	memcpy(answer + asking->len, octets, len);
	asking->answer = answer;
	asking->len += len;
	return len;
}

/* The place is an address or a path, nothing to be looked up, and no proxy of the environment is in between. */
static CURLcode
set_place(CURL *curl, const char *address)
{
	char url[128] = "http://localhost/checkv2";
	CURLcode error = CURLE_OK;
	if (*address == '/')
		error = curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, address);
	else
		snprintf(url, sizeof url, "http://%s/checkv2", address);
	if (error == CURLE_OK)
		error = curl_easy_setopt(curl, CURLOPT_PROXY, "");
	return error == CURLE_OK ? curl_easy_setopt(curl, CURLOPT_URL, url) : error;
}

static CURLcode
ask(struct asking *asking, const struct rspamd *rspamd, uint64_t size)
{
	CURL *curl = asking->curl;
	CURLcode error = set_place(curl, rspamd->address);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_POST, 1L);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, asking->headers);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)rspamd->limit);
	curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(curl, CURLOPT_READFUNCTION, read_file);
	curl_easy_setopt(curl, CURLOPT_READDATA, asking);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_answer);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, asking);
	return error == CURLE_OK ? curl_easy_perform(curl) : error;
}

static enum scan_verdict
exchange(
    struct asking *asking, const struct rspamd *rspamd, const struct scan_subject *subject, char text[SCAN_TEXT_SIZE])
{
	put_subject(asking, subject);
	if (asking->lacking) {
		snprintf(text, SCAN_TEXT_SIZE, "memory is out");
		return SCAN_FAILED;
	}
	CURLcode error = ask(asking, rspamd, subject->size);
	if (error == CURLE_OK)
		return rspamd_answer_read(asking->answer, asking->len, rspamd->spf, text);
	snprintf(text, SCAN_TEXT_SIZE, "%s", curl_easy_strerror(error));
	return SCAN_FAILED;
}

static enum scan_verdict
scan(const struct scanner *scanner, const struct scan_subject *subject, char text[SCAN_TEXT_SIZE])
{
	const struct rspamd *rspamd = (const struct rspamd *)scanner;
	struct asking asking = { .file = subject->file };
	enum scan_verdict verdict = SCAN_FAILED;
	text[0] = '\0';
	if (rspamd->max_size > 0 && subject->size > rspamd->max_size) {
		snprintf(text, SCAN_TEXT_SIZE, "larger than max-size, not scanned");
		return SCAN_CLEAN;
	}
	asking.curl = curl_easy_init();
	if (asking.curl != NULL)
		verdict = exchange(&asking, rspamd, subject, text);
	else
		snprintf(text, SCAN_TEXT_SIZE, "memory is out");
	curl_easy_cleanup(asking.curl);
	curl_slist_free_all(asking.headers);
	free(asking.answer);
	return verdict;
}

int
rspamd_open(struct rspamd *rspamd)
{
	rspamd->scanner.scan = scan;
	return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? 0 : -1;
}
