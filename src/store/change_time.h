/* Whether the time stamp of a folder proves that it is not changed while it is read. */
#ifndef STORE_CHANGE_TIME_H
#define STORE_CHANGE_TIME_H

#include <stdbool.h>
#include <time.h>

/* Now, by the clock that file systems take time stamps from: it moves in ticks of 1 to 10 milliseconds. */
struct timespec change_time_now(void);

/*
 * Would any change from a time on give the folder another stamp? Not if the stamp is of the same tick or later, or of the
 * same second on a file system that keeps whole seconds: two equal stamps then prove nothing. Git calls such an entry
 * racily clean.
 */
bool change_time_is_settled(const struct timespec *stamp, const struct timespec *since);

/* Waits until the clock has moved on by a tick. */
void change_time_wait(void);

#endif
