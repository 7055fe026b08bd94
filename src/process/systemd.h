/* The interface of a service manager: sd_listen_fds(3) and sd_notify(3), without its library. */
#ifndef PROCESS_SYSTEMD_H
#define PROCESS_SYSTEMD_H

#include <stddef.h>
#include <stdint.h>

#include "net/listen.h"

/* How many descriptors were passed to this process by LISTEN_PID and LISTEN_FDS. */
size_t systemd_count(void);

/* Adopts one of them, numbered from 0. Arguments and result are those of listen_adopt(). */
int systemd_socket(size_t number, char name[LISTEN_NAME_SIZE], char error[LISTEN_ERROR_SIZE]);

/*
 * Sends a state such as "READY=1" to NOTIFY_SOCKET. Never blocks. No effect if the variable is not set, or if there is
 * no receiver.
 */
void systemd_notify(const char *state);

/* Milliseconds between two "WATCHDOG=1": half the manager's limit (sd_watchdog_enabled(3)). 0: it has no watchdog. */
int64_t systemd_watchdog(void);

/* Sends that a reload begins, with the time. "READY=1" is its end. */
void systemd_notify_reloading(void);

#endif
