/* libpq, the client library of PostgreSQL, which is loaded when it is needed. */
#include "directory/postgres/libpq.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "base/text/translate.h"

enum { FIRST_WITH_PIPELINES = 140000 };

/* The functions in the order of libpq.def. */
static const char *const names[] = {
#define LIBPQ(name) #name,
#include "directory/postgres/libpq.def"
};

enum { FUNCTIONS = sizeof names / sizeof *names };

static union {
	struct libpq functions;
	void *addresses[FUNCTIONS];
} loaded;

static __typeof__(PQgetvalue) *value_of;

/* Returns "" for a value that the server left out, so that no reader gets NULL. */
static char *
get_value(const PGresult *result, int row, int column)
{
	static char none[] = "";
	char *value = value_of(result, row, column);
	return value != NULL ? value : none;
}

_Static_assert(sizeof loaded.functions == sizeof loaded.addresses, "a pointer of each kind has the same size");

const struct libpq *
libpq_load(char error[LIBPQ_ERROR_SIZE])
{
	if (loaded.addresses[0] != NULL)
		return &loaded.functions;
	void *library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
	if (library == NULL) {
		snprintf(error, LIBPQ_ERROR_SIZE, _("libpq cannot be loaded (%.200s); install the package libpq5"),
		    dlerror());
		return NULL;
	}
	for (size_t i = 0; i < FUNCTIONS; i++)
		loaded.addresses[i] = dlsym(library, names[i]);
	for (size_t i = 0; i < FUNCTIONS; i++) {
		if (loaded.addresses[i] != NULL && loaded.functions.PQlibVersion() >= FIRST_WITH_PIPELINES)
			continue;
		snprintf(error, LIBPQ_ERROR_SIZE, _("libpq is too old; install that of PostgreSQL 14 or later"));
		loaded.addresses[0] = NULL;
		return NULL;
	}
	value_of = loaded.functions.PQgetvalue;
	loaded.functions.PQgetvalue = get_value;
	return &loaded.functions;
}

void
libpq_first_line(char *line, size_t size, const char *message)
{
	snprintf(line, size, "%.*s", (int)strcspn(message, "\n"), message);
}

void
libpq_ignore_notice(void *context, const PGresult *result)
{
	(void)context;
	(void)result;
}
