/* Connections to PostgreSQL: the limit of time for all hosts. */
#include "directory/postgres/connect.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/text/translate.h"
#include "support/folder.h"

enum { LIMIT = 5000, FOLDER_SIZE = 128, URL_SIZE = 512, REFUSAL_SIZE = 31 };

/* Listens where libpq looks for a server in this folder, and never answers. */
static int
listen_silently(void)
{
	const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = ".s.PGSQL.5432" };
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	cr_assert_eq(bind(listener, (const struct sockaddr *)&address, sizeof address), 0);
	cr_assert_eq(listen(listener, 8), 0);
	return listener;
}

/* The first host refuses, so that only the silent one takes time. */
Test(postgres_connect, each_pass_over_the_hosts_has_its_share_of_the_limit, .timeout = 60)
{
	char error[LIBPQ_ERROR_SIZE], why[CONNECT_WHY_SIZE] = "", url[URL_SIZE], folder[FOLDER_SIZE];
	const struct libpq *libpq = libpq_load(error);
	cr_assert_not_null(libpq, "%s", error);
	folder_make();
	cr_assert_not_null(getcwd(folder, sizeof folder));
	int silent = listen_silently();
	snprintf(url, sizeof url, "postgresql://user@/name?host=%s/none,%s&target_session_attrs=prefer-standby", folder,
	    folder);
	const struct connect_settings settings = { .database = url, .program = "test", .limit = LIMIT };
	PGconn *connection = postgres_connect(libpq, &settings, why);
	cr_expect_neq(libpq->PQstatus(connection), CONNECTION_OK);
	cr_expect_not_null(strstr(why, "within 1000 ms"), "%s", why);
	libpq->PQfinish(connection);
	close(silent);
	folder_remove();
}

static int listener = -1;   /* is closed when poll() is called, which ends the attempt */
static int polled;          /* milliseconds that poll() was to wait then */
static const char *refusal; /* what the client that connects then gets; NULL: nothing */

int __real_poll(struct pollfd *sockets, nfds_t count, int milliseconds);
int __wrap_poll(struct pollfd *sockets, nfds_t count, int milliseconds);

int
__wrap_poll(struct pollfd *sockets, nfds_t count, int milliseconds)
{
	if (listener >= 0) {
		if (refusal != NULL) {
			int client = accept(listener, NULL, NULL);
			cr_assert_eq(write(client, refusal, REFUSAL_SIZE), REFUSAL_SIZE);
			close(client);
		}
		polled = milliseconds;
		close(listener);
		listener = -1;
	}
	return __real_poll(sockets, count, milliseconds);
}

Test(postgres_connect, limit_of_a_host_is_a_minute_at_most, .timeout = 60)
{
	static const char *const seconds[] = { "61", "2147483", "4294968", "9223372036854775807" };
	char error[LIBPQ_ERROR_SIZE], why[CONNECT_WHY_SIZE] = "", url[URL_SIZE], folder[FOLDER_SIZE];
	const struct libpq *libpq = libpq_load(error);
	cr_assert_not_null(libpq, "%s", error);
	folder_make();
	cr_assert_not_null(getcwd(folder, sizeof folder));
	for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++) {
		listener = listen_silently();
		snprintf(url, sizeof url, "postgresql://user@/name?host=%s&connect_timeout=%s", folder, seconds[i]);
		const struct connect_settings settings = { .database = url, .program = "test", .limit = LIMIT };
		PGconn *connection = postgres_connect(libpq, &settings, why);
		cr_expect_neq(libpq->PQstatus(connection), CONNECTION_OK);
		cr_expect(polled > 50000 && polled <= 60000, "%s: %d", seconds[i], polled);
		libpq->PQfinish(connection);
		cr_expect_eq(unlink(".s.PGSQL.5432"), 0);
	}
	folder_remove();
}

static char *
translate_cure(const char *text)
{
	static char translated[] = "lege die Datenbank an";
	return strcmp(text, "create the database") == 0 ? translated : (char *)text;
}

Test(postgres_connect, cure_is_translated_for_people_and_english_for_the_log, .timeout = 60)
{
	static const struct translator german = { .text = translate_cure };
	static const char message[REFUSAL_SIZE] = "E\0\0\0\x1eSFATAL\0VFATAL\0C3D000\0Mno\0";
	char error[LIBPQ_ERROR_SIZE], why[CONNECT_WHY_SIZE], url[URL_SIZE], folder[FOLDER_SIZE];
	const char *cure = NULL;
	const struct libpq *libpq = libpq_load(error);
	cr_assert_not_null(libpq, "%s", error);
	folder_make();
	cr_assert_not_null(getcwd(folder, sizeof folder));
	snprintf(url, sizeof url, "postgresql://user@/name?host=%s", folder);
	translate_with(&german);
	refusal = message;
	for (int told = 0; told < 2; told++) {
		listener = listen_silently();
		const struct connect_settings settings = {
			.database = url, .program = "test", .limit = LIMIT, .cure = told ? &cure : NULL
		};
		libpq->PQfinish(postgres_connect(libpq, &settings, why));
		cr_expect_eq(strstr(why, "; create the database") != NULL, !told, "%s", why);
		cr_expect_eq(unlink(".s.PGSQL.5432"), 0);
	}
	cr_expect_str_eq(cure, "lege die Datenbank an");
	folder_remove();
}
