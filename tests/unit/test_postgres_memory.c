/* Opening the directory of PostgreSQL while memory is out. */
#include <criterion/criterion.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <uv.h>

#include "directory/postgres/directory.h"

static unsigned left; /* calls that succeed */

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

void *
__wrap_calloc(size_t count, size_t size)
{
	if (left == 0) {
		errno = ENOMEM;
		return NULL;
	}
	left--;
	return __real_calloc(count, size);
}

static struct job *started;

static void
start(struct executor *executor, struct job *job)
{
	(void)executor;
	started = job;
}

static void
finish(PGconn *connection)
{
	cr_expect_null(connection);
}

static const struct libpq libpq = { .PQfinish = finish };
static struct executor executor = { .start = start };

static struct directory *
open_directory(uv_loop_t *loop, unsigned calls)
{
	static const struct postgres_settings settings = {
		.database = "postgresql:///ftgate", .timeout = 5000, .lifetime = 5000
	};
	left = calls;
	errno = 0;
	struct directory *directory = postgres_directory_new(&libpq, &settings, NULL, loop, &executor);
	left = UINT_MAX;
	return directory;
}

static void
close_handle(uv_handle_t *handle, void *context)
{
	(void)context;
	uv_close(handle, NULL);
}

Test(postgres_memory, loop_has_nothing_of_a_directory_that_could_not_be_opened)
{
	uv_loop_t loop;
	struct directory *directory;
	unsigned calls = 0;
	left = UINT_MAX;
	cr_assert_eq(uv_loop_init(&loop), 0);
	while ((directory = open_directory(&loop, calls)) == NULL) {
		cr_expect_eq(errno, ENOMEM);
		cr_expect(!uv_loop_alive(&loop));
		cr_assert_eq(uv_loop_close(&loop), 0);
		cr_assert_eq(uv_loop_init(&loop), 0);
		calls++;
	}
	cr_expect_geq(calls, 4);
	uv_walk(&loop, close_handle, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	cr_expect_eq(uv_loop_close(&loop), 0);
	directory->ops->close(directory);
	started->done(started);
}
