/* Prints what trace has found. */
#ifndef CMD_CTL_TRACE_TELL_H
#define CMD_CTL_TRACE_TELL_H

#include "cmd/ctl/trace/result.h"

/* For people, in their language: a line for each event, what each refusal means, and the results. */
void tell_text(const struct story *story, const struct results *results);

/* One JSON object, in the words of the log. */
void tell_json(const char *question, const struct story *story, const struct results *results);

#endif
