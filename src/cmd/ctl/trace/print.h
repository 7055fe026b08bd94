/* Prints what trace has found. */
#ifndef CMD_CTL_TRACE_PRINT_H
#define CMD_CTL_TRACE_PRINT_H

#include <stdbool.h>

#include "cmd/ctl/trace/result.h"

/* For people, in their language: a line for each event, what each refusal means, and the results. */
void story_print(const struct story *story, const struct results *results);

/* One JSON object, in the words of the log. */
void story_print_json(const char *question, const struct story *story, const struct results *results);

/* CSV: the results alone, a row each, in the words of the log. Returns false if memory is out. */
bool results_print_csv(const struct results *results);

#endif
