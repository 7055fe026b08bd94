/* The setting database: libpq finds no password in a value that is accepted. */
#include <assert.h>
#include <dlfcn.h>
#include <libpq-fe.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "directory/postgres/setting.h"

static __typeof__(PQconninfoParse) *parse;
static __typeof__(PQconninfoFree) *free_options;

static void
load(void)
{
	void *library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
	assert(library != NULL);
	*(void **)(void *)&parse = dlsym(library, "PQconninfoParse");
	*(void **)(void *)&free_options = dlsym(library, "PQconninfoFree");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char value[POSTGRES_SETTING_SIZE] = "";
	if (parse == NULL)
		load();
	if (size >= sizeof value)
		return 0;
	memcpy(value, data, size);
	value[size] = '\0';
	if (postgres_setting_fault(value) != NULL)
		return 0;
	PQconninfoOption *options = parse(value, NULL);
	for (const PQconninfoOption *option = options; option != NULL && option->keyword != NULL; option++)
		assert(strstr(option->keyword, "password") == NULL || option->val == NULL || *option->val == '\0');
	free_options(options);
	return 0;
}
