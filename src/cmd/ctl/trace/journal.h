/* Reads the export format of the journal (systemd.io/JOURNAL_EXPORT_FORMATS), as journalctl -o export writes it. */
#ifndef CMD_CTL_TRACE_JOURNAL_H
#define CMD_CTL_TRACE_JOURNAL_H

#include "cmd/ctl/trace/input.h"
#include "cmd/ctl/trace/source.h"

/*
 * Calls back for the message of each entry, which may be hostile, with the time of the entry. False if the format is
 * broken.
 */
bool journal_read(struct input *input, source_line *line, void *context);

#endif
