/* The delivery status notifications (DSN) that a sender requests: RFC 3461. */
#ifndef PORT_DSN_REQUEST_H
#define PORT_DSN_REQUEST_H

/* How much of the message a DSN holds: the parameter RET. */
enum dsn_return { DSN_RETURN_UNSAID, DSN_RETURN_FULL, DSN_RETURN_HEADERS };

/* The events of which the sender requests a DSN. A set; empty: NOTIFY was not given. */
enum dsn_notify { DSN_NEVER = 1 << 0, DSN_SUCCESS = 1 << 1, DSN_FAILURE = 1 << 2, DSN_DELAY = 1 << 3 };

#endif
