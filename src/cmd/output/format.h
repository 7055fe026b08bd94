/* How a command prints its data. */
#ifndef CMD_OUTPUT_FORMAT_H
#define CMD_OUTPUT_FORMAT_H

#include <stdbool.h>

/* For people; an array or an object of JSON (RFC 8259); CSV (RFC 4180) with a first line of names. Both of these are UTF-8. */
enum output_format { OUTPUT_TABLE, OUTPUT_JSON, OUTPUT_CSV, OUTPUT_FORMATS };

/* "table", "json", "csv": the values of --format. */
extern const char *const output_format_names[OUTPUT_FORMATS];

/* Finds a format by its name. Returns false if there is none. */
bool output_format_find(enum output_format *format, const char *name);

#endif
