/* What a service manager passes and is told: sd_listen_fds(3) and sd_notify(3), without its library. */
#ifndef PROCESS_SYSTEMD_H
#define PROCESS_SYSTEMD_H

#include <stddef.h>
#include <stdint.h>

#include "net/listen.h"

/* How many descriptors were passed to this process by LISTEN_PID and LISTEN_FDS. */
size_t systemd_count(void);

/* One of them, numbered from 0, made ready to be listened on. Returns and tells what listen_adopt() does. */
int systemd_socket(size_t number, char name[LISTEN_NAME_SIZE], char error[LISTEN_ERROR_SIZE]);

/* Tells a state, as "READY=1", to NOTIFY_SOCKET. Nothing where there is none, or where nobody listens. */
void systemd_notify(const char *state);

/* Milliseconds after which the manager's watchdog is to be fed by "WATCHDOG=1": half its time (sd_watchdog_enabled(3)). 0: none. */
int64_t systemd_watchdog(void);

/* Tells that a reload begins, at what time. "READY=1" tells its end. */
void systemd_notify_reloading(void);

#endif
