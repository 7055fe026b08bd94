/* Fuzzes the reading of a configuration. What can be read is written, and then reads and is written the same again. */
#include "config/config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A fault is a sentence. */
static void
check_fault(void *context, const char *file, unsigned line, const char *fault)
{
	(void)file, (void)line;
	if (fault[0] == '\0')
		abort();
	++*(unsigned *)context;
}

static struct config *
read_octets(const void *octets, size_t len, unsigned *faults)
{
	static char path[32];
	int file = memfd_create("config", 0);
	if (file < 0 || write(file, octets, len) != (ssize_t)len)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", file);
	struct config *config = config_read(path, check_fault, faults);
	close(file);
	if ((config == NULL) != (*faults > 0))
		abort();
	return config;
}

static char *
write_text(const struct config *config, size_t *len)
{
	char *text = NULL;
	FILE *file = open_memstream(&text, len);
	config_write(file, config);
	if (fclose(file) != 0)
		abort();
	return text;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned faults = 0;
	size_t once_len, twice_len;
	struct config *config = read_octets(data, size, &faults);
	if (config == NULL)
		return 0;
	char *once = write_text(config, &once_len);
	config_free(config);
	config = read_octets(once, once_len, &faults);
	if (config == NULL)
		abort();
	char *twice = write_text(config, &twice_len);
	config_free(config);
	if (once_len != twice_len || memcmp(once, twice, once_len) != 0)
		abort();
	free(once);
	free(twice);
	return 0;
}
