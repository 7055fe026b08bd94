/* How a command prints its data. */
#include "cmd/output/format.h"

#include <string.h>

const char *const output_format_names[OUTPUT_FORMATS] = {
	[OUTPUT_TABLE] = "table",
	[OUTPUT_JSON] = "json",
	[OUTPUT_CSV] = "csv",
};

bool
output_format_find(enum output_format *format, const char *name)
{
	for (enum output_format i = 0; i < OUTPUT_FORMATS; i++) {
		if (strcmp(name, output_format_names[i]) == 0) {
			*format = i;
			return true;
		}
	}
	return false;
}
