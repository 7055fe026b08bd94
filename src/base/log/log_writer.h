/* Writes lines of the log to a descriptor whose reader may have stopped, without blocking. */
#ifndef BASE_LOG_WRITER_H
#define BASE_LOG_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A descriptor, and how long its reader was waited for. The members are those of log_writer.c. */
struct log_writer {
	int named;    /* the descriptor that was given */
	int writable; /* the one that is written to: the same, or one of our own that does not block; -1: none yet */
	mode_t mode;
	bool cut;      /* the last line was written in part */
	int64_t spent; /* patience is what has passed since then, divided by PATIENCE_SHARE of log_writer.c */
};

/* A writer to a descriptor that has not been opened yet; the first write opens it. */
#define LOG_WRITER(descriptor)                                                                                         \
	{                                                                                                              \
		.named = (descriptor), .writable = -1, .spent = INT64_MIN / 2                                          \
	}

/*
 * Writes to a descriptor from now on, which stays the caller's and must stay open; its flags are not changed. A pipe or a
 * terminal is opened once more, which may need the rights of the user who made it. errno is kept.
 */
void log_writer_open(struct log_writer *writer, int descriptor);

/*
 * Returns the octets written, fewer than len if the reader has stopped or cannot be written to. If patient, the reader is
 * waited for, up to a second in all. A line that was cut is ended by log_writer_mend().
 */
size_t log_writer_write(struct log_writer *writer, const char *bytes, size_t len, bool patient);

/* Ends the line that the last write has cut, if any, so that the next one is whole. False if that cannot be written. */
bool log_writer_mend(struct log_writer *writer);

#endif
