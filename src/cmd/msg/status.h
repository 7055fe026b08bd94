/* What an enhanced status code (RFC 3463) means. */
#ifndef MSG_STATUS_H
#define MSG_STATUS_H

#include "msg.h"

/* Translated; detail is NULL where the code has no registered one. */
struct status_meaning {
	const char *class;
	const char *subject;
	const char *detail;
};

/* Of a code such as "5.1.1"; its form must have been checked. */
struct status_meaning status_meaning(const char *status);

#endif
